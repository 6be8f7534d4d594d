"""The documents of files and folders of manifests, with what was left out and why."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apim_aks.workload.documents import Parsed, read_file
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.folder import KUSTOMIZATION, KUSTOMIZATIONS, Folder, label


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
    skip: Collection[Path] = (),
    left_out: Iterable[Finding] = (),
) -> Read:
    """What these files and folders hold; messages name files by their path from `root`."""
    folder = Folder(root=root, outside=outside, findings=list(left_out))
    documents: list[Parsed] = []
    findings: list[Finding] = []
    digests: dict[str, str] = {}
    passed_over = {os.path.realpath(p) for p in skip}
    for file, given in _files(paths, folder):
        name = label(file, root)
        if name in digests or os.path.realpath(file) in passed_over:
            continue
        if file.name in KUSTOMIZATIONS:
            findings.append(Finding(name, 0, *KUSTOMIZATION, refused=False))
            continue
        reading = read_file(file, name)
        digests[name] = reading.digest
        findings += reading.findings
        documents += [d for d in reading.documents if given or not _is_openapi(d)]
    known = sorted((n, d) for n, d in digests.items() if d)
    return Read(tuple(documents), (*folder.findings, *findings), tuple(known))


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
