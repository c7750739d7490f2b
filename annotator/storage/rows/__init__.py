"""Rows of runs, observations and evidence, and their conversion to the plain data of `annotator.model`."""
