"""What explains the program: the documentation viewer, hints of the first minute, about, the log, and the Help menu.

Knows nothing of other features. Texts of one feature stay in that feature's room.
"""
