"""Helm charts: what one needs and where it reaches, read before helm reads it."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_aks.workload.documents import MAX_BYTES, Parsed, read_file, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.rendering.places import Bounds

CHART = "Chart.yaml"

_REQUIREMENTS = "requirements.yaml"
"""Where charts of API version v1 list what they depend on."""
_LOOKUP = re.compile(r"{{[^}]*\blookup\b")
_MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A Helm chart with the release that it becomes and the values files over its own values.

    `namespace` is that of the release, and so of objects that name none.
    """

    folder: Path
    release: str
    namespace: str = "default"
    values: tuple[Path, ...] = ()


def looked_at(folder: Path, bounds: Bounds) -> tuple[Finding, ...]:
    """What is wrong with a chart; where one of it is refused, nothing may run."""
    chart = read_file(folder / CHART, bounds.label(folder / CHART))
    broken = [f for f in chart.findings if f.refused]
    if broken or not isinstance(chart.documents[0].data, dict):
        place = bounds.label(folder / CHART)
        return tuple(broken) or (Finding(place, 1, "no mapping", "the description of a chart"),)
    document = chart.documents[0]
    found: list[Finding] = [*_library(document), *_missing(document, folder, bounds)]
    old = folder / _REQUIREMENTS
    if old.is_file():
        for listed in read_file(old, bounds.label(old)).documents:
            found += _missing(listed, folder, bounds)
    return (*found, *_leading_out(folder, bounds), *_asking(folder, bounds))


def _library(document: Parsed) -> Iterator[Finding]:
    if document.data.get("type") == "library":
        line = document.line_of("type")
        yield Finding(document.file, line, "a library chart, which renders nothing", "a chart")


def _missing(document: Parsed, folder: Path, bounds: Bounds) -> Iterator[Finding]:
    """Dependencies that are not in charts/: helm would say so, or fetch them with a flag."""
    needed = document.data.get("dependencies") if isinstance(document.data, dict) else None
    names = _packed(folder / "charts")
    for i, dependency in enumerate(needed if isinstance(needed, list) else []):
        name = dependency.get("name") if isinstance(dependency, dict) else None
        if isinstance(name, str) and name not in names:
            found = f"the dependency {shortened(name)!r}, which is not in charts/"
            command = f"`helm dependency build {bounds.label(folder)}` before"
            line = document.line_of("dependencies", i, "name")
            yield Finding(document.file, line, found, command)


def _packed(charts: Path) -> set[str]:
    """The names of the charts in this folder, unpacked or as archives."""
    if not charts.is_dir():
        return set()
    names = {re.sub(r"-v?\d+\.\d+\.\d+[^/]*\.tgz$", "", p.name) for p in charts.glob("*.tgz")}
    for file in charts.glob(f"*/{CHART}"):
        for document in read_file(file, file.name).documents[:1]:
            data: Any = document.data
            if isinstance(data, dict):
                names.add(str(data.get("name", "")))
    return names


def _files(folder: Path) -> Iterator[Path]:
    """Everything below a chart, links not followed."""
    count = 0
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted((*folders, *files)):
            count += 1
            if count > _MAX_ENTRIES:
                return
            yield Path(base, name)


def _leading_out(folder: Path, bounds: Bounds) -> Iterator[Finding]:
    """helm follows symbolic links wherever they lead."""
    for path in _files(folder):
        if path.is_symlink() and not bounds.holds(path):
            found = "a symbolic link that leads out of the folder"
            yield Finding(bounds.label(path), 0, found, "a file inside it")


def _asking(folder: Path, bounds: Bounds) -> Iterator[Finding]:
    """One finding for all templates that ask the cluster, with the place of the first."""
    places = [place for path in _files(folder) for place in _questions(path, bounds)]
    if places:
        name, line = places[0]
        others = len(places) - 1
        more = f", as {others} more {'do' if others > 1 else 'does'}" if others else ""
        found = (
            f"a template that asks the cluster (`lookup`){more}; no cluster answers here, so "
            "its output may be incomplete"
        )
        yield Finding(name, line, found, "its output only after you have checked it", refused=False)


def _questions(path: Path, bounds: Bounds) -> Iterator[tuple[str, int]]:
    name = bounds.label(path)
    if path.suffix == ".tgz":
        for member, text in _members(path):
            if _LOOKUP.search(text):
                yield f"{name} ({member})", 0
    elif path.suffix in (".yaml", ".yml", ".tpl") and path.is_file():
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode(errors="replace")
        if found := _LOOKUP.search(text):
            yield name, text.count("\n", 0, found.start()) + 1


def _members(archive: Path) -> Iterator[tuple[str, str]]:
    """The templates in a packed chart, up to the size that a document may have."""
    left = MAX_BYTES
    try:
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                left -= member.size
                if left < 0:
                    return
                file = packed.extractfile(member) if "/templates/" in member.name else None
                if file:
                    yield member.name, file.read().decode(errors="replace")
    except (tarfile.TarError, OSError, EOFError):
        return
