"""Notes: the list with answers, the marks of notes on the canvas, and the keys that write and visit them.

The edits are in `annotator.storage.edits.notes`. Texts of other people are shown as plain text everywhere.
"""
