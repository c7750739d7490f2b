"""The table of tracks and the inspector with the fields of what is selected.

Every field edits all selected tracks as one step. EditsFeature edits belong to `annotator.ui.edits`.
"""
