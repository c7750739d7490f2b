"""The window's model of the open project: video, frame, selection, range, and playback.

Signals and plain data only. Widgets do not belong here, nor does anything that the store already keeps.
"""
