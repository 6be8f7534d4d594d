"""Whole numbers cut into atoms, so that exact sets of addresses or ports are bits of one number.

A set is an `int`: bit i stands for the i-th atom. Union, intersection and difference are `|`, `&`
and `& ~`, and nothing is sampled.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address

from apim_aks.workload.network_policy import LAST_PORT, PROTOCOLS, PolicyPort

Range = tuple[int, int]
"""First and last number, both included."""

LAST_ADDRESS = (1 << 32) - 1
_SPAN = LAST_PORT + 1


def members(mask: int) -> Iterator[int]:
    """The places of the bits that are set, in ascending order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True)
class Axis:
    """Atoms of the numbers from `starts[0]` up to `end`, which is not included."""

    starts: tuple[int, ...]
    end: int

    @classmethod
    def cut(cls, spans: Iterable[Range], ranges: Iterable[Range]) -> Axis:
        """The atoms of these spans, cut where a range begins or ends; the last span ends it."""
        cuts = {n for first, last in (*spans, *ranges) for n in (first, last + 1)}
        *starts, end = sorted(cuts)
        return cls(tuple(starts), end)

    @cached_property
    def everything(self) -> int:
        """The set of all atoms."""
        return (1 << len(self.starts)) - 1

    def between(self, first: int, last: int) -> int:
        """The set of the numbers from `first` to `last`, which atoms end with."""
        low, high = bisect_left(self.starts, first), bisect_left(self.starts, last + 1)
        return (1 << high) - (1 << low)

    def holding(self, number: int) -> int:
        """The set with the one atom that holds this number."""
        return 1 << (bisect_right(self.starts, number) - 1)

    def ranges(self, mask: int) -> tuple[Range, ...]:
        """The set as ranges, each as long as it can be."""
        found: list[Range] = []
        for i in members(mask):
            first = self.starts[i]
            last = (self.starts[i + 1] if i + 1 < len(self.starts) else self.end) - 1
            if found and found[-1][1] + 1 == first:
                first = found.pop()[0]
            found.append((first, last))
        return tuple(found)


class Ports:
    """Every port of TCP, UDP and SCTP, cut at the ports that matter.

    Beside them stand `names`: ports by protocol and name, of which nobody knows the number.
    """

    def __init__(
        self, ranges: Iterable[tuple[str, int, int]], names: Iterable[tuple[str, str]] = ()
    ) -> None:
        spans = tuple((at * _SPAN, (at + 1) * _SPAN - 1) for at in range(len(PROTOCOLS)))
        cuts = [(_at(p, first), _at(p, last)) for p, first, last in ranges]
        self._axis = Axis.cut(spans, (*cuts, *((first, first) for first, _ in spans)))
        zeros = (self._axis.between(first, first) for first, _ in spans)
        self.everything = self._axis.everything
        for zero in zeros:
            self.everything &= ~zero
        first = self._axis.everything.bit_length()
        self._names = {name: 1 << first + at for at, name in enumerate(sorted(set(names)))}
        self.everything |= sum(self._names.values())
        self._numbers = self._axis.everything

    def named(self, protocol: str, name: str) -> int:
        """The set with the port of this name; empty where names do not matter."""
        return self._names.get((protocol, name), 0)

    def names(self, mask: int) -> tuple[tuple[str, str], ...]:
        """The ports of the set that are known by protocol and name alone."""
        return tuple(name for name, bit in self._names.items() if bit & mask)

    def of(self, protocol: str, first: int = 1, last: int = LAST_PORT) -> int:
        """The set of the ports of a protocol from first to last; all of them where none is said."""
        return self._axis.between(_at(protocol, first), _at(protocol, last))

    def holding(self, protocol: str, port: int) -> int:
        """The set with the one atom that holds this port."""
        return self._axis.holding(_at(protocol, port))

    def ranges(self, mask: int) -> tuple[tuple[str, int, int], ...]:
        """The set as protocol, first and last port."""
        split = (
            (max(first, at * _SPAN), min(last, (at + 1) * _SPAN - 1), at)
            for first, last in self._axis.ranges(mask & self._numbers)
            for at in range(first // _SPAN, last // _SPAN + 1)
        )
        return tuple((PROTOCOLS[at], first % _SPAN, last % _SPAN) for first, last, at in split)


def _at(protocol: str, port: int) -> int:
    return PROTOCOLS.index(protocol) * _SPAN + port


def port_ranges(port: PolicyPort) -> Iterator[tuple[str, int, int]]:
    """The numbers that a port of a policy cuts at; none for a name."""
    if not port.name:
        yield port.protocol, port.first, port.last


def address_text(first: int, last: int) -> str:
    """A range of IPv4 addresses as people read it."""
    return f"{IPv4Address(first)}-{IPv4Address(last)}"
