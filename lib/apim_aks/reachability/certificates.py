"""Which routes ask their callers for a client certificate."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from apim_aks.workload.kubernetes.object import (
    Object,
    WrongField,
    items,
    mapping,
    pairs,
    text,
)
from apim_aks.workload.kubernetes.traefik import class_of

CERTIFICATE = "a client certificate"
_NGINX = "nginx.ingress.kubernetes.io/"
_TRAEFIK = ("traefik.io", "traefik.containo.us")
_AUTH = ("spec", "clientAuth", "clientAuthType")
_VERIFIED = "RequireAndVerifyClientCert"


def asked_by(object: Object | None, objects: Iterable[Object]) -> str:
    """What a route of ingress-nginx or Traefik asks of callers, with the object that says so."""
    with suppress(WrongField):
        if object and object.kind == "Ingress":
            return _of_nginx(object)
        if object and object.kind == "IngressRoute" and object.group in _TRAEFIK:
            return _of_traefik(object, objects)
    return ""


def _of_nginx(object: Object) -> str:
    told = dict(pairs(object.data, "metadata", "annotations"))
    verify = told.get(f"{_NGINX}auth-tls-verify-client", "on")
    return asks(object) if told.get(f"{_NGINX}auth-tls-secret") and verify == "on" else ""


def _of_traefik(object: Object, objects: Iterable[Object]) -> str:
    """A TLSOption counts where all routes over TLS of its class name it.

    Of routes to one host that name several Traefik takes none (its documentation, TLS options). One
    without rules brings a certificate to a release and is no route to any host.
    """
    objects, own = tuple(objects), _option(object)
    of_kind = (o for o in objects if o.kind == object.kind and mapping(o.data, "spec", "tls"))
    routes = (o for o in of_kind if class_of(o) == class_of(object) and _has_rules(o))
    if {*map(_option, routes)} != {own}:
        return ""
    options = (o for o in objects if o.kind == "TLSOption" and (o.namespace, o.name) == own)
    asking = (o for o in options if text(o.data, *_AUTH) == _VERIFIED)
    return next(map(asks, asking), "")


def _has_rules(object: Object) -> bool:
    return next(items(object.data, "spec", "routes"), None) is not None


def _option(object: Object) -> tuple[str, str]:
    """Namespace and name of the TLSOption of a route; no name where it has none."""
    told = mapping(object.data, "spec", "tls", "options")
    return text(told, "namespace") or object.namespace, text(told, "name")


def asks(object: Object) -> str:
    """That an object asks for a client certificate, with its file and line."""
    place = f"{object.document.file} line {object.line}"
    return f"{CERTIFICATE}, which {object.kind} {object.name} asks for ({place})"
