"""The fields of an object that have an owner each, and who the API server says owns them.

A field is named by its way through the object; items of a list are named by their keys or by what
they are, as in `managedFields`, so that a name holds whatever else the list has.
Source: sigs.k8s.io/structured-merge-diff, fieldpath; data/merge_keys.csv.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.facts.merging import MergeRow, merge_rows
from apim_aks.workload.kubernetes.apply.merging import filled_below

Field = tuple[Hashable, ...]
_DEEPEST = 40
_OTHERS = ("apiVersion", "kind", "status")
_IDENTITY = ("name", "namespace", "managedFields", "uid", "resourceVersion", "generation")


@dataclass(frozen=True, slots=True)
class Manager:
    """Who set fields: its name, and `Apply` for server-side apply, `Update` for anything else."""

    name: str
    operation: str = "Apply"


def fields(definition: str, data: Mapping[str, Any]) -> dict[Field, Any]:
    """Each field that the object sets, with its value; what names the object is none of them."""
    rows = merge_rows().get(definition, {})
    found: dict[Field, Any] = {}
    for name, value in _content(data).items():
        found.update(_below(rows.get(name), value, (name,)))
    return found


def _content(data: Mapping[str, Any]) -> dict[str, Any]:
    content = {k: v for k, v in data.items() if k not in _OTHERS}
    named = content.get("metadata")
    if isinstance(named, dict):
        content["metadata"] = {k: v for k, v in named.items() if k not in _IDENTITY}
    return content


def _below(row: MergeRow | None, value: Any, at: Field) -> Iterator[tuple[Field, Any]]:
    merge = row.merge if row else "granular"
    rows = merge_rows().get(row.leads_to, {}) if row else {}
    parted = row is None or bool(row.leads_to)
    if merge in ("granular", "keyed") and isinstance(value, dict) and parted:
        # An empty map sets no field: whoever has it there owns nothing in it.
        for name, inner in value.items():
            yield from _below(rows.get(name), inner, (*at, name))
    elif row and merge in ("keyed", "set") and isinstance(value, list):
        for item in value:
            yield from _below(row, item, (*at, _item(row, item)))
    elif value is not None:
        yield at, filled_below(row, value)


def _item(row: MergeRow, item: Any) -> Hashable:
    """What tells an item of the list from the others."""
    if not isinstance(item, dict):
        return (("", json.dumps(item, sort_keys=True)),)
    named = (key.partition("=") for key in row.keys)
    found = ((name, item.get(name) or default) for name, _, default in named)
    return tuple(sorted((name, str(value)) for name, value in found if value != ""))


def items_in(fields: Iterable[Field]) -> frozenset[Field]:
    """The items of lists that these fields are in, each told apart by its keys."""
    return frozenset(f[:n] for f in fields for n in range(1, len(f)) if isinstance(f[n - 1], tuple))


def without(definition: str, data: Mapping[str, Any], gone: Collection[Field]) -> dict[str, Any]:
    """The object without these fields and items.

    An item that stays keeps what it is told apart by: where nobody owns a key any more, the API
    server fills in its default, and no other value has led to this item.
    """
    rows = merge_rows().get(definition, {})
    found = ((name, _left(rows.get(name), value, (name,), gone)) for name, value in data.items())
    return {name: value for name, value in found if value is not _GONE} if gone else dict(data)


_GONE = object()


def _left(row: MergeRow | None, value: Any, at: Field, gone: Collection[Field]) -> Any:
    rows = merge_rows().get(row.leads_to, {}) if row else {}
    if at in gone:
        return _GONE
    if isinstance(value, dict) and value:
        found = ((k, _left(rows.get(k), inner, (*at, k), gone)) for k, inner in value.items())
        return {k: inner for k, inner in found if inner is not _GONE} or _GONE
    if row and row.merge in ("keyed", "set") and isinstance(value, list):
        return _items_left(row, value, at, gone)
    return value


def _items_left(row: MergeRow, items: list[Any], at: Field, gone: Collection[Field]) -> list[Any]:
    kept = []
    for item in items:
        place = (*at, _item(row, item))
        keys = {(*place, key.partition("=")[0]) for key in row.keys}
        left = _left(row, item, place, gone if place in gone else {*gone} - keys)
        kept += [] if left is _GONE else [left]
    return kept


def owned(tree: Any, at: Field = ()) -> Iterator[Field]:
    """The fields of `fieldsV1`, the innermost ones, and the items of lists that are owned."""
    for name, inner in tree.items() if isinstance(tree, dict) else ():
        part = _part(str(name))
        if part is None:
            continue
        if isinstance(part, tuple) and isinstance(inner, dict) and "." in inner:
            yield (*at, part)
        further = list(owned(inner, (*at, part))) if len(at) < _DEEPEST else []
        yield from further or [(*at, part)]


def _part(name: str) -> Hashable | None:
    sign, _, rest = name.partition(":")
    if sign == "f":
        return rest
    try:
        held = json.loads(rest) if sign in ("k", "v") else None
    except (ValueError, RecursionError):
        return None
    if sign == "k" and isinstance(held, dict):
        return tuple(sorted((str(k), str(v)) for k, v in held.items()))
    return (("", json.dumps(held, sort_keys=True)),) if sign == "v" else None


def managers(data: Mapping[str, Any]) -> dict[Manager, frozenset[Field]]:
    """Who owns which fields of an object as the API server shows it; status is left out."""
    metadata = data.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    found: dict[Manager, frozenset[Field]] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and not entry.get("subresource"):
            who = Manager(str(entry.get("manager")), str(entry.get("operation")))
            found[who] = found.get(who, frozenset()) | frozenset(owned(entry.get("fieldsV1")))
    return found


def covers(field: Field, others: Collection[Field]) -> bool:
    """One of the others is this field or a part of it; who owns a map around it owns no more.

    An item of a list is owned by who has it in what is applied, not by who set a field of it:
    sigs.k8s.io/structured-merge-diff, merge/update.go (prune), EnsureNamedFieldsAreMembers.
    """
    if field in others or isinstance(field[-1], tuple):
        return field in others
    return any(other[: len(field)] == field for other in others)


def text_of(field: Field) -> str:
    """The field as people write it: `spec.ports[port=80,protocol=TCP].targetPort`."""
    return "".join(f"[{_keys(p)}]" if isinstance(p, tuple) else f".{p}" for p in field)[1:]


def _keys(part: Iterable[Any]) -> str:
    return ",".join(f"{name}={value}" if name else str(value) for name, value in part)
