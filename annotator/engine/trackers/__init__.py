"""Trackers: SAM2MOT with its trajectory manager and cross-object interaction, and the box trackers."""
