"""Folders that a report never takes, whatever is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from apim_aks.errors import InputError

REPOSITORIES = (".git", ".hg", ".svn")
"""Where Git, Mercurial and Subversion keep their data; a work tree of Git may have a file there."""

_BARE = ("HEAD", "objects", "refs")
_LOOKED_AT = 100_000
"""Entries that are looked at for a repository: a report has hundreds, and one second is enough."""


def refuse_protected(target: Path, inputs: Iterable[Path]) -> None:
    """Refuse the current or home folder, and what is, holds or belongs to an input or repository.

    Raises:
        InputError: the folder is one of these.
    """
    for what, path in (("the current folder", Path.cwd()), ("your home folder", _home())):
        if path and _within(path, target):
            raise _refused(target, f"is or contains {what}")
    for path in inputs:
        if _within(path, target):
            raise _refused(target, f"contains {path.name}, which this workload is read from")
    inside = next((p for p in (target, *target.parents) if _is_data(p)), None)
    if inside:
        raise _refused(target, f"lies in the repository data {inside}")
    if found := next(_repositories(target), None):
        raise _refused(target, f"is or contains a repository ({found})")


def _refused(target: Path, why: str) -> InputError:
    return InputError(f"{target}: the folder {why}. Name a folder for the report alone with --out.")


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _within(path: Path, folder: Path) -> bool:
    """The path is the folder or below it, by what the file system says and not by its spelling."""
    try:
        place = folder.stat()
    except OSError:
        return False
    written, real = path.absolute(), Path(os.path.realpath(path))
    return any(_is(place, p) for p in (written, *written.parents, real, *real.parents))


def _is(place: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(place, path.stat())
    except OSError:
        return False


def _is_data(folder: Path) -> bool:
    return folder.name.casefold() in REPOSITORIES or all((folder / n).exists() for n in _BARE)


def _repositories(folder: Path) -> Iterator[Path]:
    seen = 0
    for at, folders, files in os.walk(folder):
        names = {*folders, *files}
        for name in names:
            if name.casefold() in REPOSITORIES:
                yield Path(at) / name
        if names.issuperset(_BARE):
            yield Path(at)
        seen += len(names)
        if seen > _LOOKED_AT:
            return
