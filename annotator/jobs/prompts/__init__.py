"""Propagate prompted objects through the video and limit how far."""
