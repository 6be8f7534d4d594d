"""Our files applied to and deleted from the workload's objects, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from apim_aks.facts.merging import merge_rows
from apim_aks.workload.kubernetes.apply.held import (
    Action,
    Held,
    Origin,
    Outcome,
    Step,
    Unclear,
    as_object,
    unclear,
)
from apim_aks.workload.kubernetes.apply.merging import Merging, fields_of, filled
from apim_aks.workload.kubernetes.apply.services import keeps_node_ports, refusal, settled
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, path_text

Key = tuple[str, str, str, str] | None
"""API group, kind, namespace and name; None where the object has no name that can be read."""

_SERVICE = "core.v1.Service"


def apply(objects: Iterable[Object], steps: Iterable[Step]) -> Outcome:
    """What the API server holds after these steps, if it held the objects before.

    Taken as the API server does it: server-side apply with one field manager for all steps, the
    objects set by others, `kubectl delete --ignore-not-found`. What it allocates (addresses, node
    ports) and what admission changes is not in it.
    """
    held = _as_written(objects)
    removed: list[tuple[Held, Object]] = []
    for step in steps:
        for object in step.objects:
            key = _key(object)
            if step.action == "delete":
                removed += ((h, object) for h in _deleted(held, key))
            else:
                there: Iterable[Held | None] = held.get(key) or (None,)
                held[key] = tuple(_applied(h, object, step.action) for h in there)
    return Outcome(tuple(h for alike in held.values() for h in alike), tuple(removed))


def _as_written(objects: Iterable[Object]) -> dict[Key, tuple[Held, ...]]:
    held: dict[Key, tuple[Held, ...]] = {}
    for object in objects:
        key = _key(object)
        new, there = object.once(created), held.get(key, ())
        if key is None or not there:
            held[key] = (*there, new)
        elif all(new.data != h.data for h in there):
            held[key] = tuple(_twice(h) for h in (*there, new))
    return held


def _twice(held: Held) -> Held:
    because = "stands in the files more than once, and which of them the cluster holds is not known"
    return _doubted(held, [unclear(held.object, because)])


def _deleted(held: dict[Key, tuple[Held, ...]], key: Key) -> Iterator[Held]:
    """What goes: the object, and with a namespace all that is in it."""
    inside = [k for k in held if key and k and key[:2] == ("", "Namespace") and k[2] == key[3]]
    for gone in (key, *inside):
        yield from held.pop(gone, ()) if gone else ()


def _key(object: Object) -> Key:
    try:
        return object.group, object.kind, object.namespace, object.name
    except WrongField:
        return None


def definition(object: Object) -> str:
    """What Kubernetes' schema calls this kind; a custom resource is in no row."""
    group = object.group.removesuffix(".k8s.io") or "core"
    return f"{group}.{object.version.rpartition('/')[2]}.{object.kind}"


def created(object: Object, whole: bool = True) -> Held:
    """The object as it is held first; where `whole`, with what the API server fills in."""
    named = {"apiVersion": object.version, "kind": object.kind, **object.data}
    data = filled(definition(object), named) if whole else named
    origins = (Origin((), object.document, object.path),)
    return Held(object=as_object(object, data), origins=origins, whole=whole)


def _applied(live: Held | None, object: Object, action: Action) -> Held:
    of, given = definition(object), content(object)
    if live is None:
        return _first(object, fields_of(of, given), action)
    merging = Merging(ours=live.given, typed=of in merge_rows())
    new = merging.map(of, live.data, given, (), ())
    if merging.conflicts and action == "apply":
        found = merging.conflicts[0]
        because = f"stays as it was: another {path_text(found)} stops its apply"
        return _doubted(live, [unclear(object, because, found)])
    merged = _merged(live, object, new, merging)
    if live.whole and of == _SERVICE and (refused := refusal(merged.data)):
        return _doubted(live, [unclear(object, f"stays as it was: {refused}")])
    return merged


def taken_over(live: Held, object: Object) -> Held:
    """The object merged into the live one, whoever set its fields, and whether or not it fits."""
    of, given = definition(object), content(object)
    merging = Merging(ours=live.given, typed=of in merge_rows())
    return _merged(live, object, merging.map(of, live.data, given, (), ()), merging)


def patched(object: Object, patches: Iterable[Object]) -> Object:
    """The object as its owner writes it once these patches are in it, without defaults."""
    held = created(object, whole=False)
    for patch in patches:
        held = taken_over(replace(held, given=frozenset()), patch)
    data = settled(object.data, held.data) if definition(object) == _SERVICE else held.data
    return as_object(held.object, data)


def _merged(live: Held, object: Object, new: dict[str, Any], merging: Merging) -> Held:
    doubts, of = list(_doubts(live, object, merging)), definition(object)
    new = filled(of, new) if live.whole else new
    if live.whole and of == _SERVICE:
        new = settled(live.data, new)
        if keeps_node_ports(live.data, new):
            doubts.append(unclear(object, "keeps the node ports that it was given before"))
    parts = (Origin(at, object.document, (*object.path, *of)) for at, of in merging.changed)
    return replace(
        _doubted(live, doubts),
        object=as_object(live.object, new),
        origins=(*live.origins, *parts),
        given=frozenset(merging.given),
    )


def _first(object: Object, given: frozenset[Path_], action: Action) -> Held:
    """An object that no file holds: it is created, or it is there and nobody knows how it looks."""
    made = object.once(created) if action == "apply" else created(object, whole=False)
    new = replace(made, given=given, made=made.whole)
    because = "is patched and stands in no file: nothing is known of it beside the patch"
    return new if new.whole else _doubted(new, [unclear(object, because)])


def content(object: Object) -> dict[str, Any]:
    """What an apply sets: names say which object it is, and status belongs to controllers."""
    content = {k: v for k, v in object.data.items() if k not in ("apiVersion", "kind", "status")}
    named = content.get("metadata")
    if isinstance(named, dict):
        kept = {k: v for k, v in named.items() if k not in ("name", "namespace")}
        content["metadata"] = kept
    return content


def _doubts(live: Held, object: Object, merging: Merging) -> Iterator[Unclear]:
    """What the merge rests on and is not known."""
    if object.version != live.object.version:
        because = f"is held as {live.object.version} and applied as {object.version}"
        yield unclear(object, because, ("apiVersion",))
    for path in merging.nulls:
        yield unclear(object, f"{path_text(path)} is null in what is applied", path)
    for path in merging.guessed:
        because = f"how {path_text(path)} is merged is not known here, and it was replaced"
        yield unclear(object, because, path)
    for path in sorted(live.given - merging.given, key=path_text):
        yield unclear(object, f"{path_text(path)} was applied before and is left out now")


def _doubted(held: Held, doubts: Iterable[Unclear]) -> Held:
    return replace(held, unclear=tuple(dict.fromkeys((*held.unclear, *doubts))))
