"""Network modes, their rules, the addresses back ends see, and network plugins of AKS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMode(Row):
    """A way of tying API Management to a virtual network, and what the back ends see of it."""

    id: str
    label: str
    needs: str = ""
    gateway: Literal["public", "private"]
    subnet_minimum: str = ""
    subnet_advised: str = ""
    delegation: str = ""
    security_group: Literal["required", "none"]
    backend_sees: str
    allow_list: str
    status: Status
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow(Row):
    """One rule a network mode asks for; it applies when `when` is among what a design uses."""

    id: str
    mode: str
    direction: Literal["Inbound", "Outbound"]
    priority: int | None = None
    access: Literal["Allow", "Deny"]
    protocol: Literal["TCP", "UDP", "*"]
    source_prefix: str
    destination_prefix: str
    port: str
    required: bool
    when: str
    purpose: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class IpVisibility(Row):
    """Which address a back end sees, and what may stand on its allow-list.

    It holds in these `modes`, for a back end on such an address, on a tier that has the feature
    `needs` and not the feature `lacks`. Without modes it holds only where somebody sets it up so.
    """

    id: str
    case: str
    modes: tuple[str, ...] = ()
    backend: Literal["public", "private"]
    needs: str = ""
    lacks: str = ""
    backend_sees: str
    allow_list: str
    exclusive: bool
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlugin(Row):
    """A network plugin of AKS and whether pods can be reached from outside the cluster."""

    id: str
    name: str
    pods_reachable: bool
    standing: str
    consequence: str
    status: Status


@cache
def network_modes() -> tuple[NetworkMode, ...]:
    """The ways of tying API Management to a virtual network, none of them first."""
    return read_rows(DATA / "network_modes.csv", NetworkMode)


def network_mode(id: str) -> NetworkMode:
    """The network mode of this id."""
    return by_id("network mode", network_modes(), id)


@cache
def _network_rules() -> tuple[RuleRow, ...]:
    return read_rows(DATA / "network_rules.csv", RuleRow)


def network_rules(mode: str) -> tuple[RuleRow, ...]:
    """The rules of this network mode, whatever triggers them; none for a mode without a subnet."""
    modes = dict.fromkeys([m.id for m in network_modes()] + [r.mode for r in _network_rules()])
    if mode not in modes:
        raise unknown("network mode", mode, list(modes))
    return tuple(r for r in _network_rules() if r.mode == mode)


@cache
def called_services() -> tuple[str, ...]:
    """The service tags of what a gateway calls, each of one service apart from the others."""
    wide = ("Internet", "VirtualNetwork")
    outbound = (r.destination_prefix for r in _network_rules() if r.direction == "Outbound")
    return tuple(dict.fromkeys(tag for tag in outbound if tag.isalpha() and tag not in wide))


@cache
def ip_visibility() -> tuple[IpVisibility, ...]:
    """Which address a back end sees in which case."""
    return read_rows(DATA / "ip_visibility.csv", IpVisibility)


@cache
def network_plugins() -> tuple[NetworkPlugin, ...]:
    """The network plugins of AKS, the recommended one first."""
    return read_rows(DATA / "network_plugins.csv", NetworkPlugin)
