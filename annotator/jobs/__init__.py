"""Long-running jobs as generators, shared by the window and the command line."""
