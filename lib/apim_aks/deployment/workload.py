"""The workload's own manifests as files for a new cluster: namespaces first, then in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from apim_aks.artefacts.manifests import Action, ManifestFile
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.deployment.ownership import WORKLOAD
from apim_aks.deployment.project import Project
from apim_aks.facts.references import cluster_wide
from apim_aks.workload.kubernetes.apply import is_named, patched, place
from apim_aks.workload.kubernetes.object import Object

_HOOK = "helm.sh/hook"
_INSTALLS = ("pre-install", "post-install", "crd-install")
_FIRST = (("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition"))
_BASE = ("StorageClass", "PriorityClass", "ServiceAccount", "Secret", "ConfigMap")
"""The kinds that pods need at start, applied before the workloads."""


def workload_files(project: Project, done: Collection[str] = ()) -> tuple[ManifestFile, ...]:
    """The workload's files for a new cluster, in the order of application.

    `done` are the names of generated files applied before; their patches are included, so that
    nothing that was closed is opened again.
    """
    objects = [o for o in project.objects if _is_applied(o)]
    given = tuple(_with_patches(project, objects, done))
    first = [o for o in given if _rank(o) < len(_FIRST)]
    rest = sorted((o for o in given if _rank(o) >= len(_FIRST)), key=_rank)
    made = (
        ("00-workload-namespaces", [*_unnamed_spaces(objects), *map(_data, first)]),
        ("05-workload", list(map(_data, rest))),
    )
    because = "The workload's own manifests, unchanged."
    files = (manifest_file(f"{name}.yaml", those, because) for name, those in made if those)
    return tuple(replace(file, manager=WORKLOAD, head="") for file in files)


def _is_applied(object: Object) -> bool:
    """Whether the object has a name and is no test, upgrade or deletion hook of a chart."""
    if not is_named(object):
        return False
    notes = object.data["metadata"].get("annotations")
    hook = notes.get(_HOOK) if isinstance(notes, dict) else None
    return not isinstance(hook, str) or any(word in hook for word in _INSTALLS)


def _rank(object: Object) -> int:
    sort = (object.group, object.kind)
    if sort in _FIRST:
        return _FIRST.index(sort)
    return len(_FIRST) + (object.kind not in _BASE)


def _unnamed_spaces(objects: Iterable[Object]) -> Iterator[dict[str, Any]]:
    """The namespaces of objects that no file defines."""
    given = {o.name for o in objects if (o.group, o.kind) == _FIRST[0]}
    spaces = sorted({place(o)[2] for o in objects} - given - {"", "default"})
    for space in spaces:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}


def _data(object: Object) -> dict[str, Any]:
    """The object with its namespace, which the API server clears for cluster-scoped kinds."""
    named = {"apiVersion": object.version, "kind": object.kind, **object.data}
    named.pop("status", None)
    if cluster_wide(object.group, object.kind):
        return named
    return {**named, "metadata": {**named["metadata"], "namespace": object.namespace}}


def _with_patches(
    project: Project, objects: list[Object], done: Collection[str]
) -> Iterator[Object]:
    files = [f for f in project.files if f.name in done and f.action is Action.PATCH]
    patches: dict[Any, list[Object]] = {}
    for step in steps(files):
        for patch in step.objects:
            patches.setdefault(place(patch), []).append(patch)
    for object in objects:
        yield patched(object, patches.get(place(object), ()))


def merged(project: Project, patch: Object) -> dict[str, Any]:
    """The workload's object with this patch, as its field manager applies it again."""
    given = next(o for o in project.objects if _is_applied(o) and place(o) == place(patch))
    return _data(patched(given, (patch,)))
