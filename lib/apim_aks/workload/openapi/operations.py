"""The operations of a document; what cannot be published is left out and named, path by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from apim_aks.workload.documents import Parsed, described, printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Operation
from apim_aks.workload.openapi.secrets import masked
from apim_aks.workload.openapi.servers import (
    base_path,
    own_servers,
    server_host,
    server_problem,
    text,
)
from apim_aks.workload.openapi.templates import UNIQUE, Problem, left_out, path_problem, repeated
from apim_aks.workload.pointers import followed
from apim_aks.workload.url_template import template_key

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

QUERIED = "x-ms-paths"
"""Paths that only their query tells apart, an extension that API Management reads."""
SECTIONS = ("paths", QUERIED)


class Place(NamedTuple):
    """Where a path of a document stands, and the path."""

    section: str
    path: str

    @property
    def fixed(self) -> str:
        """The path with what API Management could not publish in its query, without the `?`."""
        return self.path.replace("?", "/", 1).replace("&", "/").replace("=", "/")


_APART = "paths that differ in more than letter case and the names of parameters"


def operations_of(parsed: Parsed, notes: list[Finding]) -> Iterator[Operation]:
    """What API Management can publish of this document; `notes` gets what is left out, and why."""
    taken: dict[tuple[str, str], Place] = {}
    for section in SECTIONS:
        listed = parsed.data.get(section, {})
        if not isinstance(listed, dict):
            found = f"{section} with {described(listed)}, which is left out"
            notes.append(_refused(parsed, (section,), found, "paths with methods"))
            continue
        for path, item in listed.items():
            if not path.startswith("x-"):
                yield from _of_path(parsed, Place(section, path), item, taken, notes)


def _of_path(
    parsed: Parsed,
    place: Place,
    item: Any,
    taken: dict[tuple[str, str], Place],
    notes: list[Finding],
) -> Iterator[Operation]:
    if problem := path_problem(place.fixed if place.section == QUERIED else place.path):
        found = left_out(place.path, problem)
        notes.append(_refused(parsed, place, found, problem.expected))
    elif (resolved := _path_item(parsed.data, item)) is None:
        found = f"the path {shortened(place.path)!r} with {described(item)}, which is left out"
        notes.append(_refused(parsed, place, found, "a mapping of methods"))
    else:
        notes += _beside_reference(parsed, place, item)
        yield from _methods(parsed, place, resolved, taken, notes)


def _beside_reference(parsed: Parsed, place: Place, item: Any) -> Iterator[Finding]:
    """Methods that stand beside the reference of a path: what they mean OpenAPI leaves open."""
    for method in METHODS if isinstance(item, dict) and "$ref" in item else ():
        if method in item:
            found = f"{method.upper()} {shortened(place.path)} beside $ref, which is left out"
            yield _refused(parsed, (*place, method), found, "all methods behind the reference")


def _path_item(data: Any, item: Any) -> dict[str, Any] | None:
    return resolved if isinstance(resolved := followed(data, item), dict) else None


def _methods(
    parsed: Parsed,
    place: Place,
    item: dict[str, Any],
    taken: dict[tuple[str, str], Place],
    notes: list[Finding],
) -> Iterator[Operation]:
    path, key = place.path, template_key(place.path)
    repeats: dict[Place, list[str]] = {}
    for method in METHODS:
        if method not in item:
            continue
        operation, said = item[method], f"{method.upper()} {shortened(path)}"
        first = taken.get((method, key), place)
        if not isinstance(operation, dict):
            found = f"{said} with {described(operation)}, which is left out"
            notes.append(_refused(parsed, (*place, method), found, "a mapping"))
        elif first != place:
            repeats.setdefault(first, []).append(method)
        elif again := _named_twice(parsed.data, path.partition("?")[0], item, operation):
            found = f"{said}, which is left out: path and required query have {again!r} both"
            notes.append(_refused(parsed, (*place, method), found, UNIQUE))
        elif why := _served_nowhere(item, operation):
            found = f"{said}, which is left out: {why.found}"
            notes.append(_refused(parsed, (*place, method), found, why.expected))
        else:
            taken[method, key] = place
            notes += _served_elsewhere(parsed, place, method, item, operation)
            yield _operation(method, path, item, operation)
    notes += (_repeat(parsed, place, first, methods) for first, methods in repeats.items())


def _repeat(parsed: Parsed, place: Place, first: Place, methods: list[str]) -> Finding:
    path = place.path
    line = parsed.line_of(*first)
    said = f"{' and '.join(m.upper() for m in methods)} {shortened(path)}"
    same = f"{shortened(first.path)} (line {line})"
    if path.rstrip("/") == first.path.rstrip("/"):
        found = f"{said}, which is merged into {same}: API Management has one operation for both"
        return _refused(parsed, place, found, "one of the two paths")
    found = f"{said}, which is left out: API Management cannot tell it from {same}"
    return _refused(parsed, place, found, _APART)


def _named_twice(
    data: Any, path: str, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> str:
    """A required query parameter that has the name of a path parameter; empty without one."""
    if "{" not in path:
        return ""
    declared: dict[tuple[str, str], Any] = {}
    for listed in (item.get("parameters"), operation.get("parameters")):
        for parameter in listed if isinstance(listed, list) else ():
            found = followed(data, parameter)
            if isinstance(found, dict) and isinstance(found.get("name"), str):
                declared[found["name"], str(found.get("in"))] = found
    asked = [n for (n, where), p in declared.items() if where == "query" and p.get("required")]
    return repeated((*asked, *re.findall(r"\{\*?([^{}]*)\}", path)))


def _served_nowhere(item: Mapping[str, Any], operation: Mapping[str, Any]) -> Problem | None:
    own = own_servers(item, operation)
    return server_problem(base_path(own)) if own else None


def _served_elsewhere(
    parsed: Parsed, place: Place, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> Iterator[Finding]:
    """A host that is not the document's: a call goes to the Service, whatever that says."""
    own = own_servers(item, operation)
    if own is None:
        return
    host = server_host(own)
    inner = (method,) if own is operation else ()
    line = parsed.line_of(*place, *inner, "servers")
    said = f"{method.upper()} {place.path}"
    if host and host != server_host(parsed.data):
        said = f"{shortened(said)} with a server on {shortened(printable(host))}"
        found = f"{said}, which is not called: only the path of that server is taken"
        yield Finding(parsed.file, line, found, "a server on the host of the document", False)
    if len(own["servers"]) > 1:
        found = f"{shortened(said)} with {len(own['servers'])} servers, of which the first is taken"
        yield Finding(parsed.file, line, found, "one server", False)


def _operation(
    method: str, path: str, item: Mapping[str, Any], operation: dict[str, Any]
) -> Operation:
    tags, own = operation.get("tags"), own_servers(item, operation)
    return Operation(
        method.upper(),
        path,
        text(operation.get("operationId")),
        masked(text(operation.get("summary"))),
        tuple(filter(None, map(text, tags))) if isinstance(tags, list) else (),
        base_path(own) if own else None,
    )


def _refused(parsed: Parsed, path: tuple[str | int, ...], found: str, expected: str) -> Finding:
    return Finding(parsed.file, parsed.line_of(*path), found, expected)
