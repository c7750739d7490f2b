"""Model weights: find, download, verify and read published checkpoints."""
