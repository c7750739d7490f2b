"""Detectors, segmentors and trackers. torch and its friends are imported here and nowhere else."""
