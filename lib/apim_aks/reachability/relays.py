"""Pods that send calls on to a Service by a configuration of Envoy that they mount."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, items, mapping, text
from apim_aks.workload.kubernetes.pods import CONTROLLERS

_TEMPLATE: Path_ = ("spec", "template", "spec")
_STATIC = "static_resources"

Sent = tuple[str, int]
"""A host and a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The Envoy configuration that the pods of a workload (`namespace/name[Kind]`) mount."""

    workload: str
    file: str
    line: int
    configuration: str = field(repr=False)


def read_relays(objects: Iterable[Object]) -> Iterator[Relay]:
    """The workloads that mount a ConfigMap with a configuration of Envoy in it.

    Nothing in it is read before somebody asks, for that takes longest.
    """
    objects = tuple(objects)
    told = dict(_configurations(objects))
    for object in objects if told else ():
        if object.kind in CONTROLLERS:
            with suppress(WrongField):
                yield from _of(object, told)


def _configurations(objects: Iterable[Object]) -> Iterator[tuple[tuple[str, str], str]]:
    for object in objects:
        if object.kind == "ConfigMap":
            with suppress(WrongField):
                for value in mapping(object.data, "data").values():
                    if isinstance(value, str) and f"{_STATIC}:" in value:
                        yield (object.namespace, object.name), value


def _of(object: Object, told: Mapping[tuple[str, str], str]) -> Iterator[Relay]:
    for _, at in items(object.data, *_TEMPLATE, "volumes"):
        name = text(object.data, *at, "configMap", "name")
        if configuration := told.get((object.namespace, name)):
            yield Relay(
                workload=f"{object.namespace}/{object.name}[{object.kind}]",
                file=object.document.file,
                line=object.line,
                configuration=configuration,
            )


def sent_on(relay: Relay, port: int) -> tuple[Sent, ...] | None:
    """Where calls to this port of the pods are sent on, whatever their path.

    None where that is not understood: another kind of listener, or routes by path.
    """
    documents = parse(relay.configuration.encode(), relay.file).documents
    held = documents[0].data if len(documents) == 1 else None
    if not isinstance(held, Mapping):
        return None
    with suppress(WrongField):
        listeners = [
            held
            for held, at in items(held, _STATIC, "listeners")
            if mapping(held, "address", "socket_address").get("port_value") == port
        ]
        routes = [route for one in listeners for route in _routes(one)]
        if not routes or not all(map(_takes_all, routes)):
            return None
        named = {text(route, "route", "cluster") for route in routes}
        return tuple(_endpoints(held, named)) or None
    return None


def _routes(held: Any) -> Iterator[Mapping[str, Any]]:
    """Every route of a listener, wherever in it."""
    if isinstance(held, Mapping):
        for key, value in held.items():
            listed = value if key == "routes" and isinstance(value, list) else []
            yield from (route for route in listed if isinstance(route, Mapping))
            yield from _routes(value)
    elif isinstance(held, list):
        for value in held:
            yield from _routes(value)


def _takes_all(route: Mapping[str, Any]) -> bool:
    led = isinstance(mapping(route, "route").get("cluster"), str)
    return led and mapping(route, "match") == {"prefix": "/"}


def _endpoints(held: Mapping[str, Any], clusters: Collection[str]) -> Iterator[Sent]:
    for cluster, at in items(held, _STATIC, "clusters"):
        if text(cluster, "name") not in clusters:
            continue
        for _, at_group in items(held, *at, "load_assignment", "endpoints"):
            for one, _ in items(held, *at_group, "lb_endpoints"):
                address = mapping(one, "endpoint", "address", "socket_address")
                port = address.get("port_value")
                if isinstance(port, int):
                    yield text(address, "address"), port
