"""Tracks against ground truth: scores before and after correction, and the way from an error to its frame.

Scores are computed by `annotator.jobs.project_scores`; this room shows them. It never edits tracks.
"""
