"""Edits made by people, one function and one undo step each, and previews of what they would change.

Results of runs are written through `annotator.storage.rows.runs`, never through an edit.
"""
