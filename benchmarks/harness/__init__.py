"""Shared parts of all benchmark commands: the JSON result with its environment, and a Qt event loop to wait on."""
