"""Kustomize folders: every kustomization that one reaches, read before kustomize reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apim_aks.facts.rendering import KustomizationField, kustomization_fields
from apim_aks.workload.documents import Parsed, described, read_file, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes import KUSTOMIZATIONS
from apim_aks.workload.rendering.places import Bounds, is_remote

Where = tuple[str | int, ...]

_MAX_FOLDERS = 1_000
_OWN = "a copy of it in the folder, or the output of `kubectl kustomize` as a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomization:
    """A Kustomize folder; `namespace` is that of objects that name none."""

    folder: Path
    namespace: str = "default"


def kustomization_file(folder: Path) -> Path | None:
    """The kustomization of a folder."""
    return next((folder / n for n in KUSTOMIZATIONS if (folder / n).is_file()), None)


@dataclass(frozen=True, slots=True)
class Reached:
    """Every folder that a kustomization reaches, itself first, and every file, its own too.

    Where something is refused, nothing may run. A component is no whole of its own.
    """

    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    findings: tuple[Finding, ...]
    is_component: bool


def reached(folder: Path, bounds: Bounds) -> Reached:
    """What the kustomization of this folder reaches."""
    reading = _Reading(bounds)
    reading.read(folder)
    folders, files = tuple(reading.folders.values()), tuple(dict.fromkeys(reading.files))
    return Reached(folders, files, tuple(reading.findings), reading.is_component)


@dataclass(slots=True)
class _Reading:
    bounds: Bounds
    folders: dict[str, Path] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    is_component: bool = False

    def read(self, folder: Path) -> None:
        waiting = [folder]
        while waiting:
            one = waiting.pop()
            real = os.path.realpath(one)
            if real in self.folders:
                continue
            self.folders[real] = one
            if len(self.folders) > _MAX_FOLDERS:
                found = f"more than {_MAX_FOLDERS:,} kustomizations"
                self.findings.append(Finding(self.bounds.label(folder), 0, found, "fewer of them"))
                return
            if document := self._document(one):
                self.is_component |= one == folder and document.data.get("kind") == "Component"
                waiting += self._in_document(document, one)

    def _document(self, folder: Path) -> Parsed | None:
        file = kustomization_file(folder)
        if not file:
            place = self.bounds.label(folder)
            self.findings.append(
                Finding(place, 0, "no kustomization.yaml", "a folder that has one")
            )
            return None
        self.files.append(file)
        reading = read_file(file, self.bounds.label(file))
        self.findings += (f for f in reading.findings if f.refused)
        if not self.bounds.holds(file):
            found = "a symbolic link that leads out of the folder"
            self.findings.append(Finding(self.bounds.label(file), 0, found, "a file inside it"))
        elif len(reading.documents) == 1 and isinstance(reading.documents[0].data, dict):
            return reading.documents[0]
        elif not reading.findings:
            place = self.bounds.label(file)
            self.findings.append(Finding(place, 1, "no single mapping", "one kustomization"))
        return None

    def _in_document(self, document: Parsed, folder: Path) -> Iterator[Path]:
        rows = kustomization_fields()
        known = {row.path[0] for row in rows}
        for key in document.data:
            if key not in known:
                words = f"the field {shortened(str(key))!r}, which this workbook does not know"
                self._refuse(document, (str(key),), words, _OWN)
        for row in rows:
            for where, value in _values(document.data, row.path):
                yield from self._followed(document, folder, row, where, value)

    def _followed(
        self, document: Parsed, folder: Path, row: KustomizationField, where: Where, value: Any
    ) -> Iterator[Path]:
        """The folder that this value names; what cannot be followed becomes a finding."""
        if row.holds == "refused":
            self._refuse(document, where, f"{row.path[0]}, {row.because}", _OWN)
        elif row.holds != "plain" and not isinstance(value, str):
            self._refuse(document, where, described(value), "the path of a file or folder")
        elif row.holds != "plain" and not (row.holds == "inline-or-file" and _is_inline(value)):
            path = value.rpartition("=")[2] if row.holds == "named-file" else value
            yield from self._path(document, folder, where, path)

    def _path(self, document: Parsed, folder: Path, where: Where, text: str) -> Iterator[Path]:
        path = folder / text
        if is_remote(text):
            found = f"{shortened(text, 200)!r}, which is or may be on another machine"
            self._refuse(document, where, found, _OWN)
        elif not self.bounds.holds(path):
            found = f"the path {shortened(text)!r}, which leads out of the folder"
            self._refuse(document, where, found, "a path inside it, or --allow-outside")
        elif path.is_dir():
            yield path
        elif path.is_file():
            self.files.append(path)
        else:
            found = f"the path {shortened(text)!r}, where there is nothing"
            self._refuse(document, where, found, "a file or folder that exists")

    def _refuse(self, document: Parsed, where: Where, found: str, expected: str) -> None:
        self.findings.append(Finding(document.file, document.line_of(*where), found, expected))


def _is_inline(text: str) -> bool:
    """A patch that stands in the kustomization itself; kustomize tries an address first."""
    is_patch = "\n" in text or ": " in text or text.lstrip().startswith(("{", "["))
    return is_patch and "://" not in text.lstrip().split(" ")[0]


def _values(data: Any, path: tuple[str, ...], where: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Every value at this path, where `*` stands for each item of a list."""
    if not path:
        if data not in (None, [], {}):
            yield where, data
    elif path[0] == "*" and isinstance(data, list):
        for i, item in enumerate(data):
            yield from _values(item, path[1:], (*where, i))
    elif isinstance(data, dict) and path[0] in data:
        yield from _values(data[path[0]], path[1:], (*where, path[0]))
