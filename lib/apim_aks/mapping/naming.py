"""Ids, URL suffixes, templates and operation ids of the APIs, each unique and stable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from apim_aks.mapping.grouping import Group
from apim_aks.mapping.model import About, Api, ApiOperation, Note
from apim_aks.mapping.resources import common_prefix, resource, segments, slug


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
    times = Counter(wanted)
    spaced = [
        w if times[w] == 1 else slug(f"{_namespace(g)}-{w}")
        for w, g in zip(wanted, groups, strict=True)
    ]
    return _numbered(spaced)


def _numbered(names: Iterable[str]) -> list[str]:
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found


def _namespace(group: Group) -> str:
    return group.operations[0].service.split("/")[0]


def _api(id: str, group: Group) -> Api:
    described = [o.template for o in group.operations if not o.wildcard]
    prefix = common_prefix(described)
    ends_in_resource = bool(prefix) and resource(prefix) != ""
    path = slug(segments(prefix)[-1]) if ends_in_resource else slug(group.name)
    operations = tuple(_trimmed(o, prefix) for o in group.operations)
    title = re.sub(r"[-_]+", " ", group.name).strip().capitalize() or id
    return Api(id, title, path, operations, group.reason, group.version)


def _trimmed(operation: ApiOperation, prefix: str) -> ApiOperation:
    return replace(operation, template=operation.template.removeprefix(prefix) or "/")


def _unique_paths(apis: list[Api]) -> list[Api]:
    """Two APIs may share a path only as versions of each other."""
    times = Counter((a.path, a.version) for a in apis)
    return [a if times[a.path, a.version] == 1 else replace(a, path=a.id) for a in apis]


def normalised_id(text: str) -> str:
    """An operation id as API Management stores it: lower case, dashes, a limited length."""
    longest = 76
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest].strip("-")


def _with_operation_ids(api: Api) -> tuple[Api, list[Note]]:
    wanted = [
        normalised_id(o.operation_id or f"{o.method} {o.template}") or "any" for o in api.operations
    ]
    clashing = [id for id, times in Counter(wanted).items() if times > 1]
    notes = [
        Note(
            About.OPERATION_ID,
            api.id,
            f"{_who(api, wanted, id)} have the same operation id {id!r} for API Management; "
            "a number tells them apart",
        )
        for id in clashing
    ]
    ids = _numbered(wanted)
    operations = (replace(o, operation_id=i) for o, i in zip(api.operations, ids, strict=True))
    return replace(api, operations=tuple(operations)), notes


def _who(api: Api, wanted: list[str], id: str) -> str:
    found = [o for o, w in zip(api.operations, wanted, strict=True) if w == id]
    return " and ".join(f"{o.method} {o.path} of {o.service}" for o in found[:3])


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
