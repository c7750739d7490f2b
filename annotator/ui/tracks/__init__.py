"""The table of tracks, and the inspector with the fields of the selection.

Every field edits all selected tracks in one step. Edits of identities belong to `annotator.ui.edits`.
"""
