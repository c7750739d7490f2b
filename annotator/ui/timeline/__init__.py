"""The timeline: lanes, overview, playhead, marks, the transport bar, and the actions that go from frame to frame.

What lanes show is read from the store through `annotator.ui.document.lanes`; painting decides nothing.
"""
