"""The runtime of models: devices, lazily loaded libraries, and batches."""
