"""Segmenters: propagate the masks of many objects through a video."""
