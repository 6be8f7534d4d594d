"""What every kind of route is read into: a back end, and which of the callers' paths lead to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes.object import Object, text
from apim_aks.workload.route import PathMatch, Route

Backend = tuple[str, Route]
Others = Mapping[tuple[str, str, str], Object]
"""The objects of an input by kind, namespace and name, that a route may name."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One match of a route: the path as written, what it means, and what else a call needs."""

    path: str = "/"
    match: PathMatch = PathMatch()
    method: str = ""
    condition: str = ""


def route(object: Object, host: str, taken: Taken, port: str, namespace: str = "") -> Route:
    """The route of this object at this host."""
    plain = taken.path.rstrip("/")
    match = None if taken.match == PathMatch(plain, plain) else taken.match
    return Route(
        kind=object.kind,
        name=object.name,
        host=host,
        path=taken.path,
        namespace=namespace,
        port=port,
        match=match,
        method=taken.method,
        condition=taken.condition,
    )


def named_port(port: dict[str, Any]) -> str:
    """The port by its number or its name; empty where neither is given."""
    named = port.get("number") or port.get("name")
    return printable(str(named)) if isinstance(named, (int, str)) else ""


def not_read(object: Object) -> Backend:
    """It leads to something that is no Service, or is not understood."""
    return "", Route(kind=object.kind, name=object.name, host="", path="/")


def is_service(backend: dict[str, Any]) -> bool:
    """The reference is to a Service, as it is where it says nothing."""
    plain = text(backend, "kind") in ("", "Service") and text(backend, "group") in ("", "core")
    return plain and bool(text(backend, "name"))


def put(match: PathMatch, target: str, constant: bool) -> PathMatch:
    """The match with something else put in place of its prefix, or of the whole path."""
    return (
        replace(match, target=target.rstrip("/"), constant=constant) if match.understood else match
    )


def each(
    object: Object,
    backend: dict[str, Any],
    hosts: list[str],
    found: list[Taken],
    weight: int | None = None,
) -> Iterator[Backend]:
    """The back end at each host and match; an empty one is not understood."""
    namespace = text(backend, "namespace") or object.namespace
    name = printable(text(backend, "name"))
    service = f"{namespace}/{name}" if name else ""
    port = named_port({"number": backend.get("port")})
    other = object.namespace if namespace != object.namespace else ""
    for host in hosts:
        for taken in found:
            yield service, replace(route(object, host, taken, port, other), weight=weight)


def weights(targets: list[dict[str, Any]]) -> list[int | None]:
    """The weight of each target as it is written; none where there is nothing to divide."""
    if len(targets) < 2:
        return [None] * len(targets)
    given = (t.get("weight") for t in targets)
    return [w if isinstance(w, int) and w >= 0 else 1 for w in given]
