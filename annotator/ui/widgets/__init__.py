"""Building blocks: popovers, icon buttons, swatches, themes, the text of frames and times.

They know Qt and nothing of a project, so that every other room may use them.
"""
