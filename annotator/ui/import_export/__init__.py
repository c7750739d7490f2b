"""Import and export of labels: the two dialogs, their options and previews, and the reports.

Formats live in `annotator.formats`. A dialog asks and shows; reading and writing run as jobs.
"""
