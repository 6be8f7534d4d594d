"""The operations of a document; what cannot be published is left out and named, path by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.workload.documents import Parsed, described, printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Operation, template_key
from apim_aks.workload.openapi.secrets import masked
from apim_aks.workload.openapi.templates import UNIQUE, left_out, path_problem, repeated

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_APART = "paths that differ in more than letter case and the names of parameters"


def operations_of(parsed: Parsed, notes: list[Finding]) -> Iterator[Operation]:
    """What API Management can publish of this document; `notes` gets what is left out, and why."""
    taken: dict[tuple[str, str], str] = {}
    for path, item in parsed.data["paths"].items():
        if path.startswith("x-"):
            continue
        if problem := path_problem(path):
            found = left_out(path, problem)
            notes.append(_refused(parsed, ("paths", path), found, problem.expected))
            continue
        resolved = _path_item(parsed.data, item)
        if resolved is None:
            found = f"the path {shortened(path)!r} with {described(item)}, which is left out"
            notes.append(_refused(parsed, ("paths", path), found, "a mapping of methods"))
            continue
        yield from _methods(parsed, path, resolved, taken, notes)


def _path_item(data: Any, item: Any) -> dict[str, Any] | None:
    return resolved if isinstance(resolved := _resolved(data, item), dict) else None


def _resolved(data: Any, value: Any) -> Any:
    seen: set[str] = set()
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        reference: str = value["$ref"]
        if reference in seen:
            return None
        seen.add(reference)
        value = _pointed_at(data, reference)
    return value


def _pointed_at(data: Any, reference: str) -> Any:
    for part in reference.removeprefix("#").strip("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _methods(
    parsed: Parsed,
    path: str,
    item: dict[str, Any],
    taken: dict[tuple[str, str], str],
    notes: list[Finding],
) -> Iterator[Operation]:
    key = template_key(path)
    repeats: dict[str, list[str]] = {}
    for method in METHODS:
        if method not in item:
            continue
        operation, said = item[method], f"{method.upper()} {shortened(path)}"
        first = taken.get((method, key), path)
        if not isinstance(operation, dict):
            found = f"{said} with {described(operation)}, which is left out"
            notes.append(_refused(parsed, ("paths", path, method), found, "a mapping"))
        elif first != path:
            repeats.setdefault(first, []).append(method)
        elif again := _named_twice(parsed.data, path, item, operation):
            found = f"{said}, which is left out: path and required query have {again!r} both"
            notes.append(_refused(parsed, ("paths", path, method), found, UNIQUE))
        else:
            taken[method, key] = path
            yield _operation(method, path, operation)
    notes += (_repeat(parsed, path, first, methods) for first, methods in repeats.items())


def _repeat(parsed: Parsed, path: str, first: str, methods: list[str]) -> Finding:
    line = parsed.line_of("paths", first)
    said = f"{' and '.join(m.upper() for m in methods)} {shortened(path)}"
    same = f"{shortened(first)} (line {line})"
    if path.rstrip("/") == first.rstrip("/"):
        found = f"{said}, which is merged into {same}: API Management has one operation for both"
        return _refused(parsed, ("paths", path), found, "one of the two paths")
    found = f"{said}, which is left out: API Management cannot tell it from {same}"
    return _refused(parsed, ("paths", path), found, _APART)


def _named_twice(
    data: Any, path: str, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> str:
    """A required query parameter that has the name of a path parameter; empty without one."""
    if "{" not in path:
        return ""
    declared: dict[tuple[str, str], Any] = {}
    for listed in (item.get("parameters"), operation.get("parameters")):
        for parameter in listed if isinstance(listed, list) else ():
            found = _resolved(data, parameter)
            if isinstance(found, dict) and isinstance(found.get("name"), str):
                declared[found["name"], str(found.get("in"))] = found
    asked = [n for (n, where), p in declared.items() if where == "query" and p.get("required")]
    return repeated((*asked, *re.findall(r"\{\*?([^{}]*)\}", path)))


def _operation(method: str, path: str, operation: dict[str, Any]) -> Operation:
    tags = operation.get("tags")
    return Operation(
        method.upper(),
        path,
        text(operation.get("operationId")),
        masked(text(operation.get("summary"))),
        tuple(filter(None, map(text, tags))) if isinstance(tags, list) else (),
    )


def _refused(parsed: Parsed, path: tuple[str | int, ...], found: str, expected: str) -> Finding:
    return Finding(parsed.file, parsed.line_of(*path), found, expected)


def text(value: Any) -> str:
    """A value that should be a text as one; empty where it is none."""
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
