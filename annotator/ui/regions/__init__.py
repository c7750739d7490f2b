"""Ignore regions: drawing, reshaping, painting, and their fields.

A region is stored as a mark; the edits are in `annotator.storage.edits.drawn_boxes`.
"""
