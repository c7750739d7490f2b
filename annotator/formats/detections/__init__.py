"""Detections without identities, from files of several formats, as one thing."""
