"""Which files of a folder hold Kubernetes objects, and what is left aside with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from apim_aks.own_files import listed
from apim_aks.workload.finding import Finding

SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 20_000
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_CHARTS = ("Chart.yaml", "Chart.yml")
_CHART_PARTS = {"templates", "charts"}
PASSED_OVER = ("node_modules", "vendor", "site-packages")
_ENVIRONMENT = "pyvenv.cfg"
"""The file by which Python knows a virtual environment, whatever its folder is called."""
_MAX_ENTRIES = 200_000
"""Entries that are looked at: ten for each file that is read, about two seconds."""


@dataclass(slots=True, kw_only=True)
class Folder:
    """The manifest files below a folder, sorted, with what was noticed on the way.

    `charts` and `kustomizations` are the folders of each, which are files to render.
    Symbolic links that lead out of `root` are refused unless `outside` allows them.
    """

    root: Path
    outside: bool = False
    findings: list[Finding] = field(default_factory=list)
    looking: Callable[[int], None] = lambda _: None
    charts: list[Path] = field(default_factory=list)
    kustomizations: list[Path] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _count: int = 0
    _looked: int = 0

    def pass_over(self, paths: Iterable[Path]) -> frozenset[str]:
        """Do not look into these folders, nor at these kustomizations; their real paths."""
        real = frozenset(os.path.realpath(p) for p in paths)
        self._seen |= real
        return real

    def files(self, folder: Path) -> Iterator[Path]:
        """The files to read, in an order that does not depend on the machine."""
        real = os.path.realpath(folder)
        if real in self._seen or self._looked > _MAX_ENTRIES:
            return
        self._seen.add(real)
        try:
            entries = sorted(folder.iterdir(), key=lambda p: p.name)
        except OSError as error:
            self._note(folder, f"no folder that can be read ({error.strerror})", "a folder")
            return
        self._looked += len(entries)
        if entries:
            self.looking(self._looked)
        if self._looked > _MAX_ENTRIES:
            found = f"more than {_MAX_ENTRIES:,} files and folders"
            self._note(folder, found, "fewer of them; the rest is not read")
            return
        names = {p.name for p in entries}
        if _ENVIRONMENT in names:
            return
        if listed(folder) is not None:
            self._note(folder, *_REPORT, refused=False)
            return
        chart = next((c for c in _CHARTS if c in names), "")
        if chart and names & _CHART_PARTS:
            self.charts.append(folder)
            found = "a Helm chart whose templates are not rendered"
            self._note(
                folder / chart, found, "the key render for it, or the output of `helm template`"
            )
        for entry in entries:
            yield from self._entry(entry, bool(chart))

    @property
    def is_cut(self) -> bool:
        """There was more than is looked at or read."""
        return self._looked > _MAX_ENTRIES or self._count > MAX_FILES

    def _entry(self, entry: Path, in_chart: bool) -> Iterator[Path]:
        is_folder = entry.is_dir()
        wanted = is_folder or entry.suffix.lower() in SUFFIXES or entry.name in KUSTOMIZATIONS
        if entry.name.startswith(".") or not wanted:
            return
        if not _is_utf8(entry.name):
            self._note(entry, "a name that is not UTF-8", "a name in UTF-8")
            return
        if entry.is_symlink() and not self._allowed(entry):
            return
        if is_folder:
            if entry.name not in PASSED_OVER and not (in_chart and _is_chart_part(entry)):
                yield from self.files(entry)
        elif entry.name in KUSTOMIZATIONS and os.path.realpath(entry) not in self._seen:
            self.kustomizations.append(entry.parent)
            self._note(entry, *KUSTOMIZATION, refused=False)
        elif entry.name not in (*_CHARTS, *KUSTOMIZATIONS) and not _is_values(entry, in_chart):
            yield from self._counted(entry)

    def _counted(self, entry: Path) -> Iterator[Path]:
        self._count += 1
        if self._count == MAX_FILES + 1:
            self._note(
                entry, f"more than {MAX_FILES:,} files", "fewer of them; the rest is not read"
            )
        if self._count <= MAX_FILES:
            yield entry

    def _allowed(self, entry: Path) -> bool:
        real = Path(os.path.realpath(entry))
        if self.outside or real.is_relative_to(os.path.realpath(self.root)):
            return True
        self._note(entry, "a symbolic link that leads out of the folder", "files inside it")
        return False

    def _note(self, path: Path, found: str, expected: str, refused: bool = True) -> None:
        self.findings.append(Finding(label(path, self.root), 0, found, expected, refused))


KUSTOMIZATION = (
    "a kustomization, whose overlays and patches are not applied",
    "the key render for it, or the output of `kubectl kustomize`",
)


_REPORT = ("a report of the workbook, which is not read", "manifests of your own")


def label(path: Path, root: Path) -> str:
    """The path as messages show it: relative to the root, with forward slashes."""
    with suppress(ValueError):
        path = Path(os.path.relpath(path, root))
    return path.as_posix().encode(errors="replace").decode()


def _is_utf8(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _is_chart_part(folder: Path) -> bool:
    return folder.name in _CHART_PARTS


def _is_values(file: Path, in_chart: bool) -> bool:
    stem = file.stem.lower()
    return stem == "values" or stem.startswith("values-") or (in_chart and "values" in stem)
