"""What of a resource changes after it was written: by a later stage, or by Azure itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apim_aks.artefacts.export.typed_stages import Target, TypedResource, TypedStage, Value
from apim_aks.errors import InputError
from apim_aks.facts.exports import WriteBack, write_backs

Json = dict[str, Any]
Body = Mapping[Any, Value]


def changed_later(stages: Sequence[TypedStage]) -> Mapping[Target, tuple[str, ...]]:
    """The properties of a resource that a later stage writes anew."""
    known: dict[Target, Body] = {}
    changed: dict[Target, tuple[str, ...]] = {}
    for stage in stages:
        for resource in stage.resources:
            before = known.setdefault(resource.target, resource.body)
            paths = tuple(_paths(before, difference(before, resource.body)))
            changed[resource.target] = (*changed.get(resource.target, ()), *paths)
            known[resource.target] = merged(before, resource.body)
    return changed


def difference(before: Body, after: Body) -> Json:
    """What has to be said of a resource so that it is as `after`.

    Raises:
        InputError: something is no longer said, which an update cannot do.
    """
    found: Json = {}
    for key, value in after.items():
        if isinstance(value, Mapping) and isinstance(before.get(key), Mapping):
            value = difference(before[key], value)
            if not value:
                continue
        elif key in before and before[key] == value:
            continue
        found[key] = value
    if gone := sorted(str(k) for k in before if k not in after):
        raise InputError(f"A later stage no longer says {', '.join(gone)}: no update can do that.")
    return found


def merged(before: Body | None, after: Body) -> Body:
    """A resource as it is after it was written again."""
    both = {**(before or {}), **after}
    return {
        key: merged(before[key], value)
        if isinstance(value, Mapping) and before and isinstance(before.get(key), Mapping)
        else value
        for key, value in both.items()
    }


def _paths(before: Body, changed: Body) -> Iterator[str]:
    """The paths of what was said before and is said anew; what is new needs no care."""
    for key, value in changed.items():
        if key in before and isinstance(value, Mapping):
            yield from (f"{key}.{path}" for path in _paths(before[key], value))
        elif key in before:
            yield str(key)


def changed_by_azure(resource: TypedResource) -> tuple[WriteBack, ...]:
    """What Azure changes of a resource of this type."""
    return tuple(r for r in write_backs() if r.type == resource.target.type)


def made_by_azure(target: Target) -> bool:
    """Azure makes resources of this type itself, so that creating one is refused."""
    return any(
        r.type == target.type and r.argument == "azapi_update_resource" for r in write_backs()
    )


def kept_apart(resource: TypedResource) -> Json:
    """Lists of which Azure gives more members than were written."""
    rows = [r for r in changed_by_azure(resource) if r.argument == "ignore_other_items_in_list"]
    if not rows:
        return {}
    return {
        "ignore_other_items_in_list": [r.property for r in rows],
        "list_unique_id_property": {r.property: r.key for r in rows},
    }


def expanded(path: str, body: Body) -> Iterator[str]:
    """The path for each member of a list that `[*]` stands for; nothing where it is not written."""
    head, several, rest = path.partition("[*]")
    value: Value = body
    for name in head.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if several and isinstance(value, list):
        yield from (f"{head}[{at}]{rest}" for at in range(len(value)))
    elif value is not None and not several:
        yield head
