"""Security groups on the way to nodes, as gates: AKS's own on the nodes, and the subnet's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apim_aks.facts.templates import tag_prefixes
from apim_aks.reachability.balancers import GATEWAY_TAG
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.gates import OPEN, Gate, either, unknown
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import (
    EVERYWHERE,
    Admission,
    Packets,
    Part,
    Ranges,
    Span,
    Tags,
    default_rules,
    filtered,
    known_ranges,
    ports_of,
    ranges_of,
)
from apim_aks.reachability.templates.network_values import SecurityGroup, SecurityRule
from apim_aks.reachability.templates.tags import intersected, without
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.reachability.ways import Dialled
from apim_aks.reachability.zones import Zone

_CLOUD, _NETWORK, _INTERNET = "azurecloud", "virtualnetwork", "internet"
_BALANCER = "azureloadbalancer"
_UNSURE = Unknown("the address of the destination")


@dataclass(frozen=True, slots=True)
class Target:
    """Where packets go: one address among these ranges, which may be all; a private one or not."""

    ranges: Ranges = EVERYWHERE
    private: bool = True


class Groups:
    """The gates of security groups, each worked out once for a place, a target and a protocol."""

    def __init__(self, site: Site, places: Places, ends: Endpoints) -> None:
        self._places, self._ends = places, ends
        self._rules = dict(_by_group(site))
        self._known = {g.id.lower() for g in site.templates.all(SecurityGroup)}
        self._parts: dict[object, tuple[Part, ...]] = {}
        self._aimed: dict[object, tuple[SecurityRule, ...]] = {}
        self._gates: dict[object, Gate] = {}

    def of_nodes(
        self, place: Place, rules: tuple[SecurityRule, ...], target: Target, at: Dialled
    ) -> Gate:
        """The group that AKS puts on the nodes' interfaces, with these rules of Services in it."""
        key = tuple((rule.id, rule.sources) for rule in rules)
        return self._gate(place, key, rules, target, at, "the security group of the nodes")

    def cut(self, at: Dialled, rules: tuple[SecurityRule, ...]) -> Iterator[Dialled]:
        """These ports in parts, in each of which all groups and these rules decide alike."""
        every = (*rules, *(rule for group in self._rules.values() for rule in group))
        spans = {span for rule in every for span in ports_of(rule).may}
        starts = {at.first, *(first for first, _ in spans), *(last + 1 for _, last in spans)}
        inside = sorted(n for n in starts if at.first <= n <= at.last)
        for first, after in zip(inside, [*inside[1:], at.last + 1], strict=True):
            yield Dialled(at.protocol, first, after - 1)

    def of_subnets(self, place: Place, subnets: Iterable[str], target: Target, at: Dialled) -> Gate:
        """The groups of the subnets that packets may go to: one of them, and nobody knows which."""
        found = map(self._places.subnet, subnets)
        groups = (subnet.security_group if subnet else "" for subnet in found)
        return self.of_any(place, groups, target, at)

    def of_any(self, place: Place, groups: Iterable[str], target: Target, at: Dialled) -> Gate:
        """One of these groups, by their ids, and nobody knows which; an empty id is none."""
        found = tuple(dict.fromkeys(self._of_group(place, id, target, at) for id in groups))
        return either(found) if found else OPEN

    def _of_group(self, place: Place, id: str, target: Target, at: Dialled) -> Gate:
        if not id:
            return OPEN
        group, name = id.lower(), id.rpartition("/")[2]
        if group not in self._known:
            return unknown(f"the security group {name} is not in the input")
        rules = self._rules.get(group, ())
        return self._gate(place, group, rules, target, at, f"the security group {name}")

    def _gate(
        self,
        place: Place,
        of: object,
        rules: tuple[SecurityRule, ...],
        target: Target,
        at: Dialled,
        name: str,
    ) -> Gate:
        key = place.name, place.inside, of, target, at
        if key not in self._gates:
            every = place.name, place.inside, of, target, at.protocol
            if (of, target) not in self._aimed:
                self._aimed[of, target] = tuple(_all_aimed(rules, target))
            aimed = self._aimed[of, target]
            gates = []
            for network in self._networks(place):
                if (every, network) not in self._parts:
                    parts = self._of_all_ports(place, network, aimed, at.protocol)
                    self._parts[every, network] = parts
                parts = self._parts[every, network]
                gates.append(self._of_parts(place, parts, at, name))
            self._gates[key] = _by_tag(gates, name)
        return self._gates[key]

    def _networks(self, place: Place) -> tuple[Ranges, ...]:
        """What the tag `VirtualNetwork` holds of a place: the least and the most that it may."""
        if place.inside and not place.apart:
            return (EVERYWHERE,)
        tagged = self._places.tagged
        return tuple(dict.fromkeys((tagged.sure, tagged.may)))

    @staticmethod
    def _of_all_ports(
        place: Place, network: Ranges, aimed: tuple[SecurityRule, ...], protocol: str
    ) -> tuple[Part, ...]:
        packets = Packets(
            direction="Inbound", protocol=protocol, sources=place.may, destinations=((0, 0),)
        )
        return filtered(aimed, packets, _tags(place, aimed, network))

    def _of_parts(self, place: Place, parts: Iterable[Part], at: Dialled, name: str) -> Gate:
        """Of several ports that it may be, all have to be admitted for sure."""
        sure, may, reasons = self._ends.of_ranges(place.may), 0, []
        for part in parts:
            if not any(a <= at.last and at.first <= b for a, b in part.ports):
                continue
            mask = self._ends.of_ranges(part.sources)
            reasons.append((mask, f"{name}: {part.words}"))
            if part.admission is not Admission.ADMITTED:
                sure &= ~mask
            if part.admission is not Admission.DENIED:
                may |= mask
        return Gate(sure, may, tuple(reasons))


def _by_tag(gates: Sequence[Gate], name: str) -> Gate:
    """The gate where nobody knows what the tag `VirtualNetwork` holds."""
    both = either(gates)
    if len(gates) == 1:
        return both
    least, most = gates
    differ = (least.sure ^ most.sure) | (least.may ^ most.may)
    words = f"{name}: whether the tag VirtualNetwork holds the address decides, and is not known"
    return Gate(both.sure, both.may, ((differ, words), *both.reasons))


def _by_group(site: Site) -> Iterator[tuple[str, tuple[SecurityRule, ...]]]:
    found: dict[str, list[SecurityRule]] = defaultdict(list)
    for rule in site.templates.all(SecurityRule):
        found[rule.group.lower()].append(rule)
    yield from ((group, tuple(rules)) for group, rules in found.items())


def _all_aimed(rules: tuple[SecurityRule, ...], target: Target) -> Iterator[SecurityRule]:
    """The rules of a group that may be for this destination, and Azure's own behind them."""
    for rule in (*rules, *default_rules()):
        if aimed := _aimed(rule, target):
            yield aimed


def _aimed(rule: SecurityRule, target: Target) -> SecurityRule | None:
    """The rule as it is for this destination alone; None where it is for others."""
    if rule.destination_groups or not rule.destinations:
        hits: list[bool | None] = [None]
    else:
        hits = [_hits(prefix, target) for prefix in rule.destinations]
    if all(hit is False for hit in hits):
        return None
    maybe = rule.maybe if any(hits) else rule.maybe or _UNSURE
    return replace(rule, destinations=("*",), destination_groups=(), maybe=maybe)


def _hits(prefix: object, target: Target) -> bool | None:
    """Whether a prefix holds the destination; None where that is not known.

    A frontend of AKS counts as in the network, public or not: AllowVnetInBound admits the network.
    """
    if isinstance(prefix, Unknown):
        return None
    word = str(prefix).lower()
    if word in ("*", _NETWORK):
        return True
    ranges = ranges_of(str(prefix))
    if ranges is None:
        return False if word == _INTERNET and target.private else None
    if target.ranges == EVERYWHERE:
        return True if ranges == EVERYWHERE else None
    shared = intersected(ranges, target.ranges)
    return True if shared == target.ranges else None if shared else False


def _tags(place: Place, rules: Sequence[SecurityRule], network: Ranges) -> Tags:
    """What tags hold of a place, where that of the network holds these addresses."""
    every, nothing, rest = Span(EVERYWHERE, EVERYWHERE), Span((), ()), without(network)
    own = every if place.placeholder else nothing if place.name == place.zone else Span()
    known = {GATEWAY_TAG: own, _NETWORK: Span(network, network), _INTERNET: Span(rest, rest)}
    known |= dict.fromkeys(_clouds(rules), _of_cloud(place))
    host = known_ranges(tag_prefixes(_BALANCER))
    return Tags({**known, _BALANCER: Span(host, host)})


def _clouds(rules: Iterable[SecurityRule]) -> Iterator[str]:
    """The tags of all of Azure and of its regions, as these rules name them."""
    for rule in rules:
        for source in rule.sources:
            if str(source).lower().partition(".")[0] == _CLOUD:
                yield str(source).lower()


def _of_cloud(place: Place) -> Span:
    """Tenants of the region are in it whatever their addresses, the rest of the internet is not."""
    if place.zone is Zone.REGION or (place.zone is Zone.GATEWAY and place.inside is False):
        return Span(EVERYWHERE, EVERYWHERE)
    return Span((), ()) if place.name == Zone.INTERNET else Span()
