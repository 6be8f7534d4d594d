"""Security rules as comparable sets of sources, destinations and ports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from apim_aks.remote.azure import Json
from apim_aks.verification.answers import inside, said, words

ANY = "*"
_EVERYTHING = frozenset({"*", "any", "0.0.0.0/0", "::/0", "0-65535", "1-65535"})
_OUTSIDE_ALL = frozenset({"internet", "azurecloud"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; equal to another with the same effect."""

    direction: str
    access: str
    protocol: str
    sources: frozenset[str]
    destinations: frozenset[str]
    ports: frozenset[str]
    source_ports: frozenset[str] = frozenset({ANY})
    name: str = field(default="", compare=False)
    priority: int = field(default=0, compare=False)

    @property
    def allows(self) -> bool:
        """Whether it admits traffic."""
        return self.access == "allow"

    @property
    def words(self) -> str:
        """The rule in words."""
        protocol = "" if self.protocol == ANY else f" {self.protocol}"
        ports = "" if ANY in self.ports else f" port {said(sorted(self.ports))}"
        return (
            f"{self.access}{protocol} from {_place(self.sources)} to "
            f"{_place(self.destinations)}{ports}"
        )


def _place(prefixes: frozenset[str]) -> str:
    return "anywhere" if ANY in prefixes else said(sorted(prefixes))


def rule(direction: str, access: str, protocol: str, *places: Iterable[str], **known: Any) -> Rule:
    """A rule from texts: sources, destinations, ports and optional source ports."""
    sources, destinations, ports, *further = (normal(p) for p in places)
    return Rule(
        direction=direction.lower(),
        access=access.lower(),
        protocol=ANY if protocol.lower() in _EVERYTHING else protocol.lower(),
        sources=sources,
        destinations=destinations,
        ports=_joined(ports),
        source_ports=_joined(further[0]) if further else frozenset({ANY}),
        **known,
    )


def normal(listed: Iterable[str]) -> frozenset[str]:
    """Prefixes or ports in normal form."""
    found = {_one(part.strip()) for text in listed for part in text.split(",") if part.strip()}
    return frozenset({ANY}) if ANY in found else frozenset(found)


def _joined(ports: frozenset[str]) -> frozenset[str]:
    """Adjacent ports merged into ranges."""
    try:
        known = sorted((int(a), int(b or a)) for a, _, b in (p.partition("-") for p in ports))
    except ValueError:
        return ports
    found: list[tuple[int, int]] = []
    for first, last in known:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return normal(f"{first}-{last}" for first, last in found)


def _one(text: str) -> str:
    lower = text.lower()
    if lower in _EVERYTHING:
        return ANY
    first, dash, last = lower.partition("-")
    if dash and first == last:
        return first
    network = _network(lower)
    return str(network) if network else lower


def _network(text: str) -> IPv4Network | IPv6Network | None:
    if not ("." in text or ":" in text):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def found_rule(row: Json) -> Rule | None:
    """A rule from Azure; None if a required property is missing."""
    held = row.get("properties")
    plain = [inside(held, k) for k in ("direction", "access", "protocol")]
    priority = inside(held, "priority")
    places = [
        _listed(held, "sourceAddressPrefix", "sourceApplicationSecurityGroups"),
        _listed(held, "destinationAddressPrefix", "destinationApplicationSecurityGroups"),
        _listed(held, "destinationPortRange"),
        _listed(held, "sourcePortRange"),
    ]
    if not all(isinstance(p, str) for p in plain) or not isinstance(priority, int):
        return None
    if not all(places):
        return None
    direction, access, protocol = plain
    return rule(direction, access, protocol, *places, name=said(row.get("name")), priority=priority)


def _listed(held: Any, field: str, groups: str = "") -> tuple[str, ...]:
    """The values of a property: Azure has separate properties for one and for several."""
    many = f"{field}es" if field.endswith("x") else f"{field}s"
    applied = inside(held, groups) if groups else None
    ids = [str(g.get("id")) for g in applied or () if isinstance(g, dict)]
    return (*words(inside(held, field)), *words(inside(held, many)), *ids)


def overlaps(one: Rule, two: Rule) -> bool:
    """Whether some call matches both rules."""
    protocols = one.protocol == two.protocol or ANY in (one.protocol, two.protocol)
    return (
        one.direction == two.direction
        and protocols
        and _touch(one.ports, two.ports, _ports_touch)
        and _touch(one.sources, two.sources, _places_touch)
        and _touch(one.destinations, two.destinations, _places_touch)
    )


def _touch(one: Iterable[str], two: Iterable[str], meet: Any) -> bool:
    return any(ANY in (a, b) or a == b or meet(a, b) for a in one for b in two)


def _ports_touch(one: str, two: str) -> bool:
    try:
        (a, b), (c, d) = (
            (int(p.partition("-")[0]), int(p.partition("-")[2] or p)) for p in (one, two)
        )
    except ValueError:
        return True
    return a <= d and c <= b


def _places_touch(one: str, two: str) -> bool:
    """Whether ranges overlap; the tag of the network and outer tags never do."""
    first, second = _network(one), _network(two)
    if first and second:
        return first.version == second.version and first.overlaps(second)
    if _inner(one) or _inner(two):
        return _inner(one) and _inner(two)
    return bool(first or second) or not _OUTSIDE_ALL.isdisjoint({one, two})


def _inner(place: str) -> bool:
    network = _network(place)
    return place == "virtualnetwork" or bool(network and network.is_private)
