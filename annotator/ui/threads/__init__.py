"""Threads: the engine's thread, tasks in parallel with it, and calls from any thread to the window's.

The engine's loop does not use Qt. No other room starts a thread of its own.
"""
