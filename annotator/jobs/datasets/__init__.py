"""Runs over whole data sets: their layouts, one worker per device, resuming, and the score report."""
