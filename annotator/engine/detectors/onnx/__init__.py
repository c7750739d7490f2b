"""Detectors in ONNX files: what a file says of itself, what goes in, and how its outputs are read."""
