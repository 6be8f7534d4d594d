"""Why a connection is open, closed or unknown: the objects that decide at each end of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from apim_aks.facts.controller_labels import added_labels
from apim_aks.reachability.axis import members
from apim_aks.reachability.hits import Direction, Hit
from apim_aks.reachability.reach import ANY_POD, Answer, Reach, ports_of
from apim_aks.reachability.sides import Asked
from apim_aks.workload.network_policy import Action

EACH = "each of them"
"""In the place of one caller's name, where the same reasons decide about several."""
_WORDS = {Direction.INGRESS: "into", Direction.EGRESS: "out of"}


def witness(
    reach: Reach, sources: int, destinations: int, ports: int, answer: Answer
) -> tuple[int, int, int] | None:
    """One endpoint of each set, and the ports among these on which the answer holds for them."""
    for source, destination in product(members(sources), members(destinations)):
        sure, may = reach.between(1 << source, 1 << destination)
        held = {Answer.OPEN: sure, Answer.UNKNOWN: may & ~sure, Answer.CLOSED: ~may}[answer]
        if held & ports:
            return 1 << source, 1 << destination, held & ports
    return None


def because(
    reach: Reach, source: int, destination: int, port: int, relayed: bool = True
) -> tuple[str, ...]:
    """What decides about a connection between two endpoints on one port, at each end.

    Where it is not `relayed` by a node, policies see the address of the caller itself.
    """
    said: list[str] = []
    for direction, own, other in (
        (Direction.EGRESS, source, destination),
        (Direction.INGRESS, destination, source),
    ):
        if own & reach.ends.inside:
            pod = own.bit_length() - 1
            place = f"{_WORDS[direction]} {reach.ends.pods[pod].workload}"
            words = _of_side(reach, direction, pod, other, port, relayed)
            said += (f"{place}: {reason}" for reason in words)
    return tuple(dict.fromkeys(said))


def out_of(reasons: Sequence[str], source: str, other: str) -> tuple[str, ...]:
    """The reasons with another word for the source where it is the one that calls."""
    own = f"{_WORDS[Direction.EGRESS]} {source}:"
    return tuple(r.replace(own, f"{_WORDS[Direction.EGRESS]} {other}:", 1) for r in reasons)


def _of_side(
    reach: Reach, direction: Direction, pod: int, other: int, port: int, relayed: bool
) -> Iterator[str]:
    sides = reach.sides
    side, asked = getattr(sides, direction)[pod], sides.asked(pod, direction)
    if direction is Direction.INGRESS and not relayed:
        side, asked = sides.unrelayed(pod), replace(asked, fronts=0)
    if ports_of(side.sure, other) & port:
        yield _open(reach, asked, direction, other, port)
    elif ports_of(side.may, other) & port:
        yield from _unknown(reach, asked, direction, other, port)
    else:
        yield _closed(reach, asked, direction, other, port)


def _stages(
    reach: Reach, asked: Asked, direction: Direction
) -> tuple[tuple[Hit, ...], tuple[Hit, ...], tuple[Hit, ...]]:
    sides = reach.sides
    named = sides.rules(asked, direction)
    baseline = () if asked.policies else tuple(sides.hits(asked, direction, baseline=True))
    return tuple(sides.hits(asked, direction)), named, baseline


def _open(reach: Reach, asked: Asked, direction: Direction, other: int, port: int) -> str:
    for stage in _stages(reach, asked, direction):
        for hit in stage:
            if hit.on(port).sure & other:
                if hit.action is Action.ALLOW:
                    return f"{hit.place} admits it"
                if hit.action is Action.PASS:
                    break
    if asked.admin:
        return "no policy denies it"
    return f"no policy selects these pods for {direction}"


def _closed(reach: Reach, asked: Asked, direction: Direction, other: int, port: int) -> str:
    admin, named, baseline = _stages(reach, asked, direction)
    for hit in admin:
        if hit.on(port).sure & other and hit.action is not Action.ALLOW:
            if hit.action is Action.DENY:
                return f"{hit.place} denies it"
            break
    if asked.policies:
        policies = (reach.sides.policies[at] for at in asked.policies)
        places = ", ".join(f"{p.id} ({p.file} line {p.line})" for p in policies)
        return f"no rule of the NetworkPolicies that select these pods lets it through: {places}"
    denying = (h for h in baseline if h.action is Action.DENY and h.on(port).may & other)
    return f"{next(denying).place} denies it"


def _unknown(
    reach: Reach, asked: Asked, direction: Direction, other: int, port: int
) -> Iterator[str]:
    yield from (str(reach.scene.doubts[at]) for at in asked.doubts)
    if direction is Direction.INGRESS and other & reach.ends.unrecognised:
        yield "the node of a pod may always call it, and who uses the node's network calls from it"
    if asked.fronts & port and other & reach.ends.outside:
        yield "calls to nodes lead there, and which source policies see of them is not defined"
    for hit in (hit for stage in _stages(reach, asked, direction) for hit in stage):
        found = hit.on(port)
        if found.may & ~found.sure & other:
            yield f"{hit.place} may match: {_undecided(reach, other, hit)}"


def _undecided(reach: Reach, other: int, hit: Hit) -> str:
    if other & reach.ends.any:
        return f"it depends on the labels of {ANY_POD}"
    rules = (*(hit.policy.ingress or ()), *(hit.policy.egress or ()))
    peers = [p for r in rules if r.line == hit.line for p in r.peers]
    if not other & reach.ends.inside:
        return "what it names is not understood"
    if any(peer.block for peer in peers):
        return "whether addresses stand for pods is not defined"
    if any(peer.pods.keys & added_labels() for peer in peers if peer.pods):
        return "controllers set labels that it asks for"
    return "the labels of a namespace are not in the input, or it is not known to be enforced"
