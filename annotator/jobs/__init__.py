"""Long jobs as generators, the same for the window and the command line."""
