"""What a change opens and closes: today, and with the option that is followed."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.decision.reached import TODAY
from apim_aks.difference.change import Change, Compared, Gate, Part
from apim_aks.difference.side import Side
from apim_aks.difference.states import Port, StateReached, moved
from apim_aks.listing import listed
from apim_aks.reachability.difference import Change as Opening
from apim_aks.reachability.difference import Changed, around, difference
from apim_aks.reachability.proof import Proof
from apim_aks.reachability.words import end_words, named, ports_words, source_words

_ORDER = list(Opening)
"""What is opened comes first."""
_NAMED = 3


def connectivity(old: Side, new: Side) -> Compared:
    """Today by the manifests of both, as `reach --against` does; what a report has, by its answers.

    A state that one side lacks is not compared, and said, as is what is missing in a proof.
    """
    found: list[tuple[Opening, Change]] = []
    lacking: list[str] = []
    for state in filter(None, dict.fromkeys((TODAY, new.followed))):
        if state == TODAY and old.proof and new.proof:
            found += _proved(old.proof, new.proof)
        else:
            lacking += _lacking(old, new, state)
            lacking += _untold(old, new) if state == TODAY else ()
            found += _told(old, new, state)
    found.sort(key=lambda pair: _ORDER.index(pair[0]))
    return Compared(Part.CONNECTIVITY, tuple(c for _, c in found), tuple(dict.fromkeys(lacking)))


def _lacking(old: Side, new: Side, state: str) -> Iterator[str]:
    """What of the answers of a state cannot be compared, and why."""
    for name, side in (("old", old), ("new", new)):
        told = (side.states or {}).get(state)
        if side.states is None:
            yield f"The {name} side has no reachability.json."
        elif told is None:
            yield f"The {name} side has no answers for {state}."
        elif told.refused:
            yield f"The {name} side has no whole proof for {state}: {told.refused}."
        elif without := _unanswered(side, told):
            ports = listed([f"{port} of Service {service}" for service, port in without], _NAMED)
            yield f"The {name} side lacks answers for {state} about {ports}."


def _unanswered(side: Side, told: StateReached) -> tuple[Port, ...]:
    """The ports that a report should have answers for, and has none."""
    return () if side.proof else tuple(told.unanswered(side.ports))


def _untold(old: Side, new: Side) -> Iterator[str]:
    """What no report says of today, and may have changed where the input did."""
    if old.states and new.states and old.digest != new.digest:
        yield (
            "A report has no answers about pods without a Service, nor about ports that no "
            "Service has; compare the two folders to have those."
        )


def _proved(old: Proof, new: Proof) -> Iterator[tuple[Opening, Change]]:
    inside = difference(old.site.scene, new.site.scene, new.reach.engine)
    together: dict[tuple[object, ...], list[Changed]] = {}
    for changed in (*inside, *around(old.site, new.site)):
        key = changed.destination, changed.ports, changed.was, changed.now
        together.setdefault(key, []).append(changed)
    for alike in together.values():
        first = alike[0]
        packet = next((str(c.packet) for c in alike if c.packet), "")
        ports = ports_words(first.ports)
        ports = "all ports" if ports == "all" else ports
        subject = f"{ports} of {end_words(first.destination)}"
        sources = tuple(source_words(c) for c in alike)
        words = first.was.value, first.now.value
        yield first.change, _change(TODAY, subject, first.change, words, sources, packet)


def _told(old: Side, new: Side, state: str) -> Iterator[tuple[Opening, Change]]:
    """The changes of a state that both sides have answers for."""
    before, after = ((side.states or {}).get(state) for side in (old, new))
    if not (before and after and before.proved and after.proved):
        return
    unknown = {*_unanswered(old, before), *_unanswered(new, after)}
    for found in moved(before, after, unknown):
        words, to = (found.was, found.now), f"{found.port[1]} of Service {found.port[0]}"
        change = _change(state, to, found.change, words, found.sources, found.packet)
        yield found.change, change


def _change(
    state: str,
    subject: str,
    opening: Opening,
    words: tuple[str, str],
    sources: tuple[str, ...],
    packet: str,
) -> Change:
    return Change(
        subject=named(subject),
        option=state,
        kind=opening.value,
        before=words[0],
        now=words[1],
        because=f"for example {named(packet)}" if packet else "",
        sources=tuple(map(named, sources)),
        gate=Gate.OPENED if opening.opens else None,
    )
