"""What a user is told, and the exit status that goes with it."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    INPUT = 2
    AZURE = 3
    BUG = 4
    INTERRUPTED = 130
    NOBODY_READS = 141


class WorkbookError(Exception):
    """Input that cannot be used, in one sentence: place, what was found, what was expected."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the sentence. The way to it is of no use to its reader."""
        return [f"{type(self).__name__}: {self}"]
