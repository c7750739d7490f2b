"""Errors that a user can act on. Everything else is a bug and keeps its traceback."""

from __future__ import annotations


class UserError(Exception):
    """The input, the files or the environment are at fault, not the program.

    The message is shown unchanged: one line that says what is wrong, where, and what to do next.
    """


class VideoError(UserError):
    """A video or image folder cannot be read, or a video cannot be written."""


class NetworkPathError(VideoError):
    """A project names a video on another computer, and the user has not agreed to connect to it."""


class FormatError(UserError):
    """A label file violates its format, or a format cannot represent the data to write."""


class StorageError(UserError):
    """A project file cannot be opened, read or written."""


class ProjectBusyError(StorageError):
    """Another program has the project open for writing."""


class ProjectExistsError(StorageError):
    """A project cannot be created because a file already has its name."""


class ModelError(UserError):
    """Model weights are missing, damaged, or belong to another model."""


class DownloadError(ModelError):
    """Weights could not be downloaded."""


class SettingsError(UserError, ValueError):
    """A setting or argument is out of range, or settings contradict each other.

    Also a ValueError, which a library that builds our settings takes for a refusal and reports with its place.
    """


class Cancelled(Exception):
    """The user stopped the job. This is not an error: finished work is kept."""
