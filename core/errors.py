"""Exceptions that core raises: each is one plain sentence that a user can act on."""

from __future__ import annotations


class StemscopeError(Exception):
    """Something went wrong that a user can understand and mend.

    ``template`` is an English sentence with ``{named}`` fields, kept apart from the values so that
    a window can translate it; ``str(error)`` is the finished English sentence.
    """

    def __init__(self, template: str, **fields: object) -> None:
        super().__init__(template, fields)
        self.template = template
        self.fields = fields

    def __str__(self) -> str:
        return self.template.format(**self.fields)


class AudioFileError(StemscopeError):
    """A file that cannot be read as audio; the sentence names it and says what to do."""


class OutputError(StemscopeError):
    """A file that could not be written: no permission, disk full, already there."""


class ModelError(StemscopeError):
    """A model folder that is missing, damaged, unsafe or not understood."""


class DataError(StemscopeError):
    """A data set that cannot be used as it is."""


class UsageError(StemscopeError):
    """A value that is not among the supported ones."""


class DeviceError(StemscopeError):
    """A compute or audio device that is absent or failed."""


class Cancelled(Exception):  # noqa: N818 - a stop that was asked for is no error
    """Work was stopped on request. Not an error: nothing half done stays behind."""
