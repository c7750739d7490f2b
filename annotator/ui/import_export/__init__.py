"""Labels in and out: the two dialogs, their options and previews, and the report of what came of it.

Formats live in `annotator.formats`. A dialog asks and shows; reading and writing run as jobs.
"""
