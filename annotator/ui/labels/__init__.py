"""Classes and attributes: the editor, and the keys and menus that give them to tracks.

Fields of a selected track belong to `annotator.ui.tracks`.
"""
