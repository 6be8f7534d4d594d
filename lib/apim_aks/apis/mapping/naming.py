"""Ids, URL suffixes, templates and operation ids of the APIs, each unique and stable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from apim_aks.apis.mapping.grouping import Group
from apim_aks.apis.mapping.model import About, Api, ApiOperation, Note
from apim_aks.apis.mapping.operation_names import by_name, ids_of
from apim_aks.apis.mapping.resources import (
    SLUG,
    common_prefix,
    is_prefix,
    named_for,
    resource,
    segments,
    shape,
    slug,
)
from apim_aks.workload.names import marked

_PARAMETER = re.compile(r"\{([^}]*)\}")
_PLAIN = r"[^\s?#{}*&+:<>%@\\]*"
"""What a path of an API can hold, as in data/schemas/workload.schema.json."""


def name_all(groups: Sequence[Group]) -> tuple[tuple[Api, ...], tuple[Note, ...]]:
    """The groups as APIs: unique ids and paths, operation ids as API Management keeps them."""
    ids = _unique_ids(groups)
    apis = [_api(id, g) for id, g in zip(ids, groups, strict=True)]
    apis = _unique_paths(apis)
    named = [_with_operation_ids(a) for a in apis]
    notes = tuple(n for _, found in named for n in found)
    return tuple(a for a, _ in named), notes


def _unique_ids(groups: Sequence[Group]) -> list[str]:
    wanted = [slug(f"{g.name}-{g.version}" if g.version else g.name) for g in groups]
    return _numbered(_apart(_apart(wanted, groups, _with_namespace), groups, _with_origin))


def _apart(
    ids: Sequence[str], groups: Sequence[Group], other: Callable[[str, Group], str]
) -> list[str]:
    """The ids, with another one for every group that shares its own."""
    times = Counter(ids)
    return [i if times[i] == 1 else other(i, g) for i, g in zip(ids, groups, strict=True)]


def _with_namespace(id: str, group: Group) -> str:
    return slug(f"{group.operations[0].service.split('/')[0]}-{id}")


def _with_origin(id: str, group: Group) -> str:
    services = sorted({o.service for o in group.operations})
    return marked(id, [*services, _today(group), group.name, group.version], SLUG)


def _numbered(names: Sequence[str]) -> list[str]:
    """The names, those behind a number that are there already; no number makes a name twice."""
    found: dict[str, None] = {}
    given = set(names)
    for name in names:
        free, number = name, 1
        while free in found or (number > 1 and free in given):
            number += 1
            free = f"{name}-{number}"
        found[free] = None
    return list(found)


def _api(id: str, group: Group) -> Api:
    title = re.sub(r"[-_]+", " ", group.name).strip().capitalize() or id
    prefix = _today(group)
    if prefix is not None and re.fullmatch(_PLAIN, prefix):
        path, version = _versioned(prefix.strip("/"), group.version)
        kept = _same_names(_under(prefix, group.operations))
        return Api(
            id=id, title=title, path=path, operations=kept, reason=group.reason, version=version
        )
    described = [o.template for o in group.operations if not o.wildcard]
    prefix = common_prefix(described)
    ends_in_resource = resource(prefix) != "" and not is_prefix(segments(prefix)[-1])
    path = slug(segments(prefix)[-1]) if ends_in_resource else slug(group.name)
    operations = _same_names(tuple(_trimmed(o, prefix) for o in group.operations))
    return Api(
        id=id,
        title=title,
        path=path,
        operations=operations,
        reason=group.reason,
        version=group.version,
    )


def _today(group: Group) -> str | None:
    """What stands before callers' paths today and becomes the API's path, whole; None if nothing.

    It is the prefix of the route. Where that is empty, or where routes lead to a part only, it is
    what callers' paths have in common.
    """
    called = [o.called for o in group.operations if o.called]
    if not called:
        return None
    shared = _common([c.prefix for c in called])
    whole = len(called) == len(group.operations)
    return shared if shared and whole else common_prefix([c.path for c in called])


def _common(prefixes: Sequence[str]) -> str:
    """The whole parts that all prefixes start with."""
    lists = [segments(p) for p in prefixes]
    parts: list[str] = []
    for at in zip(*lists, strict=False):
        if len(set(at)) > 1:
            break
        parts.append(at[0])
    return "".join(f"/{p}" for p in parts)


def _versioned(path: str, version: str) -> tuple[str, str]:
    """A version that callers' paths do not end in would change them, and is none of the path."""
    before, _, last = path.rpartition("/")
    return (before, version) if before and version and last == version else (path, "")


def _under(prefix: str, operations: Sequence[ApiOperation]) -> tuple[ApiOperation, ...]:
    """The operations below this prefix; those without a route join them by their resource."""
    own = common_prefix([o.template for o in operations if not o.called and not o.wildcard])
    own = own if resource(own) == named_for(prefix) else ""
    return tuple(_trimmed(o, prefix if o.called else own) for o in operations)


def _trimmed(operation: ApiOperation, prefix: str) -> ApiOperation:
    rest = operation.template.removeprefix(prefix)
    template = rest if rest.startswith("/") else f"/{rest}"
    return operation if template == operation.template else replace(operation, template=template)


def _unique_paths(apis: list[Api]) -> list[Api]:
    """Two APIs may share a path only as versions of each other; hosts tell others apart."""
    apis = _apart_by_host(apis)
    times = Counter(a.url for a in apis)
    taken = {url for url, count in times.items() if count == 1}
    return [a if times[a.url] == 1 else _at_free_path(a, taken) for a in apis]


def _apart_by_host(apis: list[Api]) -> list[Api]:
    """APIs that callers reach by one path on several hosts get a part before it for each host."""
    together: dict[str, list[Api]] = {}
    for api in apis:
        together.setdefault(api.url, []).append(api)
    hosts = {url: [_host(a) for a in found] for url, found in together.items()}
    return [_behind_host(a, hosts[a.url]) if len(hosts[a.url]) > 1 else a for a in apis]


def _host(api: Api) -> str:
    """The first host name that callers use for it today; empty where they need none."""
    return next((h for o in api.operations if o.called for h in o.called.hosts if h), "")


def _behind_host(api: Api, hosts: list[str]) -> Api:
    host = _host(api)
    if not host or hosts.count(host) > 1:
        return api
    first = host.partition(".")[0]
    alone = sum(h.partition(".")[0] == first for h in hosts) == 1
    part = slug(first if alone else host)
    return replace(api, path=f"{part}/{api.path}".rstrip("/"))


def _at_free_path(api: Api, taken: set[str]) -> Api:
    found, number = replace(api, path=api.id), 1
    while found.url in taken:
        number += 1
        found = replace(api, path=f"{api.id}-{number}")
    taken.add(found.url)
    return found


def _with_operation_ids(api: Api) -> tuple[Api, list[Note]]:
    names = by_name(api.operations)
    ids = ids_of(names)
    operations = tuple(_identified(o, ids[o.method, o.template]) for o in api.operations)
    clashing = {n: found for n, found in names.items() if len(found) > 1}
    return replace(api, operations=operations), [_clash(api, *each) for each in clashing.items()]


def _identified(operation: ApiOperation, id: str) -> ApiOperation:
    return operation if id == operation.operation_id else replace(operation, operation_id=id)


def _clash(api: Api, name: str, found: Sequence[ApiOperation]) -> Note:
    who = " and ".join(f"{o.method} {o.path} of {o.service}" for o in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    sentence = f"{who}{more} have one operation id for API Management, {name!r}"
    each = "each gets a fingerprint of its method and path behind it"
    return Note(About.OPERATION_ID, api.id, f"{sentence}; {each}")


def _same_names(operations: tuple[ApiOperation, ...]) -> tuple[ApiOperation, ...]:
    """Templates that differ only in the names of parameters take the names of the first."""
    first: dict[str, list[str]] = {}
    named = []
    for operation in operations:
        own = _PARAMETER.findall(operation.template)
        names = first.setdefault(shape(operation.template), own)
        renamed = dict(zip(own, names, strict=True))
        named.append(operation if names == own else _renamed(operation, renamed))
    return tuple(named)


def _renamed(operation: ApiOperation, names: dict[str, str]) -> ApiOperation:
    def new(found: re.Match[str]) -> str:
        return f"{{{names.get(found[1], found[1])}}}"

    template, backend = (
        _PARAMETER.sub(new, text) for text in (operation.template, operation.backend_path)
    )
    return replace(operation, template=template, backend_path=backend)


def overlaps(apis: Sequence[Api]) -> list[Note]:
    """A note for each API whose path lies inside the path of another."""
    notes = []
    by_path = {a.path: a for a in apis}
    for api in apis:
        parts = segments(api.path)
        for end in range(1, len(parts)):
            if outer := by_path.get("/".join(parts[:end])):
                sentence = f"its path {api.path} lies inside {outer.path} of {outer.id}"
                notes.append(Note(About.PATH, api.id, f"{sentence}: the longer path answers"))
    return notes
