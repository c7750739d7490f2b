"""The registry of actions, and its readers: the command palette, the key editor, the cheat sheet.

Features register their actions here; menus and shortcuts follow. The code of an action stays in its feature's room.
"""
