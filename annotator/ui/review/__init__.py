"""The review queue: suspicious moments as cards, their crops, and the keys that decide about them.

Moments are found and ranked in `annotator.review`; this room builds the queue beside the window and shows it.
"""
