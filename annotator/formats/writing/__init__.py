"""What writers share: choosing frames, staging files, reading them back, pictures, and checks by the field's readers.

No format's own conventions belong here.
"""
