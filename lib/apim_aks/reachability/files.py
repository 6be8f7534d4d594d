"""The scene of files and folders with manifests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from apim_aks.apis.draft.variants import rivals
from apim_aks.errors import InputError
from apim_aks.facts.templates import unread_files
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.scene import Scene
from apim_aks.workload.documents import Parsed
from apim_aks.workload.file.source import FILE_NAMES
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes import label, services_of
from apim_aks.workload.kubernetes.manifests import read_manifests

_NO_MANIFEST = (
    "this describes a workload and holds no manifest; name what stands under its `manifests`, and "
    "for `render` a file with the output of `kubectl kustomize` or `helm template`."
)


def read_scene(paths: Sequence[Path], skip: Collection[Path] = ()) -> Scene:
    """The scene of these files and folders; messages name files by their path from the only folder.

    `skip` are files among them that are no manifests.

    Raises:
        InputError: a path is not there, or nothing in it is a Kubernetes object.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder; name one with manifests.")
        if path.is_file() and path.name in FILE_NAMES:
            raise InputError(f"{path}: {_NO_MANIFEST}")
    root = root_of(paths)
    read = read_manifests(paths, root, skip=skip)
    if not read.documents:
        named = ", ".join(map(str, paths))
        raise InputError(f"{named} has no Kubernetes object. Name files or folders that have some.")
    beside = _variants(read.documents) if any(p.is_dir() for p in paths) else ()
    scene = scene_of(read.documents, (*read.findings, *beside, *_unread(paths, root)))
    # What else a cluster would refuse decides about no connection, and is said of files alone.
    found = dict.fromkeys((*scene.findings, *services_of(read.documents).findings))
    return replace(scene, findings=tuple(sorted(found, key=lambda f: (f.file, f.line, f.found))))


def root_of(paths: Sequence[Path]) -> Path:
    """The folder that names of files begin at: the only one given, else the current one."""
    return paths[0] if len(paths) == 1 and paths[0].is_dir() else Path()


def _unread(paths: Sequence[Path], root: Path) -> Iterator[Finding]:
    """Files that may describe a network and are not read: they may open anything."""
    rows = {row.suffix: row for row in unread_files()}
    there = (f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else (path,)))
    for file in there:
        if row := rows.get(file.suffix.lower()):
            yield Finding(label(file, root), 0, row.what, row.instead)


def _variants(documents: Sequence[Parsed]) -> Iterator[Finding]:
    """Variants of one system, of which `init` takes one, in a folder that was named as a whole."""
    for name, why in rivals(documents):
        expected = "the files that are meant, since all of these are read as one cluster"
        yield Finding(name, 0, why, expected, refused=False)
