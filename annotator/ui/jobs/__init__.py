"""Runs of the tracker: the dialog before one, the bar while it goes on, pause, cancel and resume.

The jobs themselves live in `annotator.jobs`. Prompts have a room of their own.
"""
