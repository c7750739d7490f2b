"""Edits that people make, one function and one undo step each, and previews of what they would change.

A machine's results come in through `annotator.storage.rows.runs`, never through an edit.
"""
