"""The rules that AKS writes into the security group of the nodes for a Service (REACHABILITY 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.facts.load_balancers import BalancerRule, balancer_rules
from apim_aks.facts.objects import placeholder_row
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.templates.filtering import EVERYWHERE, Span, known_ranges, ranges_of
from apim_aks.reachability.templates.network_values import ManagedCluster, SecurityRule
from apim_aks.reachability.templates.resources import Origin
from apim_aks.reachability.templates.unknown import Unknown

GATEWAY_TAG = "gateway-address"
"""What stands in rules for the public address of the gateway, as the placeholder is called."""
_FILE = "data/load_balancer_rules.csv"


def rules_for(facing: Facing) -> tuple[SecurityRule, ...]:
    """The rules for the frontend of a Service; their destination is the frontend alone."""
    holds = set(_holding(facing))
    return tuple(_rule(row, facing) for row in balancer_rules() if row.when in holds)


def _holding(facing: Facing) -> Iterator[str]:
    ranges = limits(facing)
    if facing.ruleless:
        return
    if ranges:
        yield "ranges"
        if facing.denies_rest:
            yield "denies-rest"
    if facing.tags:
        yield "tags"
    if any(is_invalid(r) for r in ranges):
        yield "invalid-range"
    if not (ranges or facing.tags or facing.internal):
        yield "public-unlimited"


def limits(facing: Facing) -> tuple[str, ...]:
    """The ranges of a Service, wherever it says them."""
    return (*facing.ranges, *facing.allowed)


def is_invalid(text: str) -> bool:
    """It is no range; what stands for one that the deployer fills in is not known yet."""
    return not is_placeholder(text) and ranges_of(text) is None


def is_placeholder(text: str) -> bool:
    """Whether the range is a placeholder that is filled in later."""
    return "<" in text or "${" in text or "{{" in text


def span_of(texts: tuple[str, ...], of_gateway: bool) -> Span:
    """The addresses of ranges as texts: an invalid one holds none, a placeholder may hold any.

    `of_gateway` says that the placeholder for the address of the gateway stands for all that are
    asked about, else for none of them.
    """
    known = known_ranges(texts)
    if of_gateway and any(map(is_gateway, texts)):
        return Span(EVERYWHERE, EVERYWHERE)
    others = (text for text in texts if is_placeholder(text) and not is_gateway(text))
    return Span(known) if any(others) else Span(known, known)


def _rule(row: BalancerRule, facing: Facing) -> SecurityRule:
    admits = {"ranges": limits(facing), "tags": facing.tags}.get(row.admits, (row.admits,))
    return SecurityRule(
        id=f"the rule {row.id} that AKS writes for the Service",
        origin=Origin(file=_FILE, path=row.id),
        group="",
        priority=row.priority,
        direction="Inbound",
        access=row.access,
        protocol="*",
        sources=tuple(map(_source, (a for a in admits if not is_invalid_source(a, row)))),
        source_ports=("*",),
        destinations=("*",),
        ports=("*",),
    )


def is_invalid_source(text: str, row: BalancerRule) -> bool:
    """A range that cannot be read is left out of the rule."""
    return row.admits == "ranges" and is_invalid(text)


def _source(text: str) -> object:
    if is_gateway(text):
        return GATEWAY_TAG
    return Unknown(text) if is_placeholder(text) else text


def is_gateway(text: str) -> bool:
    """Whether the range is the placeholder for the gateway's public address."""
    return placeholder_row(GATEWAY_TAG).text in text


def host_port_rules(cluster: ManagedCluster) -> tuple[SecurityRule, ...]:
    """The rules for `allowedHostPorts` of node pools (REACHABILITY 6)."""
    told = (port for pool in cluster.pools for port in pool.host_ports)
    return tuple(_host_ports(port, cluster.origin) for port in told)


def _host_ports(told: object, origin: Origin) -> SecurityRule:
    held = told if isinstance(told, Mapping) else {}
    first, last = held.get("portStart"), held.get("portEnd")
    known = isinstance(first, int) and isinstance(last, int)
    return SecurityRule(
        id="allowedHostPorts of the node pool",
        origin=origin,
        group="",
        priority=400,
        direction="Inbound",
        access="Allow",
        protocol=held.get("protocol") or Unknown("allowedHostPorts"),
        sources=("Internet",),
        source_ports=("*",),
        destinations=("*",),
        ports=(f"{first}-{last}" if known else Unknown("allowedHostPorts"),),
    )
