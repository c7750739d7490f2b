"""Runs of the tracker: the dialog, the progress bar, pause, cancel and resume.

The jobs themselves live in `annotator.jobs`. Prompts have a room of their own.
"""
