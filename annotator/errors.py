"""Errors that a user can act on. Everything else is a bug and keeps its traceback."""

from __future__ import annotations


class UserError(Exception):
    """Something outside the program is not as it must be.

    The message is shown as it is: one line that says what is wrong, where, and what to do next.
    """


class VideoError(UserError):
    """A video or image folder cannot be read, or a video not be written."""


class FormatError(UserError):
    """A label file does not hold what its format promises, or a format cannot hold what is to be written."""


class StorageError(UserError):
    """A project file cannot be opened, read or written."""


class ProjectBusyError(StorageError):
    """Another program has the project open for writing."""


class ModelError(UserError):
    """Model weights are missing, damaged, or of another model."""


class DownloadError(ModelError):
    """Weights could not be downloaded."""


class SettingsError(UserError, ValueError):
    """A setting or argument is out of range, or settings contradict each other.

    Also a ValueError, which a library that builds our settings takes for a refusal and reports with its place.
    """


class Cancelled(Exception):
    """The user stopped the job. Not an error: what is finished is kept."""
