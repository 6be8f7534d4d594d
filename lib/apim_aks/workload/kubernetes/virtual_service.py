"""Routes of Istio: a VirtualService at a gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes import paths
from apim_aks.workload.kubernetes.backends import (
    Backend,
    Others,
    Taken,
    each,
    not_read,
    put,
    weights,
)
from apim_aks.workload.kubernetes.handling import with_settings
from apim_aks.workload.kubernetes.listeners import hosts_of, secret_of, servers_of
from apim_aks.workload.kubernetes.object import Object, Path_, items, mapping, text, texts
from apim_aks.workload.kubernetes.settings import fields
from apim_aks.workload.route import PathMatch, Setting


def virtual_service(object: Object, others: Others) -> Iterator[Backend]:
    """The back ends of a VirtualService."""
    # Without a gateway, or with the one called mesh, it is about traffic inside the cluster.
    if not at_a_gateway(object):
        return
    servers = servers_of(object, others)
    hosts = hosts_of(texts(object.data, "spec", "hosts"), servers)
    before: list[PathMatch] = []
    for rule, at_rule in items(object.data, "spec", "http"):
        every = list(items(object.data, *at_rule, "match"))
        matches = [at for match, at in every if set(texts(match, "gateways")) != {"mesh"}]
        rewrite = mapping(object.data, *at_rule, "rewrite")
        found = [_istio_match(object.data, at, rewrite) for at in matches]
        found = found if every else [_istio_match({}, (), rewrite)]
        found = [t for t in found if not _taken(t, before)]
        targets = [at for _, at in items(object.data, *at_rule, "route")]
        shares = weights([t for t, _ in items(object.data, *at_rule, "route")])
        for at_target, share in zip(targets, shares, strict=True):
            name = text(object.data, *at_target, "destination", "host")
            port = mapping(object.data, *at_target, "destination", "port")
            backend = _in_cluster(name) | {"port": port.get("number")}
            settings = tuple(_settings(object, at_rule, at_target))
            for id, made in each(object, backend, hosts, found, share):
                made = replace(made, secret=secret_of(made.host, servers))
                yield id, with_settings(made, settings)
        if not targets and "delegate" not in rule:
            yield from each(object, {}, hosts, found)
        before += [t.match for t in found if not (t.condition or t.method)]
        if not targets or {"mirror", "mirrors", "delegate"} & set(rule):
            yield not_read(object)
    unread = {"tcp", "tls"} & set(mapping(object.data, "spec"))
    if unread or "mesh" in texts(object.data, "spec", "gateways"):
        yield not_read(object)


def _taken(taken: Taken, before: list[PathMatch]) -> bool:
    """A rule before it takes these calls: the first that fits answers, not the narrowest."""
    path = taken.match.prefix or "/"
    return any(m.understood and m.takes(path) and not m.exact for m in before)


_READ = {"name", "match", "route", "rewrite", "delegate"}
"""Fields of an HTTP rule that are read, or said to be unread where they lead."""


def _settings(object: Object, at_rule: Path_, at_target: Path_) -> Iterator[Setting]:
    yield from fields(object, at_rule, _READ)
    yield from fields(object, (*at_rule, "rewrite"), {"uri", "uriRegexRewrite"})
    yield from fields(object, at_target, {"destination", "weight"})
    weight = mapping(object.data, *at_target).get("weight")
    for setting in fields(object, (*at_target, "destination"), {"host", "port"}):
        share = f", weight {weight}" if isinstance(weight, int) else ""
        yield replace(setting, value=f"{setting.value}{share}")


_READ_OF_MATCH = {
    "name", "statPrefix", "gateways",
    "uri", "method", "headers", "withoutHeaders", "queryParams",
}  # fmt: skip
"""Fields of a match that are read or change nothing; each other one is a condition by its name."""


_READERS: dict[str, Callable[[str], PathMatch]] = {
    "exact": partial(paths.kept, exact=True),
    "prefix": paths.begun,
    "regex": paths.expression,
}
"""Envoy compares the prefix of a VirtualService as text (`prefix` of RouteMatch)."""


def _istio_match(data: dict[str, Any], at: Path_, rewrite: dict[str, Any]) -> Taken:
    uri = {kind: text(data, *at, "uri", kind) for kind in _READERS}
    kind = next((k for k in _READERS if uri[k]), "prefix")
    path = uri[kind] or "/"
    match = _istio_rewrite(_READERS[kind](path), kind, path, rewrite)
    needed = [f"header {printable(h)}" for h in mapping(data, *at, "headers")]
    needed += [f"query parameter {printable(q)}" for q in mapping(data, *at, "queryParams")]
    needed += [f"no header {printable(h)}" for h in mapping(data, *at, "withoutHeaders")]
    method = text(data, *at, "method", "exact").upper()
    needed += ["method by pattern"] if mapping(data, *at, "method") and not method else []
    needed += [printable(str(k)) for k in mapping(data, *at) if k not in _READ_OF_MATCH]
    return Taken(path, match, method, " and ".join(needed))


def _istio_rewrite(match: PathMatch, kind: str, written: str, rewrite: dict[str, Any]) -> PathMatch:
    """What Envoy makes of it: it joins texts, and replaces all that an expression matches."""
    if "uriRegexRewrite" in rewrite:
        new = paths.expression(*(text(rewrite, "uriRegexRewrite", k) for k in ("match", "rewrite")))
        same = new.understood and new.prefix == match.prefix
        return replace(new, exact=match.exact) if same else replace(match, understood=False)
    target = text(rewrite, "uri")
    if kind == "prefix" and written.endswith("/") and not f"{target}/".endswith("//"):
        return replace(match, understood=not target)  # `/fin/rates` becomes `/innerrates`
    return put(match, target, constant=kind != "prefix") if target else match


def _in_cluster(host: str) -> dict[str, Any]:
    """Name and namespace of a Service's host name; empty for any other host."""
    name, _, rest = host.partition(".")
    namespace, _, domain = rest.partition(".")
    plain = not domain or domain.split(".")[0] == "svc"
    return {"name": name, "namespace": namespace} if name and plain else {}


def at_a_gateway(object: Object) -> bool:
    """It is about traffic from outside, by a gateway that is not the mesh."""
    return bool(set(texts(object.data, "spec", "gateways")) - {"mesh"})
