"""Persistent undo: the rows that each step replaced, and their exchange with the current ones."""
