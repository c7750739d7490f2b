"""Code shared by writers: selecting frames, staging files, reading them back, frame images, checks by other readers.

Conventions of a single format do not belong here.
"""
