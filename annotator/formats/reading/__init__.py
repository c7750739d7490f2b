"""Code shared by readers: boxes in any order, run-length masks, text rows, and streamed JSON and XML.

Conventions of a single format do not belong here.
"""
