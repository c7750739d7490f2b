"""The picture, what is drawn over it, and the gestures on it.

Frames, boxes, masks and trails belong here. A gesture asks the document for an edit; features draw through layers of
their own, and no feature is imported.
"""
