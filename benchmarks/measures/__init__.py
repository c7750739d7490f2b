"""Measures that benchmarks compute: detection counts, the effort oracle. Contains no commands."""
