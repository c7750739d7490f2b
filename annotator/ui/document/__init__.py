"""The open project as the window sees it: video, frame, selection, range, and the player's clock.

Signals and plain data only. Widgets do not belong here, and neither does anything that the store already knows.
"""
