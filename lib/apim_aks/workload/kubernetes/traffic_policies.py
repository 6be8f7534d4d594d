"""What objects say of the calls to a Service, by its name and not in any route of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase

from apim_aks.facts.ingress_behaviours import calls_by_tls
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.backend_tls import Said
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, items, mapping, text
from apim_aks.workload.kubernetes.settings import fields
from apim_aks.workload.route import Setting

_DOMAIN = "svc.cluster.local"
_ISTIO, _GATEWAY_API = "networking.istio.io", "gateway.networking.k8s.io"
_READ = {"tls", "loadBalancer"}
"""Parts of a traffic policy whose fields are named one by one."""
_MODE = "DestinationRule/tls.mode"


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
        for policy in _policies(object):
            yield from fields(object, policy, _READ)
            for part in sorted(_READ):
                yield from fields(object, (*policy, part), ())
            for _, at in items(object.data, *policy, "portLevelSettings"):
                yield from fields(object, (*at, "tls"), ())


def _policies(object: Object) -> Iterator[Path_]:
    """Where the traffic policies of a DestinationRule stand: its own, and those of its subsets."""
    yield "spec", "trafficPolicy"
    yield from ((*at, "trafficPolicy") for _, at in items(object.data, "spec", "subsets"))


def said_of_tls(objects: Iterable[Object], services: Collection[str]) -> dict[str, list[Said]]:
    """By the id of each Service the ports that these objects have called by TLS, or not by it."""
    found: dict[str, list[Said]] = defaultdict(list)
    for object in objects:
        with suppress(WrongField):  # named where its settings are read
            for port, tls, ids in _said(object, services):
                for id in ids:
                    found[id].append((port, tls))
    return found


def _said(object: Object, services: Collection[str]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    group = object.version.partition("/")[0]
    if (group, object.kind) == (_GATEWAY_API, "BackendTLSPolicy"):
        for ref, _ in items(object.data, "spec", "targetRefs"):
            id = f"{object.namespace}/{text(ref, 'name')}"
            if ref.get("kind") == "Service" and id in services:
                yield text(ref, "sectionName"), True, (id,)
    if (group, object.kind) == (_ISTIO, "DestinationRule"):
        ids = tuple(_named(object, services))
        modes = (mode for policy in _policies(object) for mode in _modes(object, policy))
        yield from ((port, tls, ids) for port, tls in modes)


def _modes(object: Object, policy: Path_) -> Iterator[Said]:
    """What is said of a single port stands in place of what is said of all."""
    whole = calls_by_tls(_MODE, text(object.data, *policy, "tls", "mode"))
    if whole is not None:
        yield "", whole
    for part, at in items(object.data, *policy, "portLevelSettings"):
        number = mapping(part, "port").get("number")
        tls = calls_by_tls(_MODE, text(object.data, *at, "tls", "mode"))
        if isinstance(number, int):
            yield str(number), bool(tls)


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
