"""The frame, the overlay drawn over it, and the mouse gestures on it.

Frames, boxes, masks and trails belong here. A gesture asks the document for an edit. Features draw through their own
layers; this room imports no feature.
"""
