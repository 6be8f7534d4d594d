"""What objects say of the calls to a Service, by its name and not in any route of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object, WrongField, items, text
from apim_aks.workload.kubernetes.settings import fields
from apim_aks.workload.route import Setting

_DOMAIN = "svc.cluster.local"
_ISTIO, _GATEWAY_API = "networking.istio.io", "gateway.networking.k8s.io"
_READ = {"tls", "loadBalancer"}
"""Parts of a traffic policy whose fields are named one by one."""


def attached_settings(
    objects: Iterable[Object], services: Collection[str], findings: list[Finding]
) -> dict[str, tuple[Setting, ...]]:
    """By the id of each Service what DestinationRules and BackendTLSPolicies do to calls of it."""
    found: dict[str, list[Setting]] = defaultdict(list)
    for object in objects:
        try:
            made = tuple(_settings(object))
            for id in _named(object, services) if made else ():
                found[id] += made
        except WrongField as error:
            findings.append(object.refused(error))
    return {id: tuple(settings) for id, settings in found.items()}


def _settings(object: Object) -> Iterator[Setting]:
    group = object.version.partition("/")[0]
    if (group, object.kind) == (_GATEWAY_API, "BackendTLSPolicy"):
        yield from fields(object, ("spec",), {"targetRefs"})
    if (group, object.kind) == (_ISTIO, "DestinationRule"):
        policy = ("spec", "trafficPolicy")
        yield from fields(object, policy, _READ)
        for part in sorted(_READ):
            yield from fields(object, (*policy, part), ())


def _named(object: Object, services: Collection[str]) -> Iterator[str]:
    if object.kind == "BackendTLSPolicy":
        refs = [
            r for r, _ in items(object.data, "spec", "targetRefs") if r.get("kind") == "Service"
        ]
        yield from sorted({f"{object.namespace}/{text(r, 'name')}" for r in refs} & {*services})
        return
    host = _whole(text(object.data, "spec", "host"), object.namespace)
    for id in sorted(services):
        namespace, _, name = id.partition("/")
        if fnmatchcase(f"{name}.{namespace}.{_DOMAIN}", host):
            yield id


def _whole(host: str, namespace: str) -> str:
    """The full name; a short one is that of a Service in the namespace of the rule."""
    if host.startswith("*"):
        return host
    parts = host.split(".")
    if len(parts) == 1:
        return f"{host}.{namespace}.{_DOMAIN}"
    return f"{parts[0]}.{parts[1]}.{_DOMAIN}" if parts[2:] in ([], ["svc"]) else host
