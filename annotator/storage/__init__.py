"""The project file: who is where in which video, and how that came about."""
