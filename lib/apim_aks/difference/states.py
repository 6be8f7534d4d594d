"""Who reaches which Service, as reachability.json says it, and what of it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.decision.reached import named_sources
from apim_aks.reachability.difference import Change, change_of
from apim_aks.reachability.reach import ANY_POD, Answer


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to a source: what an open connection still asks for, a packet that shows it."""

    answer: Answer
    credential: str = ""
    packet: str = ""

    @property
    def words(self) -> str:
        """The answer, with what is asked for."""
        asked = f", refused without {self.credential}" if self.credential else ""
        return f"{self.answer.value}{asked}"


Port = tuple[str, str]
"""A Service and one of its ports: `("shop/orders", "TCP 80")`."""

NOBODY = Told(Answer.CLOSED)


@dataclass(frozen=True, slots=True)
class StateReached:
    """The answers of one state by port and source; `refused` says what of its proof is missing."""

    ports: Mapping[Port, Mapping[str, Told]]
    refused: str = ""

    @property
    def proved(self) -> bool:
        """Whether there is a proof, so that what has no answer is not reached."""
        return bool(self.ports) or not self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A port whose answer to these sources changed, and a packet of the first that shows it."""

    port: Port
    change: Change
    was: str
    now: str
    sources: tuple[str, ...]
    packet: str


def states_in(data: Mapping[str, Any]) -> dict[str, StateReached]:
    """The states of reachability.json by their id: `today`, and each option."""
    return {state["state"]: _state(state) for state in data["states"]}


def _state(state: Mapping[str, Any]) -> StateReached:
    ports: dict[Port, dict[str, Told]] = {}
    named = named_sources(state)
    for verdict in state["verdicts"]:
        told = Told(Answer(verdict["answer"]), verdict["credential"] or "", _packet(verdict))
        answers = ports.setdefault((verdict["service"], verdict["port"]), {})
        source = verdict["source"]
        answers.update(dict.fromkeys(named.get(source, (source,)), told))
    return StateReached(ports, state["refused"] or "")


def _packet(verdict: Mapping[str, Any]) -> str:
    shown = verdict["packet"]
    if not shown:
        return ""
    return "{source} to {destination}, {protocol} {port}".format(**shown)


def moved(old: StateReached, new: StateReached) -> Iterator[Moved]:
    """What is opened and closed between two states, sources of one change together.

    Who is new to a cluster was any other pod before, and so is who is gone from it.
    """
    for port in sorted({*old.ports, *new.ports}):
        before, after = old.ports.get(port, {}), new.ports.get(port, {})
        found: dict[tuple[Change, str, str], list[str]] = {}
        for source in sorted({*before, *after}):
            was, now = _answer(before, source), _answer(after, source)
            if change := _change(was, now):
                found.setdefault((change, was.words, now.words), []).append(source)
        for (change, then, is_), sources in found.items():
            shown = _answer(after, sources[0]).packet
            yield Moved(
                port=port,
                change=change,
                was=then,
                now=is_,
                sources=tuple(sources),
                packet=shown,
            )


def _answer(answers: Mapping[str, Told], source: str) -> Told:
    unnamed = NOBODY if source.startswith("{") else answers.get(ANY_POD, NOBODY)
    return answers.get(source, unnamed)


def _change(was: Told, now: Told) -> Change | None:
    """What became of an answer; an open one that asks for less than before is opened."""
    if was.answer is now.answer is Answer.OPEN and was.credential and not now.credential:
        return Change.OPENED
    return change_of(was.answer, now.answer)
