"""Weights: where published checkpoints lie, how they are fetched, checked and read."""
