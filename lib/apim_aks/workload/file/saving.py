"""Changes to a workload.yaml that keep what people wrote around them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.own_files import write_whole
from apim_aks.workload.documents.editing import edited
from apim_aks.workload.file.source import (
    BUNDLED,
    FILE_NAMES,
    bundled_names,
    check_text,
    find,
    load,
    shown,
)
from apim_aks.workload.model import Workload

Changes = Mapping[str, Any]
Remarks = Mapping[tuple[str, ...], str]


def save(
    path: str | Path, changes: Changes, read: Changes | None = None, remarks: Remarks | None = None
) -> Path:
    """Write these keys into a workload.yaml; comments and everything else stay as they are.

    A mapping is merged key by key, None takes a key away. The file is replaced in one step. `read`
    is what the file said when these changes began: who changed the same keys meanwhile loses
    nothing. `remarks` become comments behind the keys of their paths that have none.

    Raises:
        InputError: the workload is a bundled one, was changed by somebody else, or would not
            be valid afterwards.
    """
    file = find(path).resolve()
    if file.is_relative_to(BUNDLED.resolve()):
        raise InputError(
            f"Workload {file.parent.name!r} comes with the workbook and is not changed; "
            "copy its folder first and use the path of the copy."
        )
    before = file.read_bytes()
    found = load(file, outside=True).data
    for key in changes if read is not None else ():
        if found.get(key) != (read or {}).get(key):
            raise _changed_since(file, f"another {key!r}")
    content = _changed(file, before, changes, remarks or {})
    check_text(file, content)
    _replace(file, content, before)
    return file


def said(path: str | Path, read: Workload | None = None) -> Mapping[str, Any]:
    """What a workload.yaml says, to be given to `save` later; `read` is what was made of it.

    Empty where it says something else by now or cannot be read: `save` then replaces nothing.
    """
    try:
        file = find(path)
        source = load(file, outside=True)
    except InputError:
        return {}
    same = read is None or dict(read.digests).get(file.name) == source.digest
    return source.data if same else {}


def _changed_since(file: Path, found: str) -> InputError:
    return InputError(
        f"{shown(file)} has {found} than the one that was read, so somebody changed it since. "
        "Nothing was written. Run the notebook again, which reads the file, and then save."
    )


def copy_bundled(name: str, folder: str | Path) -> Path:
    """A bundled workload copied to a new or empty folder; its workload.yaml, which can be changed.

    Raises:
        InputError: no such workload is bundled, or the folder has something in it.
    """
    if name not in bundled_names():
        names = ", ".join(bundled_names())
        raise InputError(f"Workload {name!r} is not bundled; use one of {names}.")
    target = Path(folder)
    if not str(folder).strip() or target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise InputError(f"{str(folder)!r} is not a new or empty folder. Name one for the copy.")
    try:
        _copy(BUNDLED / name, target)
    except OSError as error:
        raise InputError(
            f"{shown(target)}: the folder cannot be written ({error.strerror}). Use one that can."
        ) from None
    return target / FILE_NAMES[0]


def _copy(source: Path, target: Path) -> None:
    """The folder whole or not at all; the target is empty or not there."""
    target = Path(os.path.realpath(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as beside:
        new = shutil.copytree(source, Path(beside) / "new")
        if target.exists():
            target.rmdir()
        new.rename(target)


def _changed(file: Path, content: bytes, changes: Changes, remarks: Remarks) -> bytes:
    text = content.decode("utf-8-sig")
    try:
        written = edited(text.replace("\r\n", "\n"), changes, remarks)
    except ValueError as error:
        raise InputError(
            f"{shown(file)}: the file cannot be changed without losing what is around the values "
            f"({error}); write {', '.join(changes)} into it by hand."
        ) from None
    return (written.replace("\n", "\r\n") if "\r\n" in text else written).encode()


def _replace(file: Path, content: bytes, before: bytes) -> None:
    try:
        if file.read_bytes() != before:
            raise _changed_since(file, "another content")
        write_whole(file, content)
    except OSError as error:
        raise InputError(
            f"{shown(file)}: the file cannot be written ({error.strerror}). Use one that can."
        ) from None
