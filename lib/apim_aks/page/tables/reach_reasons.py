"""The reasons for every answer on one port, in words, each said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apim_aks.decision.reached import PortReached
from apim_aks.listing import counted, listed
from apim_aks.reachability.reach import ANY_POD
from apim_aks.reachability.together import Together
from apim_aks.reachability.verdicts import Verdict
from apim_aks.reachability.zones import Zone

HEADS: dict[Zone, str] = {
    z: f"{z.short[0].upper()}{z.short[1:]}" for z in Zone if z is not Zone.NODES
}
"""The zones as columns name them."""

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Reasons:
    """Who gets an answer, and what decides; `zones` are those outside the cluster."""

    who: str
    zones: tuple[Zone, ...]
    verdict: Verdict
    said: tuple[str, ...]


def of_zone(port: PortReached, zone: Zone) -> Verdict:
    """The verdict on a zone; where nobody knows who answers there is one for anybody alone."""
    found = next((v for v in port.zones if v.source == zone), None)
    return found or port.inside[0].verdict


def reasons_of(port: PortReached, zones: Iterable[Zone]) -> tuple[Reasons, ...]:
    """The reasons for these zones and for the pods of the cluster.

    An answer that differs by one reason from an earlier one says by which. What the reader looks
    at, the Service and its pods, is not named again and again.
    """
    found: list[Reasons] = []
    last: dict[str, str] = {}
    for who, alike, verdict, example in (*_outside(port, zones), *map(_inside, port.inside)):
        near = next((f for f in found if _near(f.verdict, verdict)), None)
        said = _but(near, verdict, example) if near else _whole(verdict, example)
        words = (_once(_shorter(s, port), last) for s in said)
        found.append(Reasons(who, alike, verdict, tuple(words)))
    return tuple(found)


def _once(reason: str, last: dict[str, str]) -> str:
    """The reason, or where it was said last of the same way; `last` is what was, by the way."""
    way, _, rest = reason.partition(": ")
    if rest and last.get(way) == reason:
        return f"{way}: as above"
    last[way] = reason
    return reason


def looked_at(port: PortReached) -> str:
    """What the reasons call this Service and its pods."""
    said = f"This Service is in {port.place}"
    if len(port.behind) != 1:
        return f"{said}."
    workload, place = port.behind[0]
    return f"{said}, its pods are those of {workload} ({place})."


def _shorter(reason: str, port: PortReached) -> str:
    reason = reason.replace(f"Service {port.service} ({port.place})", "this Service")
    if len(port.behind) != 1:
        return reason
    workload, place = port.behind[0]
    reason = reason.replace(f"pods of {workload} ({place}) have", "its pods have")
    for before, after in (("into ", ":"), ("to ", ",")):
        reason = reason.replace(f"{before}{workload}{after}", f"{before}its pods{after}")
    return reason


_Who = tuple[str, tuple[Zone, ...], Verdict, bool]
"""Who, the zones that they are, what they get, and whether its reasons are an example."""


def _outside(port: PortReached, zones: Iterable[Zone]) -> Iterator[_Who]:
    """The zones, those together that get one answer for the same reasons."""
    found: dict[object, list[Zone]] = {}
    for zone in zones:
        verdict = of_zone(port, zone)
        said = verdict.because, verdict.handed
        found.setdefault((verdict.answer, verdict.packet, *said), []).append(zone)
    for alike in found.values():
        yield zones_said(alike), tuple(alike), of_zone(port, alike[0]), False


def zones_said(zones: Sequence[Zone]) -> str:
    """The zones as a sentence begins with them."""
    who = listed([zone.short for zone in zones])
    return who[0].upper() + who[1:]


def _inside(found: Together) -> _Who:
    return _called(found.sources), (), found.verdict, len(found.sources) > 1


def _called(sources: Sequence[str]) -> str:
    if sources == (ANY_POD,):
        return "Any pod that is not in the input"
    if len(sources) <= _NAMED:
        return listed(sources)
    spaces = list(dict.fromkeys(name.partition("/")[0] for name in sources))
    return f"{counted(len(sources), 'workload')} of {listed(spaces, _NAMED)}"


def _within(head: str) -> str:
    """A head as it stands within a sentence."""
    return (
        head[0].lower() + head[1:] if head.startswith(("The ", "Peered", "On ", "Any ")) else head
    )


def _near(one: Verdict, other: Verdict) -> bool:
    """As many reasons, and at most one of them another."""
    alike = one.answer is other.answer and one.credential == other.credential
    alike = alike and one.handed == other.handed
    differing = set(other.because) - set(one.because)
    return alike and len(other.because) == len(one.because) > len(differing) <= 1


def _but(near: Reasons, verdict: Verdict, example: bool) -> tuple[str, ...]:
    other = [r for r in verdict.because if r not in near.verdict.because]
    as_for = f"as for {_within(near.who)}{', but:' if other else ''}"
    return (*_packet(verdict, example), as_for, *other)


def _whole(verdict: Verdict, example: bool) -> tuple[str, ...]:
    """The packet, everything that decides, and what is still asked for."""
    asked = (f"still asked for: {verdict.credential}",) if verdict.credential else ()
    handed = (f"{verdict.handed} (A9)",) if verdict.handed else ()
    return (*_packet(verdict, example), *verdict.because, *asked, *handed)


def _packet(verdict: Verdict, example: bool) -> tuple[str, ...]:
    if verdict.packet is None:
        return ()
    return (f"{'for example' if example else 'packet:'} {verdict.packet}",)
