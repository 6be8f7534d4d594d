"""What a user is told."""

from __future__ import annotations


class WorkbookError(Exception):
    """Input that cannot be used, in one sentence: place, what was found, what was expected."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the sentence. The way to it is of no use to its reader."""
        return [f"{type(self).__name__}: {self}"]
