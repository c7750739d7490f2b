"""Rows of runs, observations and evidence, and their way to the plain data of `annotator.model`."""
