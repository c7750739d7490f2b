"""Ignore regions: drawing, reshaping, painting, and their fields.

A region is stored as a mark; `annotator.storage.edits.drawn_boxes` makes each edit.
"""
