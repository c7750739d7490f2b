"""Prompts and proposals: the user prompts an object, its mask is propagated, and the result is accepted or discarded.

`prompts/engine.py` makes the requests to the engine; `prompts/view.py` draws.
"""
