"""Detections, which have no identities, from files of several formats."""
