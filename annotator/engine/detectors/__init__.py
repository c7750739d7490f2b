"""Detectors. Each module is imported only when its detector is asked for: some bring torch, some onnxruntime."""
