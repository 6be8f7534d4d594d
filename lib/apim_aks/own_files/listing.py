"""The list of files that the workbook wrote into a folder, with digests."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apim_aks.own_files.writing import file_digest, is_temporary, write_whole

LISTING = "files.json"
_SCHEMA = 1
_WRITER = "apim-aks"
_NOBODYS_FOLDER = ".ipynb_checkpoints"
_NOBODYS_FILES = (".DS_Store", "Thumbs.db")


def listed(folder: Path) -> dict[str, str] | None:
    """Path and SHA-256 of each listed file; None if the folder has no list."""
    files = _held(folder).get("files")
    return {str(k): str(v) for k, v in files.items()} if isinstance(files, dict) else None


def listed_as(folder: Path) -> str:
    """What the list says that its files are; empty where it says nothing."""
    return str(_held(folder).get("what", ""))


def _held(folder: Path) -> Mapping[str, Any]:
    file = folder / LISTING
    try:
        held = json.loads(file.read_bytes()) if is_file(file) else None
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) and held.get("written_by") == _WRITER else {}


def write_listing(folder: Path, files: Mapping[str, str] | None = None, what: str = "") -> None:
    """The list of these files, else of every file that is in the folder, and what they are."""
    if files is None:
        inside = (p for p in folder.rglob("*") if is_file(p) and p != folder / LISTING)
        files = {p.relative_to(folder).as_posix(): file_digest(p) for p in inside}
    head = {"schema_version": _SCHEMA, "written_by": _WRITER, "what": what}
    held = {**head, "files": dict(sorted(files.items()))}
    write_whole(folder / LISTING, json.dumps(held, indent=2, ensure_ascii=False) + "\n")


def strangers(folder: Path) -> Iterator[str]:
    """What in the folder is not ours or was changed, as a reader finds it; no link is followed.

    A folder in which nothing of ours was is one of them and not looked into. What an editor's or
    a file manager's habit leaves is nobody's.
    """
    ours = listed(folder)
    known = ours or {}
    parents = {p.as_posix() for name in known for p in Path(name).parents}
    for name, entry in _below(folder, "", parents):
        why = _why(entry, name, known, parents)
        if why is not None and not (name == LISTING and ours is not None):
            yield f"{name}{why}"


def complete(folder: Path) -> bool:
    """The folder holds what its list says: nothing else, nothing changed, nothing missing."""
    ours = listed(folder)
    if ours is None or next(strangers(folder), None) is not None:
        return False
    return all(is_file(folder / name) for name in ours)


def is_file(path: Path) -> bool:
    """The path is a file itself and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _below(folder: Path, prefix: str, parents: set[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Entries with their path from the beginning, in order, into folders of ours only."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda e: e.name)
    for entry in entries:
        name = f"{prefix}{entry.name}"
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name == _NOBODYS_FOLDER if is_folder else _is_nobodys(entry.name):
            continue
        yield name, entry
        if is_folder and name in parents and _can_be_read(entry):
            yield from _below(Path(entry.path), f"{name}/", parents)


def _why(
    entry: os.DirEntry[str], name: str, known: Mapping[str, str], parents: set[str]
) -> str | None:
    """What is said of an entry that is not ours, None where it is."""
    if entry.is_dir(follow_symlinks=False):
        if name not in parents:
            return "/"
        if os.path.ismount(entry.path):
            return "/ (another file system)"
        return None if _can_be_read(entry) else "/ (cannot be read)"
    if name not in known:
        return ""
    try:
        path = Path(entry.path)
        return None if is_file(path) and file_digest(path) == known[name] else " (changed)"
    except OSError:
        return " (cannot be read)"


def _is_nobodys(name: str) -> bool:
    return name in _NOBODYS_FILES or is_temporary(name)


def _can_be_read(entry: os.DirEntry[str]) -> bool:
    return os.access(entry.path, os.R_OK | os.W_OK | os.X_OK)
