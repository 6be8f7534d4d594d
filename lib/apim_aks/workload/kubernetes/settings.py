"""What a route does beside leading somewhere: annotations, filters, middlewares, with their lines.

All that is not read elsewhere is kept, known or not: whoever maps the route says what becomes of
it, or that it is not understood.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from apim_aks.facts.ingress_behaviours import controller_prefixes
from apim_aks.facts.routes import route_annotations
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.kubernetes.backends import Others
from apim_aks.workload.kubernetes.object import Object, Path_, mapping, pairs
from apim_aks.workload.route import Setting

_PATHS = {"stripPrefix", "stripPrefixRegex", "addPrefix", "replacePath", "replacePathRegex"}
"""Middlewares that change the path, which the reader of the route follows or names."""
_ANNOTATIONS = ("metadata", "annotations")


def controller_annotations(object: Object) -> Iterator[Setting]:
    """The annotations of ingress controllers, but for those about paths and canaries."""
    for key, value in pairs(object.data, *_ANNOTATIONS):
        known = f"{key.partition('/')[0]}/" in controller_prefixes()
        if known and key not in route_annotations():
            yield _setting(object, key, value, (*_ANNOTATIONS, key))


def fields(object: Object, at: Path_, read: Collection[str]) -> Iterator[Setting]:
    """The fields of the mapping at this path that are not among those read elsewhere."""
    inside = f"{at[-1]}." if isinstance(at[-1], str) else ""
    kind = "HTTPRoute" if object.kind == "GRPCRoute" else object.kind
    for key, value in mapping(object.data, *at).items():
        if key not in read:
            yield _setting(object, f"{kind}/{inside}{printable(str(key))}", value, (*at, key))


def middlewares(
    object: Object, named: Iterable[tuple[str, str]], others: Others
) -> Iterator[Setting]:
    """What middlewares of Traefik do but for the path; one that is missing is said of the route."""
    for space, name in named:
        found = others.get(("Middleware", space, name))
        if found is None:
            yield _setting(object, f"Middleware {name}", "", ())
            continue
        for key in mapping(found.data, "spec"):
            if key not in _PATHS:
                name, content = f"Middleware/{printable(str(key))}", found.data["spec"][key]
                yield replace(_setting(found, name, "", ("spec", key)), content=content)


def _setting(object: Object, name: str, value: Any, at: Path_) -> Setting:
    shown = shortened(" ".join(printable(value).split())) if isinstance(value, str) else ""
    line = object.document.line_of(*object.path, *at) if at else object.line
    return Setting(
        on=f"{object.kind} {object.name}",
        name=name,
        value=shown,
        file=object.document.file,
        line=line,
        content=value,
    )
