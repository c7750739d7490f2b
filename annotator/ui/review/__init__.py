"""The review queue: suspicious moments as cards, their crops, and the keys that resolve them.

Moments are found and ranked in `annotator.review`; this room builds the queue on a thread and shows it.
"""
