"""Prompts: propagate an object through the video, and decide how far."""
