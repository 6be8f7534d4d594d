"""Errors for users with their exit codes, which are defined only here."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ended."""

    SUCCESS = 0
    FAILED = 1
    INPUT = 2
    AZURE = 3
    BUG = 4
    INTERRUPTED = 130
    NOBODY_READS = 141


EXIT_CODES = (
    "Exit codes: 0 success; 1 a check failed, a contract breaks, a change opens something, or the "
    "recorded option is no longer first or is ruled out; 2 wrong input; 3 Azure refused, was not "
    "reached, or waits for somebody; 4 a bug."
)


class WorkbookError(Exception):
    """What a user is told in one sentence, and the exit code that goes with it.

    Only its subclasses are raised: their names say which of the four it is.
    """

    exit_code: ClassVar[ExitCode]

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the sentence. The way to it is of no use to its reader."""
        return [f"{type(self).__name__}: {self}"]


class InputError(WorkbookError):
    """Input that cannot be used: the place, what was found, what was expected."""

    exit_code = ExitCode.INPUT


class CheckError(WorkbookError):
    """What was asked for does not hold: a check failed, or the recorded option is not first."""

    exit_code = ExitCode.FAILED


class RemoteError(WorkbookError):
    """Azure refused, could not be reached, or answered something else than it documents."""

    exit_code = ExitCode.AZURE


class BugError(WorkbookError):
    """An error of the workbook itself that happened in another process."""

    exit_code = ExitCode.BUG


def error_named(name: str, base: type[WorkbookError] = WorkbookError) -> type[WorkbookError] | None:
    """The class of this name among those imported, for errors of which only the name is known."""
    return next((kind for kind in _kinds(base) if kind.__name__ == name), None)


def _kinds(base: type[WorkbookError]) -> Iterator[type[WorkbookError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)
