"""Progress while files are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _unseen(_: str) -> None:
    """Nobody looks."""


_WATCHER: ContextVar[Callable[[str], None]] = ContextVar("watcher", default=_unseen)


@contextmanager
def watched(by: Callable[[str], None]) -> Iterator[None]:
    """Tell `by` the name of each file that is opened within."""
    before = _WATCHER.set(by)
    try:
        yield
    finally:
        _WATCHER.reset(before)


def opened(label: str) -> None:
    """A file of this name is about to be read."""
    _WATCHER.get()(label)
