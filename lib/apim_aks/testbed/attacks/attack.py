"""An attack made and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apim_aks.facts.testbed import TestbedCheck
from apim_aks.remote.calls import Ending, Outcome
from apim_aks.testbed.attacks import bodies, certificates, routes, tokens
from apim_aks.testbed.doors import Door
from apim_aks.testbed.recorder import Arrival

Made = Callable[[Door], Iterator["tuple[Outcome, tuple[Arrival, ...]]"]]

ATTACKS: dict[str, Made] = {
    **certificates.ATTACKS,
    **routes.ATTACKS,
    **bodies.ATTACKS,
    **tokens.ATTACKS,
}
"""The attacks by their id in data/testbed_checks.csv."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the entry held, and what was seen."""

    held: bool
    seen: str


_HANDSHAKE = (Ending.REFUSED, Ending.RESET, Ending.OTHER)


def attack(row: TestbedCheck, door: Door) -> Judgement:
    """Make the attack at this door, and judge how it ended."""
    ends = tuple(ATTACKS[row.id](door))
    wrong = [seen for end in ends if (seen := _wrong(row, door, *end))]
    if wrong:
        return Judgement(False, "; ".join(dict.fromkeys(wrong)))
    tried = f" in {len(ends)} shapes" if len(ends) > 1 else ""
    return Judgement(True, _seen(row, ends[0][0]) + tried)


def _wrong(row: TestbedCheck, door: Door, outcome: Outcome, arrived: tuple[Arrival, ...]) -> str:
    """What the entry let happen; empty where it held."""
    own = row.judged == "own-service"
    reached = [a for a in arrived if not (own and _own(a, door))]
    if reached:
        first = reached[0]
        request = first.request
        return f"{request.method} {request.path} arrived at {first.service}"
    if row.judged == "handshake":
        return "" if outcome.ending in _HANDSHAKE else outcome.words
    codes = {"unauthorised": (401,), "forbidden": (403,), "refused": (401, 403)}
    wanted = codes.get(row.judged)
    return outcome.words if wanted and outcome.status not in wanted else ""


def _own(arrival: Arrival, door: Door) -> bool:
    """It went where it was sent, and was not hidden in another."""
    return arrival.service == door.service and bodies.HIDDEN not in arrival.request.target


def _seen(row: TestbedCheck, outcome: Outcome) -> str:
    if row.judged == "handshake":
        return "refused in the TLS handshake"
    if row.judged == "own-service":
        return "nothing arrived at another Service"
    return "nothing arrived at a Service" if row.judged == "nothing-arrives" else outcome.words
