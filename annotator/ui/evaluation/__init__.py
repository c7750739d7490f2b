"""Evaluation against ground truth: scores before and after correction, and the list of errors.

Scores are computed by `annotator.jobs.project_scores`; this room shows them. It never edits tracks.
"""
