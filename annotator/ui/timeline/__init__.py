"""The timeline: lanes, overview, playhead, marks, the transport bar, and the actions that move between frames.

Lanes are read from the store as `annotator.ui.document.lanes`; the painter only draws them.
"""
