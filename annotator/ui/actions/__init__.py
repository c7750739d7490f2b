"""The registry of actions, and everything that reads it: the command palette, the key editor, the cheat sheet.

A feature registers its actions here; menus and keys follow. What an action does stays in its feature's room.
"""
