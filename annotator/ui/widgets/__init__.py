"""Building blocks: popovers, icon buttons, swatches, themes, and frames and times as text.

They depend on Qt and know nothing about a project, so every other room may use them.
"""
