"""A workload's files as one value, which can be sent to another machine and laid out there again.

It holds what the readers look at: the files that workload.yaml names, and whatever lies below the
folders that it names. A link out of the folder goes as a link that leads nowhere, and a file too
large to be read as its size alone, so that the readers say there what they say here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from apim_aks import __version__
from apim_aks.errors import InputError
from apim_aks.facts.rows import DATA, PKG
from apim_aks.own_files import refusal
from apim_aks.workload.documents import MAX_BYTES
from apim_aks.workload.file.source import Source, load, shown
from apim_aks.workload.kubernetes.folder import (
    KUSTOMIZATIONS,
    MAX_FILES,
    PASSED_OVER,
    SUFFIXES,
    label,
)
from apim_aks.workload.rendering.kustomizations import reached
from apim_aks.workload.rendering.places import Bounds

MAX_PACKED = 200_000_000
"""Bytes of one workload: twenty files of the largest size that is read."""

_ENVIRONMENT = "pyvenv.cfg"
_OUT = "../outside-of-the-folder"


@dataclass(frozen=True, slots=True)
class Item:
    """A file, folder or link by its path below the workload's folder.

    `size` is that of a file whose content is not sent, since nobody would read it.
    """

    path: str
    kind: str = "file"
    content: bytes = field(default=b"", repr=False)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Packed:
    """Everything that one workload is read from; `file` is its workload.yaml among the items.

    `made_with` is the library that the result is to be made with.
    """

    file: str
    items: tuple[Item, ...]
    made_with: str

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it: equal inputs and an equal library have equal results."""
        whole = hashlib.sha256(f"{self.made_with}\n{self.file}\n".encode())
        for item in self.items:
            inside = hashlib.sha256(item.content).hexdigest()
            whole.update(f"{item.kind} {item.size} {inside} {item.path}\n".encode())
        return whole.hexdigest()


@cache
def made_with() -> str:
    """Version and digest of this library, of its rows of facts, and whose options it compares."""
    whole = hashlib.sha256()
    files = {f.relative_to(PKG).as_posix(): f for f in PKG.rglob("*.py")}
    rows = (*DATA.glob("*.csv"), *DATA.glob("schemas/*.json"))
    files |= {f"data/{f.relative_to(DATA).as_posix()}": f for f in rows}
    for name, file in sorted(files.items()):
        whole.update(f"{name}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    more = os.environ.get("APIM_AKS_OPTIONS", "")
    return " ".join(filter(None, (__version__, whole.hexdigest()[:16], more)))


def packed(file: Path) -> Packed:
    """The files of the workload that this workload.yaml describes.

    One that cannot be used goes alone: reading it says why.

    Raises:
        InputError: something of it cannot be read from the disk, or it is too much.
    """
    packing = _Packing(file.parent)
    try:
        packing.add(file)
        try:
            source = load(file)
        except InputError:
            return packing.whole(file.name)
        for path, chart in _named(source):
            packing.add(path, chart)
    except OSError as error:
        raise InputError(refusal(error, shown(file))) from None
    return packing.whole(file.name)


def unpacked(sent: Packed, folder: Path) -> Path:
    """Lay the files out in an empty folder; the workload.yaml there."""
    for item in sent.items:
        path = folder / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.kind == "folder":
            path.mkdir(parents=True, exist_ok=True)
        elif item.kind == "link":
            path.symlink_to(os.path.relpath(folder / _OUT, path.parent))
        else:
            path.write_bytes(item.content)
            if item.size:
                os.truncate(path, item.size)
    return folder / sent.file


def _named(source: Source) -> Iterator[tuple[Path, bool]]:
    """The files and folders that the workload names, and which of them are Helm charts."""
    data = source.data
    documents = (d for v in data.get("openapi", {}).values() for d in ([v] if _text(v) else v))
    plain = (*data.get("manifests", ()), *documents, *data.get("unpaired", ()))
    charts = [e for e in data.get("render", ()) if "helm" in e]
    values = (text for chart in charts for text in chart.get("values", ()))
    for text in (*plain, *values):
        yield from ((p, False) for p in _path(source, text))
    for chart in charts:
        yield from ((p, True) for p in _path(source, chart["helm"]))
    for entry in data.get("render", ()):
        for folder in _path(source, entry["kustomize"]) if "kustomize" in entry else ():
            found = reached(folder, Bounds(source.folder))
            yield from ((p, False) for p in found.files)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _path(source: Source, text: str) -> Iterator[Path]:
    """The path, unless nothing is there or it leads out: the reader says so."""
    path = source.path((), text)
    if isinstance(path, Path):
        yield path


@dataclass(slots=True)
class _Packing:
    root: Path
    items: dict[str, Item] = field(default_factory=dict)
    left: int = MAX_PACKED

    def whole(self, file: str) -> Packed:
        return Packed(file, tuple(self.items[p] for p in sorted(self.items)), made_with())

    def add(self, path: Path, chart: bool = False) -> None:
        """A file, or all that a reader may look at below a folder; of a chart everything."""
        waiting, seen = [path], set[str]()
        while waiting:
            one = waiting.pop()
            name = label(one, self.root)
            if one.is_symlink() and not Bounds(self.root).holds(one):
                self._keep(Item(name, "link"))
            elif not one.is_dir():
                self._file(one, name, chart)
            elif (real := os.path.realpath(one)) not in seen:
                seen.add(real)
                self._keep(Item(name, "folder"))
                waiting += [e for e in one.iterdir() if chart or _looked_at(e)]

    def _file(self, path: Path, name: str, chart: bool) -> None:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{shown(path)} is something other than a file. Remove it.")
        if status.st_size > MAX_BYTES and not chart:
            self._keep(Item(name, size=status.st_size))
            return
        self.left -= 0 if name in self.items else status.st_size
        if self.left < 0:
            raise InputError(
                f"{shown(self.root)} has more than {MAX_PACKED // 1_000_000} MB of manifests and "
                "documents. Name smaller folders in workload.yaml."
            )
        self._keep(Item(name, content=path.read_bytes()))

    def _keep(self, item: Item) -> None:
        self.items[item.path] = item
        if len(self.items) > 2 * MAX_FILES:
            raise InputError(
                f"{shown(self.root)} has more than {2 * MAX_FILES:,} files and folders. "
                "Name smaller folders in workload.yaml."
            )


def _looked_at(entry: Path) -> bool:
    """A reader of manifests may look at it."""
    if entry.name.startswith(".") or entry.name in PASSED_OVER:
        return False
    named = entry.name in (*KUSTOMIZATIONS, _ENVIRONMENT)
    return named or entry.is_dir() or entry.suffix.lower() in SUFFIXES
