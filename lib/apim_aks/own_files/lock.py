"""A lock that ends with its process, so that a killed run never blocks the next."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAUSE = 0.05
"""Seconds between two attempts to take a lock."""


class Held(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock in this file, which is there meanwhile; wait so many seconds for it.

    Raises:
        Held: another process holds it.
        OSError: the file cannot be made.
    """
    until = time.monotonic() + wait
    while (handle := _taken(path)) is None:
        if time.monotonic() >= until:
            raise Held
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        if sys.platform == "win32":  # an open file cannot be unlinked there
            os.close(handle)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            os.close(handle)


def _taken(path: Path) -> int | None:
    """An open file with the lock on it, None where another process has it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if sys.platform == "win32" and path.exists():
            return None  # somebody is unlinking it
        raise
    try:
        _lock(handle)
        # Whoever had it may have unlinked it between the two calls: then it locks nothing.
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    except (BlockingIOError, PermissionError, FileNotFoundError):
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
