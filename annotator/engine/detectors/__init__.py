"""Detectors. Each module is imported only when its detector is used: some import torch, some onnxruntime."""
