"""The architect's own `apis:` over the proposal: rename, move an operation, join, split."""

from __future__ import annotations

from collections.abc import Mapping as Mapping_
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from apim_aks.mapping.grouping import Group
from apim_aks.mapping.model import Api, ApiOperation
from apim_aks.mapping.resources import shape, slug
from apim_aks.workload import WorkbookError, Workload


def regroup(groups: Sequence[Group], workload: Workload) -> tuple[Group, ...]:
    """The groups after each entry of `apis` has taken the operations that it names.

    An entry that names neither Services nor operations only renames; see `rename`.

    Raises:
        WorkbookError: an entry names a Service or operation that is not published.
    """
    wanted = {id: _wanted(id, entry, groups, workload) for id, entry in workload.apis.items()}
    taken = {key for keys in wanted.values() for key in keys}
    left = [_without(g, taken) for g in groups]
    made = [_made(id, keys, groups) for id, keys in wanted.items() if keys]
    return (*(g for g in left if g.operations), *made)


Key = tuple[str, str, str]


def _key(operation: ApiOperation) -> Key:
    return operation.service, operation.method, operation.path or operation.template


def _wanted(
    id: str, entry: Mapping_[str, Any], groups: Sequence[Group], workload: Workload
) -> tuple[Key, ...]:
    published = [_key(o) for g in groups for o in g.operations]
    keys: list[Key] = []
    listed = entry.get("operations") or {}
    for name in entry.get("services") or ():
        service = _published(id, name, published, workload)
        if name not in listed and service not in listed:
            keys += [k for k in published if k[0] == service]
    for name, operations in listed.items():
        service = _published(id, name, published, workload)
        keys += [_operation(id, service, text, published) for text in operations]
    return tuple(dict.fromkeys(keys))


def _published(id: str, name: str, published: Sequence[Key], workload: Workload) -> str:
    service = workload.service(name).id
    if all(k[0] != service for k in published):
        raise WorkbookError(f"apis.{id} names {service}, which is not published; publish it first.")
    return service


def _operation(id: str, service: str, text: str, published: Sequence[Key]) -> Key:
    method, _, path = text.partition(" ")
    key = (service, method.upper(), path.strip())
    if key not in published:
        theirs = [f"{m} {p}" for s, m, p in published if s == service]
        some = ", ".join(theirs[:6]) + (", …" if len(theirs) > 6 else "")
        raise WorkbookError(f"apis.{id} names {text!r} of {service}, which serves {some}.")
    return key


def _without(group: Group, taken: set[Key]) -> Group:
    return replace(group, operations=tuple(o for o in group.operations if _key(o) not in taken))


def _made(id: str, keys: tuple[Key, ...], groups: Sequence[Group]) -> Group:
    wanted = set(keys)
    operations = tuple(o for g in groups for o in g.operations if _key(o) in wanted)
    seen: dict[tuple[str, str], ApiOperation] = {}
    for operation in operations:
        first = seen.setdefault((operation.method, shape(operation.template)), operation)
        if first is not operation:
            who = " and ".join(dict.fromkeys(o.service for o in (first, operation)))
            raise WorkbookError(
                f"apis.{id} would have {operation.method} {operation.template} twice ({who}); "
                "leave one of them to another API."
            )
    return Group(id, "", operations, "workload.yaml says so")


def rename(apis: Sequence[Api], workload: Workload) -> tuple[Api, ...]:
    """The APIs with the titles, paths and versions that `apis` gives them.

    Raises:
        WorkbookError: an entry is about no API, or gives two of them one path and version.
    """
    known = {a.id for a in apis}
    for id in workload.apis:
        if id not in known and slug(id) not in known:
            raise WorkbookError(
                f"apis.{id} is no API of this mapping; use one of {', '.join(sorted(known))}, "
                "or list its services."
            )
    renamed = tuple(_renamed(a, workload.apis.get(a.id, {})) for a in apis)
    _one_path_each(renamed)
    return renamed


def _renamed(api: Api, entry: Mapping_[str, Any]) -> Api:
    return replace(
        api,
        title=str(entry.get("title") or api.title),
        path=str(entry.get("path") or api.path).strip("/"),
        version=str(entry.get("version") or api.version),
    )


def _one_path_each(apis: Sequence[Api]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for api in apis:
        first = seen.setdefault((api.path, api.version), api.id)
        if first != api.id:
            raise WorkbookError(
                f"apis: {first} and {api.id} both have the path {api.path!r}; "
                "give one of them another path or version."
            )
