"""Charts and Kustomize folders below a folder, as entries of `render` in workload.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apim_aks.apis.draft.variants import Candidate
from apim_aks.workload.azure import Azure
from apim_aks.workload.kubernetes import read_manifests, services_in
from apim_aks.workload.kubernetes.variants import held
from apim_aks.workload.rendering import Bounds, Chart, Kustomization, Rendered, reached, rendered


@dataclass(frozen=True, slots=True)
class Made:
    """A candidate, the folders it is made from, the files it names, and those it could be given."""

    candidate: Candidate
    rendered: Rendered
    files: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def made(charts: Iterable[Path], kustomizations: Iterable[Path], root: Path) -> Iterator[Made]:
    """Each chart with its own values, and each kustomization that no other one reaches."""
    bounds = Bounds(root)
    for folder in charts:
        name = bounds.label(folder)
        release = _release(folder.resolve().name)
        entry = {"helm": name, "release": release}
        values = tuple(
            bounds.label(f) for f in sorted(folder.glob("values[-._]*.y*ml")) if f.stem != "values"
        )
        read = _read(name, entry, Chart(folder=folder, release=release), bounds)
        yield Made(*read, values=values)
    reach = {folder: reached(folder, bounds) for folder in kustomizations}
    below = {f.resolve() for top, r in reach.items() for f in r.folders if f != top}
    for folder, found in reach.items():
        if folder.resolve() not in below and not found.is_component:
            name = bounds.label(folder)
            read = _read(name, {"kustomize": name}, Kustomization(folder=folder), bounds)
            yield Made(*read, tuple(map(bounds.label, found.files)))


def _release(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:53].strip("-") or "release"


def _read(
    name: str, entry: dict[str, str], what: Chart | Kustomization, bounds: Bounds
) -> tuple[Candidate, Rendered]:
    result = rendered(what, bounds, Azure().kubernetes_version)
    read = read_manifests((), bounds.root, rendered=[(result.name, result.reading)])
    manifests = services_in(read)
    return Candidate(name, manifests, held(result.reading.documents), entry), result
