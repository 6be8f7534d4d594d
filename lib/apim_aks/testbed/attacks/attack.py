"""An attack made and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apim_aks.facts.testbed import TestbedCheck
from apim_aks.remote.calls import Ending, Outcome
from apim_aks.testbed.attacks import bodies, callers, certificates, routes, tokens
from apim_aks.testbed.doors import Door
from apim_aks.testbed.front import Front
from apim_aks.testbed.operations import Called
from apim_aks.testbed.recorder import Arrival

End = tuple[Outcome, tuple[Arrival, ...]]
Made = Callable[[Door], Iterator[End]]

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
    return _judged(row, tuple(ATTACKS[row.id](door)), (door.service,))


def front_attack(row: TestbedCheck, front: Front, called: Called) -> Judgement:
    """Make the attack at the gateway by calling this operation, and judge how it ended."""
    return _judged(row, tuple(callers.ATTACKS[row.id](front, called)), called.api.services)


def _judged(row: TestbedCheck, ends: tuple[End, ...], own: tuple[str, ...]) -> Judgement:
    wrong = [seen for end in ends if (seen := _wrong(row, own, *end))]
    if wrong:
        return Judgement(False, "; ".join(dict.fromkeys(wrong)))
    tried = f" in {len(ends)} shapes" if len(ends) > 1 else ""
    return Judgement(True, _seen(row, ends[0][0]) + tried)


def _wrong(
    row: TestbedCheck, own: tuple[str, ...], outcome: Outcome, arrived: tuple[Arrival, ...]
) -> str:
    """What was let happen; empty where it held."""
    for arrival in arrived:
        if row.judged != "own-service" or arrival.service not in own or _hidden(arrival):
            request = arrival.request
            return f"{request.method} {request.path} arrived at {arrival.service}"
    if row.judged == "handshake":
        return "" if outcome.ending in _HANDSHAKE else outcome.words
    if row.judged == "foreign":
        allowed = outcome.headers.get("access-control-allow-origin", "")
        return f"{allowed} is allowed to call" if allowed in ("*", callers.ORIGIN) else ""
    codes = {"unauthorised": (401,), "forbidden": (403,), "refused": (401, 403)}
    wanted = codes.get(row.judged)
    return outcome.words if wanted and outcome.status not in wanted else ""


def _hidden(arrival: Arrival) -> bool:
    return bodies.HIDDEN in arrival.request.target


def _seen(row: TestbedCheck, outcome: Outcome) -> str:
    said = {
        "handshake": "refused in the TLS handshake",
        "own-service": "nothing arrived at another Service",
        "nothing-arrives": "nothing arrived at a Service",
        "foreign": "that origin is not allowed",
    }
    return said.get(row.judged) or outcome.words
