"""What filters between a place and a pod let through: sets of addresses, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apim_aks.reachability.reach import Answer


@dataclass(frozen=True, slots=True)
class Gate:
    """The addresses that one filter surely lets through, and those that it may.

    `reasons` are sets of addresses with what decides about them.
    """

    sure: int
    may: int
    reasons: tuple[tuple[int, str], ...] = ()

    def why(self, addresses: int) -> str:
        """What decides about the first of these addresses that it says something of."""
        return next((words for mask, words in self.reasons if mask & addresses), "")


OPEN = Gate(-1, -1)
"""No filter: every address passes."""


def unknown(words: str) -> Gate:
    """Nothing is known of what passes."""
    return Gate(0, -1, ((-1, words),))


def shut(words: str) -> Gate:
    """Nothing passes."""
    return Gate(0, 0, ((-1, words),))


def passed(gates: Iterable[Gate]) -> tuple[int, int]:
    """What surely passes one filter after the other, and what may."""
    sure = may = -1
    for gate in gates:
        sure &= gate.sure
        may &= gate.may
    return sure, may


def answered(passing: tuple[int, int], asked: int, certain: int) -> Answer:
    """Open where an address that is a place's for certain surely passes, or all that may be do.

    `passing` are the addresses that surely pass, and those that may; `asked` those that may be the
    place's, and `certain` those that are.
    """
    sure, may = passing
    if sure & certain or (asked and not asked & ~sure):
        return Answer.OPEN
    return Answer.UNKNOWN if may & asked else Answer.CLOSED


def either(gates: Sequence[Gate]) -> Gate:
    """What passes where one of these stands, and nobody knows which."""
    if len(gates) == 1:
        return gates[0]
    sure, may = -1, 0
    for gate in gates:
        sure, may = sure & gate.sure, may | gate.may
    return Gate(sure, may, tuple(reason for gate in gates for reason in _told(gate, sure, may)))


def _told(gate: Gate, sure: int, may: int) -> Iterator[tuple[int, str]]:
    """What one of several says where it decides: where it stops what another may let through."""
    for mask, words in gate.reasons:
        yield mask & (sure | ~may | ~gate.sure), words


def closing(gates: Iterable[Gate], asked: int) -> list[str]:
    """The reasons of the filters that together let none of these addresses through."""
    said, left = [], asked
    for gate in gates:
        if left & ~gate.may:
            said.append(gate.why(left & ~gate.may))
            left &= gate.may
    return [words for words in said if words]
