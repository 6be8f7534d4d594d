"""Who reaches which Service, as reachability.json says it, and what of it changes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.decision.reached import REACHED_VERSION, named_sources
from apim_aks.reachability.difference import Change, change_of
from apim_aks.reachability.reach import ANY_POD, Answer
from apim_aks.reachability.verdicts import ANYBODY, NODES


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
    """The answers of one state by port and source; `refused` says what of its proof is missing.

    `asked` are the sources that every port has an answer for, unless nobody knows who reaches it.
    """

    ports: Mapping[Port, Mapping[str, Told]]
    refused: str = ""
    asked: frozenset[str] = frozenset()

    @property
    def proved(self) -> bool:
        """Whether there is a proof, so that what has no answer is not reached."""
        return bool(self.ports) or not self.refused

    def unanswered(self, ports: Iterable[Port]) -> Iterator[Port]:
        """Those of these ports that lack an answer, so that nobody knows who reaches them."""
        for port in ports:
            answers = self.ports.get(port, {})
            if ANYBODY not in answers and not (answers and self.asked <= answers.keys()):
                yield port


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
    if data["schema_version"] not in range(1, REACHED_VERSION + 1):
        raise ValueError(f"schema_version of its answers is {data['schema_version']!r}")
    if not data["zones"]:
        raise ValueError("zones of its answers is empty")
    asked = frozenset({*data["zones"], ANY_POD} - {NODES})
    return {state["state"]: _state(state, asked) for state in data["states"]}


def _state(state: Mapping[str, Any], asked: frozenset[str]) -> StateReached:
    ports: dict[Port, dict[str, Told]] = {}
    named = {**{source: (source,) for source in (*asked, NODES)}, **named_sources(state)}
    for verdict in state["verdicts"]:
        told = Told(Answer(verdict["answer"]), verdict["credential"] or "", _packet(verdict))
        answers = ports.setdefault((verdict["service"], verdict["port"]), {})
        answers.update(dict.fromkeys(_sources(verdict["source"], named), told))
    return StateReached(ports, state["refused"] or "", asked)


def _sources(source: str, named: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A workload, or those that a name in braces stands for."""
    if source.startswith("{") and source not in named:
        raise ValueError(f"nothing says what {source} stands for")
    return named.get(source, (source,))


def _packet(verdict: Mapping[str, Any]) -> str:
    shown = verdict["packet"]
    if not shown:
        return ""
    return "{source} to {destination}, {protocol} {port}".format(**shown)


def moved(old: StateReached, new: StateReached, but: Container[Port] = ()) -> Iterator[Moved]:
    """What is opened and closed between two states, sources of one change together.

    Nothing is said of the ports of `but`.
    Who is new to a cluster was any other pod before, and so is who is gone from it.
    """
    for port in sorted(p for p in {*old.ports, *new.ports} if p not in but):
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
