"""Bounds of numbers that come from files. Larger ones are damage or an attack; no video reaches them."""

from __future__ import annotations

#: Largest distance of a box's edge from the frame's top left corner, in pixels, that the program stores.
LARGEST_COORDINATE = 1e7
#: Most frames of a video: two weeks at 25 frames per second.
MOST_FRAMES = 2**25
#: Longest side of a frame, in pixels.
LONGEST_SIDE = 2**16
#: Most pixels of a frame. A file that claims more would only exhaust the memory.
LARGEST_PICTURE = 2**28
#: Largest id of a row and largest track number; exact in a float64.
LARGEST_NUMBER = 2**53
#: Highest rate in frames per second.
HIGHEST_RATE = 1e6
