"""Edits of tracks: the planned edit, its preview, the question it may need, and the history list.

The edits themselves live in `annotator.storage.edits`; this room selects one and shows what it changes.
"""
