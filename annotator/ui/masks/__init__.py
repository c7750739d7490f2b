"""Masks drawn by a person: brush, eraser, polygon, corners of outlines, and the keys that change whole masks.

What a gesture does to pixels is in `annotator.model.painting.brush`; the edits are in `annotator.storage.edits.masks`.
"""
