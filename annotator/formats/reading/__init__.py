"""What readers share: boxes in any order, run-length masks, rows of text, and JSON and XML as streams.

No format's own conventions belong here.
"""
