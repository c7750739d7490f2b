"""Pre-annotation: settings, models, thresholds, and the run."""
