"""Classes and attributes: the editor, and the keys and menus that assign them to tracks.

The fields of a selected track belong to `annotator.ui.tracks`.
"""
