"""The project file: where each object is in each video, and the history of how it got there."""
