"""What a network security group lets through: exact sets, the first rule that matches decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache, reduce
from ipaddress import IPv4Network, ip_network
from operator import or_
from typing import Any

from apim_aks.facts.templates import default_security_rules
from apim_aks.reachability.axis import LAST_ADDRESS, Axis, Range
from apim_aks.reachability.templates.network_values import SecurityRule, Texts
from apim_aks.reachability.templates.resources import Origin
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.workload.network_policy import LAST_PORT

Ranges = tuple[Range, ...]
EVERYWHERE: Ranges = ((0, LAST_ADDRESS),)
ALL_PORTS: Ranges = ((0, LAST_PORT),)


class Admission(StrEnum):
    """What a security group does with a packet."""

    ADMITTED = "admitted"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses that are in a tag for sure, and those that may be; the first are among these."""

    sure: Ranges = ()
    may: Ranges = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Tags:
    """What service tags stand for, by name in small letters; any other tag may be any address."""

    known: Mapping[str, Span] = field(default_factory=dict)

    def span(self, prefix: Any) -> Span:
        """The addresses of what stands in a rule: a range, an address, a tag, `*`; IPv4 only."""
        if isinstance(prefix, Unknown):
            return Span()
        if prefix == "*":
            return Span(EVERYWHERE, EVERYWHERE)
        found = ranges_of(str(prefix))
        return self.known.get(str(prefix).lower(), Span()) if found is None else Span(found, found)


@cache
def ranges_of(prefix: str) -> Ranges | None:
    """The addresses of an IPv4 range; none for IPv6, None where the text is no range."""
    try:
        found = ip_network(prefix, strict=False)
    except ValueError:
        return None
    if not isinstance(found, IPv4Network):
        return ()
    return ((int(found.network_address), int(found.broadcast_address)),)


def known_ranges(texts: Iterable[object]) -> Ranges:
    """The addresses of all that are IPv4 ranges among these texts."""
    return tuple(r for text in texts for r in ranges_of(str(text)) or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the packets that were asked about, with what happens to them and why.

    `rule` is the first that matches for sure. `unless` are those before it that may match and would
    do something else; then the answer is unknown.
    """

    admission: Admission
    sources: Ranges
    destinations: Ranges
    ports: Ranges
    rule: SecurityRule
    unless: tuple[SecurityRule, ...] = ()

    @property
    def words(self) -> str:
        """What its rule does, and the first that may match before it."""
        does = "admits it" if str(self.rule.access).lower() == "allow" else "denies it"
        before = "".join(f"{_called(rule)} may match before " for rule in self.unless[:1])
        return f"{before}{_called(self.rule)} {does}"


def _called(rule: SecurityRule) -> str:
    """A rule with its place; those that AKS writes stand in no file of the input."""
    name = rule.id.rpartition("/securityRules/")[2]
    return name if "that AKS writes" in name else f"{name} ({rule.origin})"


@cache
def default_rules() -> tuple[SecurityRule, ...]:
    """The rules that every network security group ends with."""
    return tuple(
        SecurityRule(
            id=row.id,
            origin=Origin(file="data/default_security_rules.csv", path=row.id),
            group="",
            priority=row.priority,
            direction=row.direction,
            access=row.access,
            protocol=row.protocol,
            sources=(row.source_prefix,),
            source_ports=("*",),
            destinations=(row.destination_prefix,),
            ports=(row.port,),
        )
        for row in default_security_rules()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """The packets that are asked about: all from these sources to these destinations and ports."""

    direction: str
    protocol: str
    sources: Ranges = EVERYWHERE
    destinations: Ranges = EVERYWHERE
    ports: Ranges = ALL_PORTS


def filtered(rules: Iterable[SecurityRule], packets: Packets, tags: Tags) -> tuple[Part, ...]:
    """What a group with these rules, and Azure's own behind them, does with the packets.

    The parts do not overlap and are together all packets that were asked about. Where no group
    stands, nothing is filtered and this is not asked.
    """
    asked = (*rules, *default_rules()), packets, tuple(tags.known.items())
    try:
        hash(asked)
    except TypeError:  # a template may hold a list or an object where a text belongs
        return _filtered(*asked)
    return _filtered_once(*asked)


def _filtered(
    rules: tuple[SecurityRule, ...], packets: Packets, known: tuple[tuple[str, Span], ...]
) -> tuple[Part, ...]:
    asked = (r for r in rules if _may_be(r.direction, packets.direction))
    ordered = sorted(asked, key=_order)
    return tuple(_Filter(ordered, packets, Tags(dict(known))).parts())


# Most Services, places and options ask the same.
_filtered_once = lru_cache(maxsize=1024)(_filtered)


def _order(rule: SecurityRule) -> tuple[int, str]:
    """By priority; a rule of unknown priority may be before any other."""
    return (rule.priority if isinstance(rule.priority, int) else 0, rule.id)


def _may_be(value: Any, wanted: str) -> bool:
    return not isinstance(value, str) or value.lower() == wanted.lower()


Box = tuple[int, int, int]
"""Sets of sources, destinations and ports: every combination of them."""


@dataclass(frozen=True, slots=True)
class _Match:
    rule: SecurityRule
    sure: Box
    may: Box


class _Filter:
    def __init__(self, rules: Sequence[SecurityRule], packets: Packets, tags: Tags) -> None:
        self._packets = packets
        spoken = [r for r in rules if r.protocol == "*" or _may_be(r.protocol, packets.protocol)]
        read = [
            (
                rule,
                _span(rule.sources, rule.source_groups, tags),
                _span(rule.destinations, rule.destination_groups, tags),
                _ports(rule.ports),
            )
            for rule in spoken
        ]
        self._sources = _axis(EVERYWHERE, packets.sources, (found for _, found, _, _ in read))
        self._targets = _axis(EVERYWHERE, packets.destinations, (found for _, _, found, _ in read))
        self._ports = _axis(ALL_PORTS, packets.ports, (found for *_, found in read))
        self._matches = [self._match(*found) for found in read]

    def _match(self, rule: SecurityRule, sources: Span, targets: Span, ports: Span) -> _Match:
        sure = self._box(sources.sure, targets.sure, ports.sure)
        may = self._box(sources.may, targets.may, ports.may)
        return _Match(rule, sure if _is_sure(rule) else (0, 0, 0), may)

    def _box(self, sources: Ranges, targets: Ranges, ports: Ranges) -> Box:
        return (
            _mask(self._sources, sources),
            _mask(self._targets, targets),
            _mask(self._ports, ports),
        )

    def parts(self) -> Iterator[Part]:
        """What happens to the packets, rule by rule."""
        asked = self._box(self._packets.sources, self._packets.destinations, self._packets.ports)
        waiting: list[tuple[Box, tuple[SecurityRule, ...]]] = [(asked, ())] if all(asked) else []
        for match in self._matches:
            left: list[tuple[Box, tuple[SecurityRule, ...]]] = []
            for box, unless in waiting:
                hit, rest = _cut(box, match.sure)
                if hit:
                    yield self._part(hit, match.rule, unless)
                for other in rest:
                    perhaps, never = _cut(other, match.may)
                    left += [(perhaps, (*unless, match.rule))] if perhaps else []
                    left += [(box, unless) for box in never]
            waiting = left

    def _part(self, box: Box, rule: SecurityRule, unless: tuple[SecurityRule, ...]) -> Part:
        others = tuple(r for r in unless if not _may_only_be(r.access, str(rule.access)))
        allows = str(rule.access).lower() == "allow"
        known = Admission.ADMITTED if allows else Admission.DENIED
        return Part(
            admission=Admission.UNKNOWN if others else known,
            sources=self._sources.ranges(box[0]),
            destinations=self._targets.ranges(box[1]),
            ports=self._ports.ranges(box[2]),
            rule=rule,
            unless=others,
        )


def _may_only_be(value: Any, wanted: str) -> bool:
    return isinstance(value, str) and value.lower() == wanted.lower()


def _is_sure(rule: SecurityRule) -> bool:
    """Everything but its addresses and ports is known, and the client's own port plays no part."""
    told = (rule.direction, rule.access, rule.protocol)
    known = isinstance(rule.priority, int) and all(isinstance(t, str) for t in told)
    return known and "*" in rule.source_ports and rule.maybe is None


def _span(prefixes: Texts, groups: tuple[str, ...], tags: Tags) -> Span:
    """The addresses at one end of a rule; which machines are in application groups is unknown."""
    if groups or not prefixes:
        return Span()
    spans = [tags.span(prefix) for prefix in prefixes]
    return Span(tuple(r for s in spans for r in s.sure), tuple(r for s in spans for r in s.may))


def _axis(whole: Ranges, asked: Ranges, spans: Iterable[Span]) -> Axis:
    return Axis.cut(whole, (*asked, *(r for span in spans for r in span.sure + span.may)))


def _mask(axis: Axis, ranges: Ranges) -> int:
    return reduce(or_, (axis.between(first, last) for first, last in ranges), 0)


def ports_of(rule: SecurityRule) -> Span:
    """The ports that a rule is for, and those that it may be for."""
    return _ports(rule.ports)


def _ports(written: Iterable[Any]) -> Span:
    """The ports of a rule; one that cannot be read may be any."""
    found: Ranges = ()
    for text in written:
        first, _, last = ("0-65535" if text == "*" else str(text)).partition("-")
        bounds = (first, last or first)
        if not all(b.isascii() and b.isdecimal() and len(b) <= 5 for b in bounds):
            return Span((), ALL_PORTS)
        found += ((int(first), int(last or first)),)
    good = found and all(low <= high <= LAST_PORT for low, high in found)
    return Span(found, found) if good else Span((), ALL_PORTS)


def _cut(box: Box, by: Box) -> tuple[Box | None, tuple[Box, ...]]:
    """What two boxes share, and the rest of the first as boxes that do not overlap."""
    (s, d, p), (cs, cd, cp) = box, (box[0] & by[0], box[1] & by[1], box[2] & by[2])
    if not (cs and cd and cp):
        return None, (box,)
    rest = ((s & ~cs, d, p), (cs, d & ~cd, p), (cs, cd, p & ~cp))
    return (cs, cd, cp), tuple(box for box in rest if all(box))
