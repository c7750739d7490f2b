"""Threads: the engine's thread, tasks beside it, and the way from any thread to the window's.

The engine's loop knows no Qt. No other room starts a thread of its own.
"""
