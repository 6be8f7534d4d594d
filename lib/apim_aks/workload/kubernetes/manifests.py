"""The documents of files and folders of manifests, with what was left out and why."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from apim_aks.workload.documents import Parsed, Reading, read_file
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.folder import KUSTOMIZATION, KUSTOMIZATIONS, Folder, label
from apim_aks.workload.kubernetes.variants import held, variant_finding, variants


@dataclass(frozen=True, slots=True)
class Read:
    """The documents in their order, what is wrong with files, and the SHA-256 of each by path."""

    documents: tuple[Parsed, ...]
    findings: tuple[Finding, ...]
    digests: tuple[tuple[str, str], ...]


def read_manifests(
    paths: Iterable[Path],
    root: Path,
    outside: bool = False,
    *,
    skip: Collection[Path] = (),
    left_out: Iterable[Finding] = (),
    rendered: Iterable[tuple[str, Reading]] = (),
    namespace: str = "default",
) -> Read:
    """What these files and folders hold; messages name files by their path from `root`.

    `skip` are files and folders that lie among them and are something else, `left_out` says which
    paths could not be used, `rendered` is what charts became, by its name, and `namespace` that of
    objects in files that name none.
    """
    folder = Folder(root=root, outside=outside, findings=list(left_out))
    passed_over = folder.pass_over(skip)
    named = list(paths)
    read = _without_variants(list(_readings(named, folder, passed_over, namespace)), named, folder)
    readings = [*read, *rendered]
    return Read(
        documents=tuple(d for _, r in readings for d in r.documents),
        findings=(*folder.findings, *(f for _, r in readings for f in r.findings)),
        digests=tuple(sorted({name: r.digest for name, r in readings if r.digest}.items())),
    )


def _readings(
    paths: Iterable[Path], folder: Folder, passed_over: Collection[str], namespace: str
) -> Iterator[tuple[str, Reading]]:
    """Each file once, by its name; a kustomization becomes a finding of the folder."""
    seen: set[str] = set()
    for file, given in _files(paths, folder):
        name = label(file, folder.root)
        if name in seen or os.path.realpath(file) in passed_over:
            continue
        if file.name in KUSTOMIZATIONS:
            folder.findings.append(Finding(name, 0, *KUSTOMIZATION, refused=False))
            continue
        seen.add(name)
        reading = read_file(file, name)
        objects = (d for d in reading.documents if given or not _is_openapi(d))
        yield (
            name,
            replace(reading, documents=tuple(replace(d, namespace=namespace) for d in objects)),
        )


def _without_variants(
    read: list[tuple[str, Reading]], named: Iterable[Path], folder: Folder
) -> list[tuple[str, Reading]]:
    """Without folders that are variants of one beside them, below a folder that was named."""
    tops = [f"{label(p, folder.root)}/".removeprefix("./") for p in named if p.is_dir()]
    found: dict[str, str] = {}
    for top in tops:
        files = {name: held(r.documents) for name, r in read if name.startswith(top)}
        found |= variants(files, top)
    folder.findings += (variant_finding(one, rival) for one, rival in found.items())
    return [(name, r) for name, r in read if not name.startswith(tuple(found))]


def _files(paths: Iterable[Path], folder: Folder) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if path.is_dir():
            yield from ((file, False) for file in folder.files(path))
        else:
            yield path, True


def _is_openapi(document: Parsed) -> bool:
    data = document.data
    return (
        isinstance(data, dict) and "kind" not in data and ("openapi" in data or "swagger" in data)
    )
