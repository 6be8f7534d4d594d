"""To which frontend the host of a back end leads, asked from where the gateway stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address

from apim_aks.facts.deployments import azure_facts
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.hops import Hop, Step, breaks, passes, unsure
from apim_aks.reachability.scene import Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.network import same_id
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    Network,
    PublicAddress,
    Zone,
    ZoneLink,
    ZoneRecord,
)
from apim_aks.reachability.templates.unknown import Unknown

_APEX, _ANY = "@", "*"
_ZONES = "microsoft.network/privatednszones"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a host leads to: frontends that have its address, which is empty for a public one."""

    hop: Hop
    fronts: tuple[Facing, ...] = ()
    address: str = ""


def network_of(gateway: ApiManagement) -> str:
    """The id of the network that the gateway is tied to, in small letters; empty without one."""
    tied = gateway.subnet and str(gateway.mode).lower() not in ("none", "")
    return gateway.subnet.lower().rpartition("/subnets/")[0] if tied else ""


def balanced(scene: Scene) -> tuple[Facing, ...]:
    """Every frontend of a load balancer that the cluster asks for, those of its gateways too."""
    made = (e.facing for e in scene.entrances if e.facing)
    found = {facing.of: facing for facing in (*scene.facings, *made)}
    return tuple(facing for facing in found.values() if facing.balanced)


class Resolution:
    """Names as the gateway of a site resolves them."""

    def __init__(self, site: Site, gateway: ApiManagement) -> None:
        self._azure, self._gateway = site.templates, gateway
        self._fronts = balanced(site.scene)
        self._cluster = site.cluster

    def of(self, host: str) -> Resolved:
        """The frontends that a host leads to: by a private zone, else by its public name."""
        host = host.lower().rstrip(".")
        if _is_address(host):
            return self._at(host, f"the URL holds the address {host}")
        for missed in self._azure.not_understood:
            if missed.what.lower().startswith(_ZONES):
                return _unsure(str(missed))
        zones = [z for z in self._zones if host == z.name or host.endswith(f".{z.name}")]
        if zones:
            return self._in_zone(host, max(zones, key=lambda z: len(z.name)))
        if host.endswith(f".{azure_facts().public_suffix}"):
            return self._public(host)
        return _unsure(f"no file says to which address {host} leads")

    @cached_property
    def _zones(self) -> tuple[Zone, ...]:
        return self._azure.all(Zone)

    def _in_zone(self, host: str, zone: Zone) -> Resolved:
        place = f"private DNS zone {zone.name} ({zone.origin})"
        network = network_of(self._gateway)
        if not network:
            why = f"the {place} answers in networks alone, and the gateway stands in none"
            return _breaks(f"{why} ({self._gateway.origin})")
        linked = self._linked(zone, network)
        if not linked:
            name = network.rpartition("/")[2]
            return _breaks(f"the {place} is not linked to the gateway's network {name}")
        if linked.maybe or zone.maybe:
            return _unsure(f"whether the {place} answers there depends on a parameter")
        if asked := self._other_servers(network):
            return _unsure(asked)
        return self._recorded(host, zone, place)

    def _linked(self, zone: Zone, network: str) -> ZoneLink | None:
        mine = (ln for ln in self._azure.all(ZoneLink) if same_id(ln.zone, zone.id))
        found = [ln for ln in mine if same_id(ln.network, network)]
        return next((ln for ln in found if not ln.maybe), found[0] if found else None)

    def _other_servers(self, network: str) -> str:
        """Why private zones may not count: the network asks DNS servers of its own."""
        made = self._azure.find(Network, network)
        if made is None:
            return "which DNS servers the gateway's network asks is not in the input"
        if made.dns_servers:
            return f"the gateway's network asks DNS servers of its own ({made.origin})"
        return ""

    def _recorded(self, host: str, zone: Zone, place: str) -> Resolved:
        name = host[: -len(zone.name)].rstrip(".") or _APEX
        mine = [r for r in self._azure.all(ZoneRecord) if same_id(r.zone, zone.id)]
        found = [r for r in mine if r.name.lower() == name]
        if name != _APEX and not found:
            found = [r for r in mine if r.name == _ANY]
        if not found:
            return _breaks(f"the {place} holds no address for {host}")
        record = found[0]
        told = (*record.addresses, *record.owners)
        if record.maybe or len(told) != 1 or record.owners or isinstance(told[0], Unknown):
            return _unsure(f"which one address {host} has is not known ({record.origin})")
        words = f"{host} leads to {told[0]} (record {record.name} of the {place}, {record.origin})"
        return self._at(str(told[0]), words)

    def _at(self, address: str, words: str) -> Resolved:
        found = tuple(f for f in self._fronts if f.address == address)
        if found:
            named = f"which is that of {', '.join(f.called for f in found)}"
            return Resolved(passes(Step.NAME, words, named), found, address)
        if chosen := [f for f in self._fronts if f.internal and not f.address]:
            why = f"Azure chooses the address of {chosen[0].called}"
            return _unsure(words, why)
        own = (f"{f.called} has {f.address}" for f in self._fronts if f.address)
        return _breaks(words, f"no frontend has that address: {next(own, 'none is known')}")

    def _public(self, host: str) -> Resolved:
        found = tuple((f, told) for f, told in self._names if told.name == host)
        if found:
            words = (f"{host} is the name of {told.by} of {f.called}" for f, told in found)
            return Resolved(passes(Step.NAME, *words), tuple(f for f, _ in found))
        if doubt := next((told.doubt for _, told in self._names if told.doubt), ""):
            return _unsure(f"no frontend is known by the name {host}", doubt)
        own = [f"{f.called} has {told.name} ({told.by})" for f, told in self._names if told.name]
        return _breaks(f"no frontend has the name {host}", *own[:1])

    @cached_property
    def _names(self) -> tuple[tuple[Facing, _Named], ...]:
        return tuple((front, self._name_of(front)) for front in self._fronts)

    def _name_of(self, front: Facing) -> _Named:
        """The public name of a frontend; an internal one has none, nor one that nobody labels."""
        if front.internal:
            return _Named()
        if front.public_address:
            return self._name_of_resource(front)
        if not front.label:
            return _Named()
        place = self._cluster.location if self._cluster else Unknown("location")
        return _named(front.label, place, "the label")

    def _name_of_resource(self, front: Facing) -> _Named:
        every = self._azure.all(PublicAddress)
        wanted = f"/{front.public_address.lower()}"
        made = next((p for p in every if p.id.lower().endswith(wanted)), None)
        if made is None:
            doubt = f"the public address {front.public_address} of {front.called}"
            return _Named(doubt=f"{doubt} is not in the input")
        return _named(made.label, made.location, f"public address {made.origin}")


@dataclass(frozen=True, slots=True)
class _Named:
    name: str = ""
    by: str = ""
    doubt: str = ""


def _named(label: object, location: object, by: str) -> _Named:
    if label in (None, ""):
        return _Named(by=by)
    if isinstance(label, Unknown) or not isinstance(location, str):
        return _Named(by=by, doubt=f"the name of {by} depends on what is not in the input")
    region = location.lower().replace(" ", "")
    return _Named(f"{label}.{region}.{azure_facts().public_suffix}".lower(), by)


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _breaks(*because: str) -> Resolved:
    return Resolved(breaks(Step.NAME, *because))


def _unsure(*because: str) -> Resolved:
    return Resolved(unsure(Step.NAME, *because))
