"""Files that are written whole or not at all, and messages for file system errors."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".apim-aks"
"""How the name of a file ends that is being written; it begins with a dot."""

_STALE = 3600.0
"""Seconds; one file is written in far less, so that what is older was left by a killed run."""

_NAMELESS = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "EMFILE", "ENFILE", "ENAMETOOLONG")
    if hasattr(errno, name)
)
"""Errors of a file system that name no file."""


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """The content in this file, in one step; text as UTF-8 with the same line ends everywhere.

    A file that is there keeps its mode; a `private` one is its owner's alone.

    Raises:
        OSError: the file system refused; what was there before is there still.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        # Root may rename over a device, and nobody on the machine has it any more.
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    new = _written(path, content, private)
    try:
        if path.exists() and not private:
            shutil.copymode(path, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    _kept(path.parent)
    _tidy(path)


def write_new(path: Path, content: str | bytes) -> None:
    """As `write_whole`, for a file that must not exist yet.

    Raises:
        FileExistsError: it is there, perhaps since a moment ago; it stays as it is.
        OSError: the file system refused.
    """
    new = _written(path, content, private=False)
    try:
        try:
            os.link(new, path)
        except FileExistsError:
            raise
        except OSError:
            # No hard links here. On Windows this rename refuses a name that is taken.
            if os.path.lexists(path):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
            new.rename(path)
    finally:
        new.unlink(missing_ok=True)
    _kept(path.parent)


def set_aside(path: Path, name: Path | None = None) -> Path:
    """The file or folder under the first free one of `<name>.before-<n>`, its own unless given."""
    name, number = name or path, 1
    while os.path.lexists(aside := name.with_name(f"{name.name}.before-{number}")):
        number += 1
    return path.rename(aside)


def is_temporary(name: str) -> bool:
    """The name is one of a file that was being written."""
    return name.startswith(".") and name.endswith(TEMPORARY)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refusal(error: OSError, otherwise: str | Path = "") -> str:
    """What a file system refused, in one sentence; `otherwise` is the place if it names none."""
    place = error.filename or otherwise or "A file"
    reason = error.strerror or str(error)
    return (
        f"{os.fsdecode(place) if isinstance(place, bytes) else place}: the file system refused "
        f"({reason}). Use a path that can be read and written, and check that the disk has space."
    )


def is_file_system(error: BaseException) -> bool:
    """The error comes from a file system, not from a network and not from a bug."""
    if not isinstance(error, OSError) or type(error).__module__ != "builtins":
        return False
    return error.filename is not None or error.errno in _NAMELESS


def _written(path: Path, content: str | bytes, private: bool) -> Path:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(new, flags, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def _kept(folder: Path) -> None:
    """The names in a folder survive a loss of power, where folders can be flushed."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _tidy(path: Path) -> None:
    """Without what runs that were killed left beside this file."""
    with suppress(OSError):
        for entry in path.parent.iterdir():
            ours = entry.name.startswith(f".{path.name}.") and entry.name.endswith(TEMPORARY)
            if ours and time.time() - entry.lstat().st_mtime > _STALE:
                entry.unlink()
