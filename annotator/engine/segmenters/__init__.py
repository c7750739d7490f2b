"""Segmenters: carry the masks of many objects through a video."""
