"""Prompts and proposals: a person points at an object, its mask is propagated, and the result waits for a decision.

What the engine is asked goes through `prompts/engine.py`; what is drawn goes through `prompts/view.py`.
"""
