"""Public paths that Ingress, HTTPRoute, IngressRoute and VirtualService already give a Service.

What an object leads to that is no Service, or is not understood, has an empty id: it serves
somebody, and whoever changes the object has to know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes.object import Object, Path_, items, mapping, pairs, text, texts
from apim_aks.workload.route import Route

Backend = tuple[str, Route]

_HOSTS = re.compile(r"\bHost(?:SNI)?\(([^)]*)\)")
_PATHS = re.compile(r"\bPath(?:Prefix)?\(([^)]*)\)")
_QUOTED = re.compile(r"[`\"']([^`\"']*)[`\"']")


def routes_of(object: Object) -> tuple[Backend, ...]:
    """The ids of the Services this object leads to, each with its route; empty ids of the rest."""
    reader = READERS.get(object.kind)
    return tuple(dict.fromkeys(reader(object))) if reader else ()


_ODD = re.compile(r"/(?:default-backend|mirror-target|actions\.[^/]*|[^/]*-snippet)$")
"""Annotations of an Ingress that send callers somewhere else."""


def _ingress(object: Object) -> Iterator[Backend]:
    for key in ("defaultBackend", "backend"):
        if mapping(object.data, "spec", key):
            yield from _ingress_backend(object, ("spec", key), "", "/")
    for rule, at_rule in items(object.data, "spec", "rules"):
        host = text(rule, "host")
        for path, at_path in items(object.data, *at_rule, "http", "paths"):
            where = text(path, "path") or "/"
            yield from _ingress_backend(object, (*at_path, "backend"), host, where)
    if any(_ODD.search(key) for key, _ in pairs(object.data, "metadata", "annotations")):
        yield _not_read(object)


def _ingress_backend(object: Object, at: Path_, host: str, path: str) -> Iterator[Backend]:
    newer = text(object.data, *at, "service", "name")
    name = newer or text(object.data, *at, "serviceName")
    id = f"{object.namespace}/{name}" if name else ""
    port = _port(mapping(object.data, *at, "service", "port")) if newer else ""
    older = _port({"number": mapping(object.data, *at).get("servicePort")})
    yield id, Route(object.kind, object.name, host, path, port=port or older)


def _port(port: dict[str, Any]) -> str:
    """The port by its number or its name; empty where neither is given."""
    named = port.get("number") or port.get("name")
    return printable(str(named)) if isinstance(named, (int, str)) else ""


def _not_read(object: Object) -> Backend:
    return "", Route(object.kind, object.name, "", "/")


def _gateway_route(object: Object) -> Iterator[Backend]:
    hosts = texts(object.data, "spec", "hostnames") or [""]
    for _, at_rule in items(object.data, "spec", "rules"):
        matches = [at for _, at in items(object.data, *at_rule, "matches")]
        paths = [_match_path(object, at) for at in matches] or ["/"]
        backends = [b for b, _ in items(object.data, *at_rule, "backendRefs")]
        for backend in (*backends, *_mirrors(object, at_rule)):
            yield from _each(object, backend if _is_service(backend) else {}, hosts, paths)
        if not backends:
            yield _not_read(object)


def _mirrors(object: Object, at_rule: Path_) -> Iterator[dict[str, Any]]:
    """Where copies of requests go, from the rule and from each of its back ends."""
    places = [at_rule, *(at for _, at in items(object.data, *at_rule, "backendRefs"))]
    for place in places:
        for _, at_filter in items(object.data, *place, "filters"):
            if mirror := mapping(object.data, *at_filter, "requestMirror"):
                yield mapping(mirror, "backendRef")


def _is_service(backend: dict[str, Any]) -> bool:
    plain = text(backend, "kind") in ("", "Service") and text(backend, "group") in ("", "core")
    return plain and bool(text(backend, "name"))


def _match_path(object: Object, at: Path_) -> str:
    if object.kind == "GRPCRoute":
        parts = [text(object.data, *at, "method", key) for key in ("service", "method")]
        return "/" + "/".join(p for p in parts if p)
    return text(object.data, *at, "path", "value") or "/"


def _ingress_route(object: Object) -> Iterator[Backend]:
    for route, at_route in items(object.data, "spec", "routes"):
        rule = text(route, "match")
        hosts, paths = _quoted(_HOSTS, rule) or [""], _quoted(_PATHS, rule) or ["/"]
        backends = [b for b, _ in items(object.data, *at_route, "services")]
        for backend in backends:
            yield from _each(object, backend if _is_service(backend) else {}, hosts, paths)
        if not backends:
            yield _not_read(object)


def _quoted(matcher: re.Pattern[str], rule: str) -> list[str]:
    return [word for found in matcher.findall(rule) for word in _QUOTED.findall(found)]


def _virtual_service(object: Object) -> Iterator[Backend]:
    # Without a gateway, or with the one called mesh, it is about traffic inside the cluster.
    if not _at_a_gateway(object):
        return
    hosts = [h.replace("*", "") for h in texts(object.data, "spec", "hosts")] or [""]
    for rule, at_rule in items(object.data, "spec", "http"):
        matches = [at for _, at in items(object.data, *at_rule, "match")]
        paths = [_uri(object, at) for at in matches] or ["/"]
        targets = [at for _, at in items(object.data, *at_rule, "route")]
        for at_target in targets:
            name = text(object.data, *at_target, "destination", "host")
            port = mapping(object.data, *at_target, "destination", "port")
            yield from _each(object, _in_cluster(name) | {"port": port.get("number")}, hosts, paths)
        if not targets or {"mirror", "mirrors", "delegate"} & set(rule):
            yield _not_read(object)
    others = {"tcp", "tls"} & set(mapping(object.data, "spec"))
    if others or "mesh" in texts(object.data, "spec", "gateways"):
        yield _not_read(object)


def _in_cluster(host: str) -> dict[str, Any]:
    """Name and namespace of a Service's host name; empty for any other host."""
    name, _, rest = host.partition(".")
    namespace, _, domain = rest.partition(".")
    plain = not domain or domain.split(".")[0] == "svc"
    return {"name": name, "namespace": namespace} if name and plain else {}


def _at_a_gateway(object: Object) -> bool:
    return bool(set(texts(object.data, "spec", "gateways")) - {"mesh"})


def _uri(object: Object, at: Path_) -> str:
    kinds = (text(object.data, *at, "uri", kind) for kind in ("exact", "prefix", "regex"))
    return next(filter(None, kinds), "/")


def _each(
    object: Object, backend: dict[str, Any], hosts: list[str], paths: list[str]
) -> Iterator[Backend]:
    """The back end at each host and path; an empty one is not understood."""
    namespace = text(backend, "namespace") or object.namespace
    name = printable(text(backend, "name"))
    service = f"{namespace}/{name}" if name else ""
    port = _port({"number": backend.get("port")})
    other = object.namespace if namespace != object.namespace else ""
    for host in hosts:
        for path in paths:
            yield service, Route(object.kind, object.name, host, path, other, port=port)


READERS: dict[str, Callable[[Object], Iterator[Backend]]] = {
    "Ingress": _ingress,
    "HTTPRoute": _gateway_route,
    "GRPCRoute": _gateway_route,
    "IngressRoute": _ingress_route,
    "VirtualService": _virtual_service,
}


def unread_parts(object: Object) -> str:
    """Where a route of a kind that is read leads, and nobody here follows; empty where all is."""
    if object.kind not in READERS:
        return ""
    spec = mapping(object.data, "spec")
    of_mesh = object.kind == "VirtualService" and not _at_a_gateway(object)
    return "" if of_mesh else ", ".join(dict.fromkeys(_not_followed(spec)))


def _not_followed(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _not_followed(part)
    elif isinstance(value, dict):
        yield from (f"its part {key}" for key in ("tcp", "tls", "delegate") if _routes(value, key))
        for key in ("backendRefs", "services"):
            yield from _others(value.get(key))
        yield from _others([value.get("resource")])
        for part in value.values():
            yield from _not_followed(part)


def _routes(value: dict[str, Any], key: str) -> bool:
    """`tls` of an Ingress holds certificates, that of a VirtualService holds routes."""
    held = value.get(key)
    listed = isinstance(held, list) and any(isinstance(p, dict) and "route" in p for p in held)
    return listed or (key == "delegate" and isinstance(held, dict))


def _others(targets: Any) -> Iterator[str]:
    for target in targets if isinstance(targets, list) else []:
        if isinstance(target, dict) and target.get("kind") not in (None, "", "Service"):
            yield printable(f"{target['kind']} {target.get('name', '')}".strip())
