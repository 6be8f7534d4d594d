"""Public paths that Ingress, HTTPRoute, IngressRoute and VirtualService already give a Service.

What an object leads to that is no Service, or is not understood, has an empty id: it serves
somebody, and whoever changes the object has to know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from apim_aks.facts.ingress_behaviours import paths_as_text
from apim_aks.facts.routes import route_annotations
from apim_aks.workload.kubernetes import paths
from apim_aks.workload.kubernetes.backends import (
    Backend,
    Others,
    Taken,
    each,
    is_service,
    named_port,
    not_read,
    put,
    route,
    weights,
)
from apim_aks.workload.kubernetes.handling import true, with_settings
from apim_aks.workload.kubernetes.listeners import hosts_of, listeners_of, secret_of
from apim_aks.workload.kubernetes.object import Object, Path_, items, mapping, pairs, text, texts
from apim_aks.workload.kubernetes.parent_gateways import IN_THE_MESH
from apim_aks.workload.kubernetes.refused_by_cluster import OLDER_CLASS
from apim_aks.workload.kubernetes.settings import controller_annotations, fields, middlewares
from apim_aks.workload.kubernetes.traefik import ingress_route, listed, through
from apim_aks.workload.kubernetes.virtual_service import virtual_service
from apim_aks.workload.route import PathMatch, Route, Setting


def routes_of(object: Object, others: Others) -> tuple[Backend, ...]:
    """The ids of the Services this object leads to, each with its route; empty ids of the rest."""
    reader = READERS.get(object.kind)
    return tuple(dict.fromkeys(reader(object, others))) if reader else ()


_ODD = re.compile(r"/(?:default-backend|mirror-target|actions\.[^/]*|[^/]*-snippet)$")
"""Annotations of an Ingress that send callers somewhere else."""


def _ingress(object: Object, others: Others) -> Iterator[Backend]:
    notes = pairs(object.data, "metadata", "annotations")
    means = route_annotations()
    said = {means[key]: value for key, value in notes if key in means}
    named = listed(said.get("middlewares", ""), object.namespace)
    settings = (*controller_annotations(object), *middlewares(object, named, others))
    for key in ("defaultBackend", "backend"):
        if mapping(object.data, "spec", key):
            yield _set(_ingress_backend(object, ("spec", key), "", Taken()), settings, others)
    given = dict(notes)
    asked = text(object.data, "spec", "ingressClassName") or given.get(OLDER_CLASS, "")
    as_text = paths_as_text(asked, given)
    secrets = {
        host: text(tls, "secretName")
        for tls, at_tls in items(object.data, "spec", "tls")
        for host in texts(object.data, *at_tls, "hosts")
    }
    for rule, at_rule in items(object.data, "spec", "rules"):
        for path, at_path in items(object.data, *at_rule, "http", "paths"):
            written = text(path, "path") or "/"
            match = _ingress_path(written, text(path, "pathType"), said, as_text)
            if "middlewares" in said:
                match = through(match, named, others)
            taken = Taken(written, match)
            backend = _ingress_backend(object, (*at_path, "backend"), text(rule, "host"), taken)
            id, found = _set(backend, settings, others)
            found = replace(found, secret=secrets.get(found.host, ""))
            yield id, _canary(found, said) if true(said.get("canary")) else found
    if any(_ODD.search(key) for key, _ in notes):
        yield not_read(object)


def _set(backend: Backend, settings: tuple[Setting, ...], others: Others) -> Backend:
    """The back end with what the Ingress does, and what annotations of its Service add to that."""
    id, found = backend
    space, _, name = id.partition("/")
    service = others.get(("Service", space, name))
    more = controller_annotations(service) if service else ()
    return id, with_settings(found, (*settings, *more))


def _canary(route: Route, said: Mapping[str, str]) -> Route:
    """A share of the calls that another Ingress takes on the same host and path."""
    needed = [
        f"{what} {said[key]}"
        for key, what in (("canary-header", "header"), ("canary-cookie", "cookie"))
        if key in said
    ]
    share, whole = said.get("canary-weight", "0"), said.get("canary-total", "100")
    plain = share.isdecimal() and whole.isdecimal() and int(whole) > 0
    weight = min(100, round(100 * int(share) / int(whole))) if plain else 0
    return replace(route, canary=True, weight=weight, condition=" or ".join(needed))


def _ingress_path(path: str, type: str, said: Mapping[str, str], as_text: bool) -> PathMatch:
    """`as_text` is how the controller reads a path that is neither exact nor of whole parts."""
    target, exact = said.get("rewrite"), type == "Exact"
    if "unread" in said:
        return paths.unknown(path)
    if "prefix" in said or true(said.get("strip")):
        return paths.replaced(path, said.get("prefix", ""), exact)
    if target == path or (target is None and not paths.is_expression(path)):
        begun = as_text and type not in ("Exact", "Prefix")
        return paths.begun(path) if begun else paths.kept(path, exact)
    if exact and target is not None:
        return paths.constant(path, target, exact)
    return paths.expression(path, target)


def _ingress_backend(object: Object, at: Path_, host: str, taken: Taken) -> Backend:
    newer = text(object.data, *at, "service", "name")
    name = newer or text(object.data, *at, "serviceName")
    id = f"{object.namespace}/{name}" if name else ""
    port = named_port(mapping(object.data, *at, "service", "port")) if newer else ""
    older = named_port({"number": mapping(object.data, *at).get("servicePort")})
    return id, route(object, host, taken, port or older)


_READ = {"name", "matches", "filters", "backendRefs"}
"""Fields of a rule of an HTTPRoute that are read."""


def _gateway_settings(object: Object, at_rule: Path_, at_backend: Path_) -> Iterator[Setting]:
    yield from fields(object, at_rule, _READ)
    for at in _filters(object, at_rule, at_backend):
        yield from fields(object, at, {"type", "urlRewrite"})
        yield from fields(object, (*at, "urlRewrite"), {"path"})


def _gateway_route(object: Object, others: Others) -> Iterator[Backend]:
    # One whose parents are Services is about traffic inside the cluster (GAMMA).
    if not _at_a_gateway(object):
        return
    listeners = listeners_of(object, others)
    hosts = hosts_of(texts(object.data, "spec", "hostnames"), listeners)
    for _, at_rule in items(object.data, "spec", "rules"):
        matches = [at for _, at in items(object.data, *at_rule, "matches")]
        found = [_gateway_match(object, at) for at in matches] or [Taken()]
        backends = list(items(object.data, *at_rule, "backendRefs"))
        shares = weights([b for b, _ in backends])
        for (backend, at_backend), share in zip(backends, shares, strict=True):
            taken = [_rewritten(t, object, (at_rule, at_backend)) for t in found]
            settings = tuple(_gateway_settings(object, at_rule, at_backend))
            for id, found_route in each(
                object, backend if is_service(backend) else {}, hosts, taken, share
            ):
                secret = secret_of(found_route.host, listeners)
                yield id, with_settings(replace(found_route, secret=secret), settings)
        yield from _copies(object, at_rule, others)
        if not backends:
            yield from _nowhere(object, at_rule, hosts, found)


def _nowhere(
    object: Object, at_rule: Path_, hosts: list[str], found: list[Taken]
) -> Iterator[Backend]:
    """What is answered without a back end; a redirect to HTTPS alone takes nothing away."""
    redirects = [
        set(mapping(object.data, *at, "requestRedirect")) for at in _filters(object, at_rule)
    ]
    if any(r and r <= {"scheme", "port", "statusCode"} for r in redirects):
        yield not_read(object)
    else:
        yield from each(object, {}, hosts, found)


def _at_a_gateway(object: Object) -> bool:
    parents = [p for p, _ in items(object.data, "spec", "parentRefs")]
    return not parents or any(text(p, "kind") not in IN_THE_MESH for p in parents)


def _filters(object: Object, *places: Path_) -> Iterator[Path_]:
    for place in places:
        yield from (at for _, at in items(object.data, *place, "filters"))


def _copies(object: Object, at_rule: Path_, others: Others) -> Iterator[Backend]:
    """Where copies of requests go beside the Services of the input: they lead no caller there."""
    places = [at_rule, *(at for _, at in items(object.data, *at_rule, "backendRefs"))]
    for at in _filters(object, *places):
        if mirror := mapping(object.data, *at, "requestMirror"):
            to = mapping(mirror, "backendRef")
            space, name = text(to, "namespace") or object.namespace, text(to, "name")
            _, nowhere = not_read(object)
            if not is_service(to):
                yield "", nowhere
            elif ("Service", space, name) not in others:
                yield f"{space}/{name}", nowhere


def _gateway_match(object: Object, at: Path_) -> Taken:
    if object.kind == "GRPCRoute":
        parts = [text(object.data, *at, "method", key) for key in ("service", "method")]
        path = "/" + "/".join(p for p in parts if p)
        return Taken(path, paths.kept(path))
    path, kind = (text(object.data, *at, "path", key) for key in ("value", "type"))
    path = path or "/"
    match = paths.expression(path) if kind == "RegularExpression" else paths.kept(path)
    match = replace(match, exact=kind == "Exact" or match.exact)
    needed = (
        f"{what} {text(item, 'name')}"
        for key, what in (("headers", "header"), ("queryParams", "query parameter"))
        for item, _ in items(object.data, *at, key)
    )
    return Taken(path, match, text(object.data, *at, "method").upper(), " and ".join(needed))


def _rewritten(taken: Taken, object: Object, places: tuple[Path_, ...]) -> Taken:
    for at in _filters(object, *places):
        new = mapping(object.data, *at, "urlRewrite", "path")
        if "replacePrefixMatch" in new:
            target = text(new, "replacePrefixMatch")
            taken = replace(taken, match=put(taken.match, target, constant=False))
        elif "replaceFullPath" in new:
            target = text(new, "replaceFullPath")
            taken = replace(taken, match=put(taken.match, target, constant=True))
    return taken


READERS: dict[str, Callable[[Object, Others], Iterator[Backend]]] = {
    "Ingress": _ingress,
    "HTTPRoute": _gateway_route,
    "GRPCRoute": _gateway_route,
    "IngressRoute": ingress_route,
    "VirtualService": virtual_service,
}
