"""The architect's own `apis:` over the proposal: rename, move an operation, join, split."""

from __future__ import annotations

from collections.abc import Mapping as Mapping_
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.apis.mapping.grouping import Group
from apim_aks.apis.mapping.model import Api, ApiOperation
from apim_aks.apis.mapping.permissions import Permissions
from apim_aks.apis.mapping.resources import slug
from apim_aks.errors import InputError
from apim_aks.facts import template_limit
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Workload
from apim_aks.workload.url_template import template_key


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The groups as the architect wants them.

    `findings` name what an entry asks for and a finding about the input has left out; `emptied` are
    the entries of which nothing is left.
    """

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...] = ()
    emptied: tuple[str, ...] = ()


def regroup(groups: Sequence[Group], workload: Workload) -> Regrouped:
    """The groups after each entry of `apis` has taken the operations that it names.

    An entry that names neither Services nor operations only renames; see `rename`.

    Raises:
        InputError: an entry names a Service or operation that is not published.
    """
    asked = _Asked(workload, tuple(_key(o) for g in groups for o in g.operations))
    wanted = {id: asked.keys(id, entry) for id, entry in workload.apis.items()}
    taken = {key for keys in wanted.values() for key in keys}
    left = [_without(g, taken) for g in groups]
    made = [_made(workload, id, keys, groups) for id, keys in wanted.items() if keys]
    emptied = tuple(id for id in asked.short if not wanted[id])
    return Regrouped((*(g for g in left if g.operations), *made), tuple(asked.findings), emptied)


Key = tuple[str, str, str]


def _key(operation: ApiOperation) -> Key:
    return operation.service, operation.method, operation.path or operation.template


@dataclass(slots=True)
class _Asked:
    """What entries of `apis` ask for, against what is published; `short` are those that lack."""

    workload: Workload
    published: tuple[Key, ...]
    findings: list[Finding] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def keys(self, id: str, entry: Mapping_[str, Any]) -> tuple[Key, ...]:
        keys: list[Key] = []
        listed = entry.get("operations") or {}
        for name in entry.get("services") or ():
            service = self._service(id, name)
            if name not in listed and service not in listed:
                keys += [k for k in self.published if k[0] == service]
        for name, operations in listed.items():
            if service := self._service(id, name):
                keys += filter(None, (self._operation(id, service, text) for text in operations))
        return tuple(dict.fromkeys(keys))

    def _service(self, id: str, name: str) -> str:
        service = self.workload.service(name).id
        if any(k[0] == service for k in self.published):
            return service
        if _left_out(self.workload, service):
            self._lacking(id, f"{service}, of which nothing is published")
            return ""
        entry = _entry(self.workload, id)
        raise InputError(f"{entry} names {service}, which is not published; publish it first.")

    def _operation(self, id: str, service: str, text: str) -> Key | None:
        method, _, path = text.partition(" ")
        key = (service, method.upper(), path.strip())
        if key in self.published:
            return key
        if _left_out(self.workload, service):
            self._lacking(id, f"{text!r} of {service}, which is not published")
            return None
        theirs = [f"{m} {p}" for s, m, p in self.published if s == service]
        some = ", ".join(theirs[:6]) + (", …" if len(theirs) > 6 else "")
        entry = _entry(self.workload, id)
        raise InputError(f"{entry} names {text!r} of {service}, which serves {some}.")

    def _lacking(self, id: str, found: str) -> None:
        expected = "what its document keeps; the findings about it say what was left out"
        self.findings.append(Finding("workload.yaml", 0, f"apis.{id} with {found}", expected))
        self.short.append(id)


def _entry(workload: Workload, id: str) -> str:
    """An entry of `apis`, behind its line where a file has it."""
    place = workload.api_places.get(id, "")
    return f"{place}: apis.{id}" if place else f"apis.{id}"


def _left_out(workload: Workload, service: str) -> bool:
    """Something that described this Service was left out of the input."""
    refused = {f.file for f in workload.findings if f.refused}
    files = {d.file for d in workload.service(service).documents}
    return bool(refused & files) or (bool(refused) and not files)


def _without(group: Group, taken: set[Key]) -> Group:
    return replace(group, operations=tuple(o for o in group.operations if _key(o) not in taken))


def _made(workload: Workload, id: str, keys: tuple[Key, ...], groups: Sequence[Group]) -> Group:
    wanted = set(keys)
    operations = tuple(o for g in groups for o in g.operations if _key(o) in wanted)
    seen: dict[tuple[str, str], ApiOperation] = {}
    for operation in operations:
        key = operation.method, template_key(operation.template)
        first = seen.setdefault(key, operation)
        if first.service != operation.service:
            who = " and ".join(dict.fromkeys(o.service for o in (first, operation)))
            raise InputError(
                f"{_entry(workload, id)} would have {operation.method} {operation.template} "
                f"twice ({who}); leave one of them to another API."
            )
    return Group(id, "", operations, "workload.yaml says so")


def rename(apis: Sequence[Api], workload: Workload, emptied: Sequence[str] = ()) -> tuple[Api, ...]:
    """The APIs with the titles, paths and versions that `apis` gives them.

    Nothing is left to rename of the entries that are `emptied`.

    Raises:
        InputError: an entry is about no API, or gives two of them one path and version.
    """
    known = {a.id for a in apis}
    for id in workload.apis:
        if id not in emptied and id not in known and slug(id) not in known:
            raise InputError(
                f"{_entry(workload, id)} is not an API of this mapping; "
                f"use one of {', '.join(sorted(known))}, or list its services."
            )
    renamed = tuple(_renamed(a, workload) for a in apis)
    _one_path_each(renamed, workload)
    return renamed


def _renamed(api: Api, workload: Workload) -> Api:
    entry = workload.apis.get(api.id, {})
    return replace(
        api,
        title=str(entry.get("title") or api.title),
        path=str(entry.get("path") or api.path).strip("/"),
        version=str(entry.get("version") or api.version),
        permissions=Permissions(**{k: tuple(v) for k, v in entry.get("permissions", {}).items()}),
        operations=_kept(api, entry.get("cached", ()), workload),
    )


def _kept(api: Api, wanted: Sequence[str], workload: Workload) -> tuple[ApiOperation, ...]:
    """Its operations, those whose answers are required marked: described, read, soon over."""
    able = [_words(o) for o in api.operations if _can_be_kept(o)]
    for text in wanted:
        if text not in able:
            some = f"one of {', '.join(able[:6])}" if able else "none, as nothing there can be kept"
            raise InputError(
                f"{_entry(workload, api.id)} would keep the answers of {text!r}. Use {some}."
            )
    return tuple(
        replace(o, cached=True) if _can_be_kept(o) and _words(o) in wanted else o
        for o in api.operations
    )


def _words(operation: ApiOperation) -> str:
    """As its Service's document has it, the way `operations` names it too."""
    return f"{operation.method} {operation.path or operation.template}"


def _can_be_kept(operation: ApiOperation) -> bool:
    return operation.method == "GET" and not operation.wildcard and not operation.lasting


def _one_path_each(apis: Sequence[Api], workload: Workload) -> None:
    limit = template_limit("api-url").number
    seen: dict[str, str] = {}
    for api in apis:
        first = seen.setdefault(api.url, api.id)
        if first != api.id:
            given = [workload.api_places.get(id, "") for id in (api.id, first)]
            place = next((f"{p}: " for p in given if p), "")
            raise InputError(
                f"{place}apis: {first} and {api.id} both have the path {api.path!r}; "
                "give one of them another path or version."
            )
        if len(api.url) >= limit:
            raise InputError(
                f"{_entry(workload, api.id)} has a path of {len(api.url)} characters "
                f"with its version; give it one below {limit}."
            )
