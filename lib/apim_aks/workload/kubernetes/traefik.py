"""Routes of Traefik: rules in its own language, and middlewares that change the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apim_aks.workload.kubernetes import paths
from apim_aks.workload.kubernetes.backends import (
    Backend,
    Others,
    Taken,
    each,
    is_service,
    put,
    weights,
)
from apim_aks.workload.kubernetes.handling import with_settings
from apim_aks.workload.kubernetes.object import (
    Object,
    Path_,
    items,
    mapping,
    pairs,
    text,
    texts,
)
from apim_aks.workload.kubernetes.settings import fields, middlewares
from apim_aks.workload.route import PathMatch, Setting

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_PLAIN = "traefik"
CLASS_LABEL = "apim-aks/ingress-class"
"""On a Service of ours: the class of routes that its release takes, and takes alone."""


def ingress_route(object: Object, others: Others) -> Iterator[Backend]:
    """The back ends of an IngressRoute."""
    for route, at_route in items(object.data, "spec", "routes"):
        rule = text(route, "match")
        named = [
            _named(m, object.namespace) for m, _ in items(object.data, *at_route, "middlewares")
        ]
        found = [replace(t, match=through(t.match, named, others)) for t in _rule_paths(rule)]
        whole = (*_settings(object, at_route), *middlewares(object, named, others))
        hosts = _quoted(_HOSTS, rule) or [""]
        places = [at for _, at in items(object.data, *at_route, "services")]
        backends = [b for b, _ in items(object.data, *at_route, "services")]
        for backend, at, share in zip(backends, places, weights(backends), strict=True):
            settings = (*whole, *fields(object, at, _READ_OF_SERVICE))
            secret = text(object.data, "spec", "tls", "secretName")
            reference = backend if is_service(backend) else {}
            for id, made in each(object, reference, hosts, found, share):
                yield id, with_settings(replace(made, secret=secret), settings)
        if not backends:
            yield from each(object, {}, hosts, found)


_READ_OF_SERVICE = {"name", "namespace", "kind", "port", "weight"}


def _settings(object: Object, at_route: Path_) -> Iterator[Setting]:
    yield from fields(object, at_route, {"kind", "match", "middlewares", "services"})
    yield from fields(object, ("spec", "tls"), {"secretName"})
    yield from fields(object, ("spec",), {"entryPoints", "routes", "tls"})


_HOSTS = re.compile(r"\bHost(?:SNI)?\(([^)]*)\)")
_PATHS = re.compile(r"\b(Path|PathPrefix|PathRegexp)\((`[^`]*`|\"[^\"]*\"|'[^']*'|[^)]*)\)")
_METHODS = re.compile(r"\bMethod\(([^)]*)\)")
_NEEDED = re.compile(r"\b(Headers?(?:Regexp)?|Query(?:Regexp)?|ClientIP)\(([^)]*)\)")
_CALL = re.compile(r"\b[A-Za-z]+\((?:\s|,|`[^`]*`|\"[^\"]*\"|'[^']*')*\)")
_JOINTS = re.compile(r"[\s()&|!]*")
"""What is left of a rule without its calls, where every one of them was read."""
_QUOTED = re.compile(r"[`\"']([^`\"']*)[`\"']")


def _rule_paths(rule: str) -> Iterator[Taken]:
    method = " ".join(_quoted(_METHODS, rule)).upper()
    needed = " and ".join(f"{kind}({what})" for kind, what in _NEEDED.findall(rule))
    read = _JOINTS.fullmatch(_CALL.sub("", rule)) is not None
    words = [(kind, w) for kind, found in _PATHS.findall(rule) for w in _QUOTED.findall(found)]
    for kind, path in words or [("PathPrefix", "/")]:
        plain = kind != "PathRegexp" and "{" not in path
        match = _plain(kind, path) if plain else paths.expression(path)
        # What is joined by "or" or taken back by "not" is wider or narrower than its parts.
        odd = "!" in rule or (len(words) > 1 and "||" not in rule)
        known = replace(match, understood=match.understood and read and not odd)
        yield Taken(path, known, method if " " not in method else "", needed)


def _plain(kind: str, path: str) -> PathMatch:
    """A prefix is compared as text (traefik/traefik pull request 9519)."""
    return paths.kept(path, exact=True) if kind == "Path" else paths.begun(path)


def _quoted(matcher: re.Pattern[str], rule: str) -> list[str]:
    return [word for found in matcher.findall(rule) for word in _QUOTED.findall(found)]


def _named(middleware: dict[str, Any], namespace: str) -> tuple[str, str]:
    return text(middleware, "namespace") or namespace, text(middleware, "name")


def class_of(object: Object) -> str:
    """The class of an IngressRoute; empty where each release without a class of its own takes it.

    https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-crd
    """
    found = dict(pairs(object.data, "metadata", "annotations")).get(CLASS_ANNOTATION, "")
    return "" if found == _PLAIN else found


def listed(names: str, namespace: str) -> list[tuple[str, str]]:
    """`shop-strip@kubernetescrd`: namespace and name joined by a hyphen; ours is the likeliest."""
    found = (n.strip().partition("@")[0] for n in names.split(","))
    return [(namespace, n.removeprefix(f"{namespace}-")) for n in found if n]


def through(match: PathMatch, named: list[tuple[str, str]], others: Others) -> PathMatch:
    """What middlewares of Traefik, in their order, make of the path behind the match."""
    for space, name in named:
        middleware = others.get(("Middleware", space, name))
        if middleware is None:
            match = replace(match, understood=False)
            continue
        spec = mapping(middleware.data, "spec")
        cut = texts(spec, "stripPrefix", "prefixes")
        if match.prefix in (p.rstrip("/") for p in cut):
            match = put(match, "", constant=False)
        elif cut or {"stripPrefixRegex", "replacePathRegex", "chain"} & set(spec):
            match = replace(match, understood=False)
        if "addPrefix" in spec:
            match = put(match, text(spec, "addPrefix", "prefix").rstrip("/") + match.target, False)
        if "replacePath" in spec:
            match = put(match, text(spec, "replacePath", "path"), constant=True)
    return match
