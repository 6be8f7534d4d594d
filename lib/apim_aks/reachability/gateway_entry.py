"""Who on the internet can open a connection to API Management itself, as its templates stand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.templates.filtering import (
    Admission,
    Packets,
    Part,
    filtered,
    known_ranges,
)
from apim_aks.reachability.templates.network import AzureNetwork, same_id
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    SecurityGroup,
    SecurityRule,
    Subnet,
)
from apim_aks.reachability.templates.tags import tags_of
from apim_aks.reachability.templates.unknown import Unknown

_CLASSIC = ("developer", "premium")
"""Tiers whose mode `External` is injection; on v2 tiers it is the way out alone."""
_HTTPS = ((443, 443),)


class Opened(StrEnum):
    """The sources on the internet to which the gateway's port is open."""

    NOBODY = "nobody"
    TAGGED = "tagged"
    EVERYBODY = "everybody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GatewayEntry:
    """To whom it is open, and what in which file says so; `tags` are those of whom it is open."""

    opened: Opened
    because: str
    tags: tuple[str, ...] = ()


def entry_from_internet(azure: AzureNetwork) -> GatewayEntry:
    """To whom the one API Management of these templates is open.

    An injected one is filtered by the group of its subnet, any other has its public access on or
    off (https://learn.microsoft.com/azure/api-management/virtual-network-concepts).
    """
    made = azure.all(ApiManagement)
    if len(made) != 1:
        return GatewayEntry(Opened.UNKNOWN, "API Management is made by no template here")
    gateway = made[0]
    mode, tier = (str(v).lower() for v in (gateway.mode, gateway.tier))
    if isinstance(gateway.mode, Unknown) or isinstance(gateway.tier, Unknown):
        return GatewayEntry(Opened.UNKNOWN, f"its mode or tier is not said ({gateway.origin})")
    if gateway.subnet and mode == "internal":
        return GatewayEntry(Opened.NOBODY, f"it stands inside the network ({gateway.origin})")
    if gateway.subnet and tier in _CLASSIC:
        return _injected(azure, gateway)
    return _by_access(gateway)


def _by_access(gateway: ApiManagement) -> GatewayEntry:
    access = gateway.public_access
    said = f"publicNetworkAccess is {access} ({gateway.origin})"
    if isinstance(access, Unknown):
        return GatewayEntry(Opened.UNKNOWN, f"publicNetworkAccess is not said ({gateway.origin})")
    shut = str(access).lower() == "disabled"
    return GatewayEntry(Opened.NOBODY if shut else Opened.EVERYBODY, said)


def _injected(azure: AzureNetwork, gateway: ApiManagement) -> GatewayEntry:
    subnet = azure.find(Subnet, gateway.subnet)
    group = azure.find(SecurityGroup, subnet.security_group) if subnet else None
    if subnet is None or (group is None and subnet.security_group):
        return GatewayEntry(Opened.UNKNOWN, "its subnet or security group is in no template here")
    if group is None:
        return GatewayEntry(Opened.EVERYBODY, f"no security group is on {_name(subnet.id)}")
    rules = [r for r in azure.all(SecurityRule) if same_id(r.group, group.id)]
    tags = tags_of(azure, subnet)
    packets = Packets(
        direction="Inbound",
        protocol="Tcp",
        sources=tags.span("Internet").sure,
        destinations=known_ranges(subnet.prefixes),
        ports=_HTTPS,
    )
    return _by_parts(filtered(rules, packets, tags), _name(group.id))


def _by_parts(parts: tuple[Part, ...], group: str) -> GatewayEntry:
    """Whoever a rule admits for sure is admitted; a tag holds addresses that nobody here knows."""
    open_ = [p for p in parts if p.admission is Admission.ADMITTED]
    if open_:
        return GatewayEntry(Opened.EVERYBODY, f"{group}: {open_[0].words}")
    perhaps = [p for p in parts if p.admission is Admission.UNKNOWN]
    sources = [s for p in perhaps for rule in p.unless for s in rule.sources]
    if any(isinstance(s, Unknown) for s in sources):
        return GatewayEntry(Opened.UNKNOWN, f"{group}: {perhaps[0].words}")
    if sources:
        tags = tuple(dict.fromkeys(map(str, sources)))
        return GatewayEntry(Opened.TAGGED, f"{group}: {perhaps[0].words}", tags)
    return GatewayEntry(Opened.NOBODY, f"{group}: {parts[0].words}" if parts else f"{group}: none")


def _name(id: str) -> str:
    return id.rpartition("/")[2]
