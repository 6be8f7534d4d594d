"""What filters mean for the gateway: each address has to pass, for it may have any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.gates import Gate, closing, passed
from apim_aks.reachability.hops import Hop, Step, breaks, passes, unsure
from apim_aks.reachability.places import Place


@dataclass(frozen=True, slots=True)
class Judge:
    """Gates as hops of calls from one place."""

    ends: Endpoints
    place: Place

    @property
    def asked(self) -> int:
        """The addresses that are the place's for certain; where there are none, all that may be."""
        return self.ends.of_ranges(self.place.sure) or self.ends.of_ranges(self.place.may)

    @property
    def example(self) -> str:
        """One address of the place."""
        return str(IPv4Address(self.ends.example(self.asked)))

    def first(self, among: int) -> int:
        """One of these addresses of the place, else any of its own."""
        left = self.asked & among or self.asked
        return left & -left

    def hop(self, step: Step, gates: Iterable[Gate], words: Iterable[str] = ()) -> Hop:
        """Open where all addresses pass for sure, closed where none may; `words` go first."""
        gates, asked = tuple(gates), self.asked
        sure, may = passed(gates)
        if not asked:
            return unsure(step, self.place.said or self.place.missing)
        if not asked & ~sure:
            return passes(step, *_once((*words, *_said(gates, self.first(asked)))))
        if not asked & may:
            return breaks(step, *_once((*words, *closing(gates, asked))))
        doubted = [gate for gate in gates if asked & ~gate.sure]
        said = _said(doubted, self.first(~sure))
        return unsure(step, *_once((*words, *said, self.place.said)))


def _said(gates: Iterable[Gate], address: int) -> Iterator[str]:
    return (gate.why(address) for gate in gates)


def _once(words: Iterable[str]) -> Iterator[str]:
    return (word for word in dict.fromkeys(words) if word)
