"""Services that an object names where no route is read: callers may be led there all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from apim_aks.reachability.entrances import entrances_of
from apim_aks.reachability.scene import Front
from apim_aks.workload.kubernetes.object import Object, WrongField
from apim_aks.workload.kubernetes.virtual_service import at_a_gateway
from apim_aks.workload.model import Service

Named = tuple[str, str]
"""The id of a Service, and its port as it is written; an empty port stands for all."""

_ASKED_BY = frozenset(("hosts", "hostnames", "parentRefs", "match", "matches", "gateways"))
"""Fields that say which calls a route takes, and not where they go."""
_HOST = re.compile(r"(?<![\w.-])([a-z0-9-]+)\.([a-z0-9-]+)(?=\.svc\b|[^\w.-]|$)")
"""The name of a Service with its namespace, wherever it stands in a text."""
_STREAM = re.compile(r"([a-z0-9-]+/[a-z0-9-]+):([a-z0-9-]+)")
"""What ConfigMaps of ingress-nginx lead a port to (kubernetes/ingress-nginx, exposing-tcp-udp)."""
_DOUBT = "it names the Service in a field that is not read as a route"
_FOLLOWED = "whether what answers for it follows the name of another Service is not known"


def read_mentions(
    objects: Iterable[Object],
    services: Mapping[str, Service],
    read: Iterable[Front],
    unread: Collection[Object] = (),
) -> Iterator[Front]:
    """A front without certainty for each Service and port that no front of its object has.

    Objects that are `unread` may be routes, whatever their kind.
    """
    fronts = tuple(read)
    known = {(f.kind, f.name, f.service, f.port) for f in fronts}
    others = set(map(id, unread))
    for object in objects:
        if reader := _READERS.get(object.kind, _of_route if id(object) in others else None):
            own = object.kind, "/".join(_own(object))
            found = {n for n in reader(object, services) if (*own, *n) not in known}
            yield from (_front(object, service, port) for service, port in sorted(found))
    yield from _of_names(services, fronts)


def names_streams(object: Object) -> bool:
    """Whether the object is a ConfigMap that maps ports of a controller to Services."""
    return object.kind == "ConfigMap" and any(_of_streams(object, {}))


def _front(object: Object, service: str, port: str) -> Front:
    space, name = _own(object)
    return Front(
        kind=object.kind,
        name=f"{space}/{name}",
        service=service,
        port=port,
        file=object.document.file,
        line=object.line,
        through=entrances_of(object) if object.kind in _ROUTES else (),
        doubt=_DOUBT,
    )


def _own(object: Object) -> Named:
    metadata = object.data.get("metadata")
    told = metadata if isinstance(metadata, Mapping) else {}
    return str(told.get("namespace") or object.document.namespace), str(told.get("name"))


def _of_route(object: Object, services: Collection[str]) -> Iterator[Named]:
    spec, (space, _) = object.data.get("spec"), _own(object)
    if object.kind == "VirtualService" and not _leads_callers(object, spec):
        return
    for named in (*_in(spec, space), *_in_annotations(object, space)):
        if named[0] in services:
            yield named


def _leads_callers(object: Object, spec: Any) -> bool:
    """It stands at a gateway, or another one that does hands calls over to it.

    So may one whose gateways cannot be read, which the reader of routes says.
    """
    try:
        return at_a_gateway(object) or (isinstance(spec, Mapping) and not spec.get("hosts"))
    except WrongField:
        return True


def _in(value: Any, space: str) -> Iterator[Named]:
    if isinstance(value, Mapping):
        yield from _referred(value, space)
        for key, inner in value.items():
            if key not in _ASKED_BY and key != "host":
                yield from _in(inner, space)
    elif isinstance(value, list):
        for inner in value:
            yield from _in(inner, space)
    elif isinstance(value, str):
        yield from ((f"{at}/{name}", "") for name, at in _HOST.findall(value))


def _referred(value: Mapping[str, Any], space: str) -> Iterator[Named]:
    """A reference by name, or the host of a destination in the namespace of its object."""
    port = value.get("port", value.get("servicePort"))
    told = port.get("number", port.get("name")) if isinstance(port, Mapping) else port
    at = str(value.get("namespace") or space)
    plain = value.get("kind", "Service") in ("Service", "ServiceImport")
    for key in ("name", "serviceName", "service") if plain and told is not None else ():
        yield f"{at}/{value.get(key)}", str(told)
    if isinstance(host := value.get("host"), str):
        name, _, rest = host.partition(".")
        yield f"{rest.split('.')[0] or space}/{name}", "" if told is None else str(told)


def _of_export(object: Object, _: Collection[str]) -> Iterator[Named]:
    """Other clusters are led to the Service whose name it has."""
    yield "/".join(_own(object)), ""


def _in_annotations(object: Object, space: str) -> Iterator[Named]:
    metadata = object.data.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    for key, value in notes.items() if isinstance(notes, Mapping) else ():
        if isinstance(value, str) and not str(key).startswith("kubectl."):
            yield f"{space}/{value.strip()}", ""
            yield from _in(value, space)


def _of_streams(object: Object, _: Collection[str]) -> Iterator[Named]:
    data = object.data.get("data")
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if str(key).isdecimal() and (found := _STREAM.match(str(value))):
            yield found[1], found[2]


def _of_names(services: Mapping[str, Service], read: Iterable[Front]) -> Iterator[Front]:
    """Routes to a Service of type ExternalName that is another name of a Service."""
    for front in read:
        service = services.get(front.service)
        if service and (found := stands_for(service, services)):
            yield replace(front, service=found.id, port="", credential="", doubt=_FOLLOWED)


def stands_for(service: Service, services: Mapping[str, Service]) -> Service | None:
    """The Service that one of type ExternalName is another name of, over any number of names."""
    at: Service | None = service
    seen = set[str]()
    while at and at.external_name and at.id not in seen:
        seen.add(at.id)
        found = _HOST.match(at.external_name)
        at = services.get(f"{found[2]}/{found[1]}") if found else None
    return at if at and seen and not at.external_name else None


_ROUTES = ("Ingress", "HTTPRoute", "GRPCRoute", "VirtualService", "IngressRoute")
_READERS: dict[str, Callable[[Object, Collection[str]], Iterator[Named]]] = {
    **dict.fromkeys((*_ROUTES, "Middleware", "MiddlewareTCP"), _of_route),
    "ConfigMap": _of_streams,
    "ServiceExport": _of_export,
}
