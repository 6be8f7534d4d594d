"""An architect's changes to a mapping, as other values of `publish` and `apis`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Mapping_
from dataclasses import replace
from typing import Any

from apim_aks.apis.mapping.map_services import map_services
from apim_aks.apis.mapping.model import Api, ApiOperation, Mapping
from apim_aks.apis.mapping.permissions import Permissions
from apim_aks.apis.mapping.resources import slug
from apim_aks.errors import InputError
from apim_aks.workload.model import Workload

Entries = dict[str, dict[str, Any]]
_TAKES = ("services", "operations")


def with_published(workload: Workload, service: str, publish: bool) -> Workload:
    """The workload with this Service published, or not; its place in `apis` goes with it.

    Raises:
        InputError: it cannot be published, or nothing would be left.
    """
    id = workload.service(service).id
    now = set(map_services(workload).published)
    now = now | {id} if publish else now - {id}
    if not now:
        raise InputError(f"{id} is the last published Service; publish another one first.")
    chosen = tuple(s.id for s in workload.services if s.id in now)
    apis = dict(workload.apis) if publish else _without(workload, id)
    return _settled(replace(workload, publish=chosen, apis=apis))


def with_moved(workload: Workload, service: str, api: str, operation: str = "") -> Workload:
    """The workload with a Service, or one operation (`GET /orders`) of it, in this API.

    An API that is not there yet is made.

    Raises:
        InputError: the Service is not published, or the API would answer a call twice.
    """
    id = workload.service(service).id
    mapping = map_services(workload)
    moved = [o for o in mapping.operations_of(id) if operation in ("", words(o))]
    if not moved:
        raise _nothing_to_move(mapping, id, operation)
    held = {a.id: [o for o in a.operations if o not in moved] for a in mapping.apis}
    held[api] = [*held.get(api, ()), *moved]
    entries = {i: dict(e) for i, e in workload.apis.items()}
    known = {a.id: a for a in mapping.apis}
    for name in held:
        if name == api or _takes(entries.get(name, {})):
            entries[name] = _entry(workload, mapping, known.get(name), held[name])
    kept = {i: e for i, e in entries.items() if i not in held or held[i]}
    return _settled(replace(workload, apis=kept))


def _nothing_to_move(mapping: Mapping, id: str, operation: str) -> InputError:
    theirs = [words(o) for o in mapping.operations_of(id)]
    if not theirs:
        return InputError(f"{id} is not published; publish it first.")
    some = ", ".join(theirs[:6]) + (", …" if len(theirs) > 6 else "")
    return InputError(f"{id} has no operation {operation!r}; use one of {some}.")


def with_renamed(workload: Workload, api: str, title: str = "", path: str = "") -> Workload:
    """The workload with another title, path or both for an API; what is empty stays.

    Raises:
        InputError: there is no such API, or another one has the path.
    """
    given = {"title": title.strip(), "path": path.strip().strip("/")}
    entry = {**workload.apis.get(api, {}), **{k: v for k, v in given.items() if v}}
    changed = replace(workload, apis={**workload.apis, api: entry})
    map_services(changed)
    return changed


def spelled_out(workload: Workload) -> dict[str, Any]:
    """`publish` and `apis` that say in full what the mapping is now, as workload.yaml would."""
    mapping = map_services(workload)
    names = short_names(workload)
    apis = {a.id: _entry(workload, mapping, a, a.operations) for a in mapping.apis}
    return {"publish": [names[s] for s in mapping.published], "apis": apis}


def changes(before: Workload, after: Workload) -> dict[str, Any]:
    """The values that `save` writes to turn one mapping into the other; None removes a key."""
    names = short_names(after)
    found: dict[str, Any] = {}
    if after.publish != before.publish:
        found["publish"] = after.publish and [names[s] for s in after.publish]
    old, new = dict(before.apis), dict(after.apis)
    apis: dict[str, Any] = dict.fromkeys(id for id in old if id not in new)
    for id, entry in new.items():
        if entry != old.get(id):
            apis[id] = _rewritten(old.get(id, {}), entry, names)
    return found | ({"apis": apis} if apis else {})


def _rewritten(
    old: Mapping_[str, Any], new: Mapping_[str, Any], names: Mapping_[str, str]
) -> dict[str, Any]:
    gone: dict[str, Any] = dict.fromkeys(k for k in old if k not in new)
    written = gone | {k: v for k, v in new.items() if k != "operations"}
    if new.get("services"):
        written["services"] = [names.get(s, s) for s in new["services"]]
    if new.get("operations"):
        spellings = {s for pair in names.items() for s in pair} if old.get("operations") else ()
        listed = {names.get(s, s): v for s, v in new["operations"].items()}
        written["operations"] = {s: None for s in spellings if s not in listed} | listed
    return written


def words(operation: ApiOperation) -> str:
    """An operation as `apis` names it: its method and the path that the Service declares."""
    return f"{operation.method} {operation.path or operation.template}"


def short_names(workload: Workload) -> dict[str, str]:
    """Each Service's id with the name that is enough to say which one is meant."""
    times = Counter(s.name for s in workload.services)
    return {s.id: s.name if times[s.name] == 1 else s.id for s in workload.services}


def _takes(entry: Mapping_[str, Any]) -> bool:
    return any(entry.get(k) for k in _TAKES)


def _entry(
    workload: Workload, mapping: Mapping, api: Api | None, operations: Iterable[ApiOperation]
) -> dict[str, Any]:
    names = short_names(workload)
    mine: dict[str, list[ApiOperation]] = {}
    for operation in operations:
        mine.setdefault(operation.service, []).append(operation)
    whole = [s for s in mine if len(mine[s]) == len(mapping.operations_of(s))]
    parts = {names[s]: [words(o) for o in mine[s]] for s in mine if s not in whole}
    said = {"title": api.title, "path": api.path, "version": api.version} if api else {}
    asked = api.permissions if api else Permissions()
    held = {k: list(v) for k, v in (("read", asked.read), ("write", asked.write)) if v}
    kept = [words(o) for found in mine.values() for o in found if o.cached]
    taken = {"services": [names[s] for s in whole], "operations": parts}
    return {k: v for k, v in {**said, "permissions": held, "cached": kept, **taken}.items() if v}


def _without(workload: Workload, id: str) -> Entries:
    names = {id, short_names(workload)[id]}
    entries: Entries = {}
    for api, entry in workload.apis.items():
        left = dict(entry)
        left["services"] = [s for s in entry.get("services") or () if s not in names]
        left["operations"] = {
            s: v for s, v in (entry.get("operations") or {}).items() if s not in names
        }
        if _takes(left) or not _takes(entry):
            entries[api] = {k: v for k, v in left.items() if v}
    return entries


def _settled(workload: Workload) -> Workload:
    """Without renamings of APIs that are gone; and it must be possible."""
    taking = {i: e for i, e in workload.apis.items() if _takes(e)}
    known = {a.id for a in map_services(replace(workload, apis=taking)).apis}
    kept = {i: e for i, e in workload.apis.items() if slug(i) in known}
    settled = replace(workload, apis=kept)
    map_services(settled)
    return settled
