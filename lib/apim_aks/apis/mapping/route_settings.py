"""What the routes of published Services do today, and what becomes of each of these things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from apim_aks.apis.mapping.behaviour import Becomes, Behaviour
from apim_aks.apis.mapping.callers_paths import ways
from apim_aks.apis.mapping.handling import own_ranges, routes_to
from apim_aks.apis.mapping.model import Api, ApiOperation
from apim_aks.facts import policy_default
from apim_aks.facts.ingress_behaviours import (
    IngressBehaviour,
    calls_by_tls,
    ingress_behaviours,
)
from apim_aks.listing import listed
from apim_aks.workload.handling import Handling
from apim_aks.workload.model import Service
from apim_aks.workload.route import Setting
from apim_aks.workload.source_ranges import admitted_ranges

RANGES = "Service/loadBalancerSourceRanges"
"""The row of what a Service's own load balancer admits."""
TAGS = "service.beta.kubernetes.io/azure-allowed-service-tags"


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to an operation of an API today, with what is done to calls there."""

    settings: tuple[Setting, ...]
    does: Handling
    api: Api
    operation: ApiOperation


def today(services: Iterable[Service], apis: Iterable[Api]) -> Iterator[Behaviour]:
    """Each setting of their routes once, with file and line; what no row knows is named too."""
    found = list(_found(services, _reached(apis)))
    whose: dict[tuple[Setting, tuple[str, ...]], set[str]] = {}
    for one in found:
        whose.setdefault((one.setting, tuple(one.kept)), set()).update(*one.kept.values())
    for one in found:
        yield _behaviour(one, whose[one.setting, tuple(one.kept)])


@dataclass(frozen=True, slots=True)
class _Found:
    """A setting of the routes of a Service, and by policy the APIs that take it over."""

    service: Service
    setting: Setting
    row: IngressBehaviour | None
    kept: Mapping[str, Sequence[str]]


def _found(
    services: Iterable[Service], reached: Mapping[str, Sequence[tuple[Api, ApiOperation]]]
) -> Iterator[_Found]:
    for service in services:
        own = tuple(_own_settings(service))
        found = dict.fromkeys((*own, *(s for route in service.routes for s in route.settings)))
        led = tuple(_ways(service, own, reached.get(service.id, ()))) if found else ()
        for setting in sorted(found, key=lambda s: (s.file, s.line, s.name, s.value)):
            row = ingress_behaviours().get(setting.name)
            if row and f"{setting.name.removeprefix(row.prefix)}={setting.value}" in row.off:
                continue
            kept = _kept(row, [w for w in led if setting in w.settings]) if row else {}
            yield _Found(service, setting, row, kept)


def _reached(apis: Iterable[Api]) -> dict[str, list[tuple[Api, ApiOperation]]]:
    found: dict[str, list[tuple[Api, ApiOperation]]] = {}
    for api in apis:
        for operation in api.operations:
            found.setdefault(operation.service, []).append((api, operation))
    return found


def _own_settings(service: Service) -> Iterator[Setting]:
    """Whom its own load balancer admits: ranges, and tags that stand for ranges of Azure."""
    found = Setting(
        on=f"Service {service.name}", name=RANGES, value="", file=service.file, line=service.line
    )
    if service.source_ranges:
        _, short = admitted_ranges(service.source_ranges)
        yield replace(found, value=", ".join(service.source_ranges), short=short)
    if tags := dict(service.annotations).get(TAGS):
        yield replace(found, name=TAGS, value=tags)


def _ways(
    service: Service, own: tuple[Setting, ...], reached: Sequence[tuple[Api, ApiOperation]]
) -> Iterator[_Way]:
    routes = ways(service)
    for api, operation in reached:
        if own:
            yield _Way(own, Handling(admitted=own_ranges(service)), api, operation)
        for route in routes_to(operation, routes):
            yield _Way(route.settings, route.handling, api, operation)


def _behaviour(found: _Found, whose: Iterable[str]) -> Behaviour:
    """What is said of it; `whose` are the APIs of all Services that share the setting."""
    row, setting = found.row, found.setting
    shown = f" {setting.value!r}" if row and row.value and setting.value else ""
    return Behaviour(
        service=found.service.id,
        setting=setting,
        called=f"{_called(setting.name)}{shown}",
        does=row.does if row else "",
        becomes=_becomes(row, found.kept),
        then=_then(found, whose),
    )


def _becomes(row: IngressBehaviour | None, kept: Mapping[str, Sequence[str]]) -> Becomes:
    if row is None:
        return "unknown"
    return "lost" if row.outcome == "policy" and not kept else row.outcome


def _then(found: _Found, whose: Iterable[str]) -> str:
    row, setting, kept = found.row, found.setting, found.kept
    if by_tls := _by_tls(setting, found.service):
        return by_tls
    if row is None:
        return (
            "which is not understood and not carried over: find out what it does before "
            "the route is changed or removed"
        )
    if not kept:
        short = f" ({setting.short})" if setting.short else ""
        return row.becomes.replace("not carried over", f"not carried over{short}", 1)
    policies = listed([f"`{policy}`" for policy in kept])
    parts = [f"carried over: {policies} in the policy of {listed(sorted(whose), 3)}", setting.short]
    return ", ".join(filter(None, parts)) + "".join(_also(kept, setting))


def _by_tls(setting: Setting, service: Service) -> str:
    """What is carried over of TLS to the pods; empty where the setting asks for none."""
    policy = setting.name == f"{_POLICY}/spec.validation"
    ports = [str(number) for number, tls in service.by_tls if tls]
    if not ports or not (policy or calls_by_tls(setting.name, setting.value)):
        return ""
    port = f"port {ports[0]}" if len(ports) == 1 else f"ports {listed(ports)}"
    client = _CLIENT if setting.value.lower() == "mutual" else ""
    return f"carried over: calls to {port} are made by https, {_CHECKED}{client}"


_POLICY = "BackendTLSPolicy"
_CHECKED = (
    "and the certificate that the pods show is checked: it has to hold the name by which they are "
    "called, from an authority that the caller trusts"
)
_CLIENT = (
    "; the client certificate that they ask for is not carried over: present it with "
    "`authentication-certificate` where the gateway calls them, else by their ingress"
)


def _also(kept: Mapping[str, Sequence[str]], setting: Setting) -> Iterator[str]:
    longest = policy_default("lasting-timeout").number
    if "forward-request" in kept and setting.value.isdecimal() and int(setting.value) > longest:
        yield f"; more than {longest} seconds may not be honoured: an idle connection is dropped"
    if "ip-filter" in kept:
        yield "; behind an Application Gateway of ours its firewall asks for them, and behind "
        yield "another edge that has to, since the gateway sees the edge's address"


def _kept(row: IngressBehaviour, led: Sequence[_Way]) -> dict[str, list[str]]:
    """By the policy that takes it over, the APIs that have it."""
    found: dict[str, list[str]] = {}
    for policy in row.policies:
        if apis := [w.api.id for w in led if _HOLDS[policy](w)]:
            found[policy] = apis
    return found


def _timed(way: _Way) -> bool:
    return 0 < way.does.timeout <= way.operation.handling.timeout


def _filtered(way: _Way) -> bool:
    does, held = way.does, way.operation.handling
    admitted = not does.admitted or set(does.admitted) <= set(held.admitted)
    refused = not does.refused or does.refused == held.refused
    return bool(does.admitted or does.refused) and admitted and refused


def _headed(way: _Way) -> bool:
    does, held = way.does, way.operation.handling
    mine = does.request_headers, does.response_headers
    return any(mine) and mine == (held.request_headers, held.response_headers)


_HOLDS = {
    "cors": lambda way: way.does.cors is not None and way.does.cors == way.api.cors,
    "forward-request": _timed,
    "ip-filter": _filtered,
    "set-header": _headed,
}


def _called(name: str) -> str:
    """An annotation by its whole name, a field without the kind that stands before it."""
    prefix, _, field = name.partition("/")
    return name if "." in prefix else field or name
