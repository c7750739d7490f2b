"""What models run on: devices, libraries that load late, and batches that fit."""
