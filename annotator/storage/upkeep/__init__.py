"""Upkeep of a project file: reclaim space, find videos that were moved."""
