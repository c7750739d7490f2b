"""Pictures and videos to look at: tracks drawn over a video."""
