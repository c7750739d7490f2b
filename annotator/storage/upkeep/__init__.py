"""Maintenance of a project file: reclaim space, find moved videos."""
