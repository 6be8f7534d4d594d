"""Which other objects an object names, and which of them nothing holds.

The fields are rows of data/object_references.csv. A Secret that an operator makes of an object of
its own is known where a row says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.facts.references import (
    EVERYWHERE,
    ReferenceRow,
    always_there,
    cluster_wide,
    reference_rows,
)
from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes.apply import place
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField

Key = tuple[str, str, str, str]
"""API group, kind, namespace, name."""
_POD_SPECS: tuple[Path_, ...] = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
)
_WITH_PODS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Rollout")
_IN_CLUSTER = ("svc", "svc.cluster.local")
_MESH = "mesh"


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that another one names, and where."""

    key: Key
    by: Object
    path: Path_
    optional: bool = False

    @property
    def called(self) -> str:
        """What is named, as people say it."""
        _, kind, space, name = self.key
        return f"{kind} {space}/{name}" if space else f"{kind} {name}"

    @property
    def where(self) -> tuple[str, int]:
        """File and line of the name."""
        document = self.by.document
        return document.file, document.line_of(*self.by.path, *self.path)


def references(object: Object) -> Iterator[Reference]:
    """What this object needs of others; nothing of one that has no name."""
    for row, start in _rows(object):
        if row.says == "needs":
            yield from _found(object, row, start)


def made(object: Object) -> Iterator[Key]:
    """The object itself, and what its controller makes of it."""
    try:
        yield place(object)
    except WrongField:
        return
    for row, start in _rows(object):
        if row.says == "makes":
            yield from (found.key for found in _found(object, row, start))


def missing(objects: Iterable[Object], held: Collection[Key] = ()) -> tuple[Reference, ...]:
    """What these objects need and neither they, nor `held`, nor a new cluster by itself has."""
    given = tuple(objects)
    there = {*held, *(key for object in given for key in made(object))}
    needed = (found for object in given for found in references(object))
    return tuple(n for n in needed if not n.optional and not is_there(n.key, there))


def is_there(key: Key, held: Collection[Key]) -> bool:
    """Somebody holds it, or every cluster does."""
    group, kind, _, name = key
    of_cluster = always_there()
    return key in held or key in of_cluster or (group, kind, EVERYWHERE, name) in of_cluster


def _rows(object: Object) -> Iterator[tuple[ReferenceRow, Path_]]:
    rows, kind = reference_rows(), object.kind
    named = f"{kind}.{object.group}" if "." in object.group else kind
    for row in (*rows.get(kind, ()), *(rows.get(named, ()) if named != kind else ())):
        yield row, ()
    specs = (("spec",),) if kind == "Pod" else _POD_SPECS if kind in _WITH_PODS else ()
    for start in specs:
        yield from ((row, start) for row in rows["PodSpec"])


def _found(object: Object, row: ReferenceRow, start: Path_) -> Iterator[Reference]:
    try:
        space = object.namespace
    except WrongField:
        return
    data: Any = object.data
    for part in start:
        data = data.get(part) if isinstance(data, dict) else None
    for name, beside, path in _names(data, row.path.split("."), start):
        key = _key(row, name, beside, space)
        if key:
            yield Reference(key, object, path, bool(row.optional and beside.get(row.optional)))


def _names(
    data: Any, parts: list[str], path: Path_, beside: Any = None
) -> Iterator[tuple[str, dict[str, Any], Path_]]:
    """Each text at the end of the way, what stands beside it, and its own path."""
    if not parts:
        if isinstance(data, str) and data:
            yield printable(data), beside or {}, path
        return
    name = parts[0].removesuffix("[]")
    inner = data.get(name) if isinstance(data, dict) else None
    if not parts[0].endswith("[]"):
        yield from _names(inner, parts[1:], (*path, name), data)
        return
    for at, item in enumerate(inner if isinstance(inner, list) else ()):
        yield from _names(item, parts[1:], (*path, name, at), data)


def _key(row: ReferenceRow, name: str, beside: dict[str, Any], space: str) -> Key | None:
    kind = str(beside.get(row.kind_at) or row.kind) if row.kind_at else row.kind
    group = row.group if kind == row.kind else str(beside.get("group") or "")
    within = str(beside.get(row.namespace) or space) if row.namespace else space
    if row.form == "host":
        return _of_host(row, name, space)
    if row.form == "namespace/name":
        before, slash, after = name.rpartition("/")
        name, within = after, before if slash else space
        if name == _MESH and not slash:
            return None
    return group, kind, "" if cluster_wide(group, kind) else within, name


def _of_host(row: ReferenceRow, host: str, space: str) -> Key | None:
    """The Service of a host name: short, or of the cluster; any other is no Service that is known.

    Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service.
    """
    name, _, rest = host.partition(".")
    within, _, ending = rest.partition(".")
    if not rest or (within and ending in _IN_CLUSTER):
        return row.group, row.kind, within or space, name
    return None
