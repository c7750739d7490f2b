"""Edits of identities: what an edit would be, its preview, the question it may need, the list of steps.

The edits themselves live in `annotator.storage.edits`; this room chooses one and shows what it changes.
"""
