"""What a difference consists of: its parts, the changes in each, and what stops a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.listing import counted


class Part(StrEnum):
    """What is compared, in the order of every output: what a reviewer must see comes first."""

    CONNECTIVITY = "connectivity"
    CONTRACT = "contract"
    CHECKS = "checks"
    DECISION = "decision"
    COST = "cost"
    MAPPING = "mapping"
    FACTS = "facts"
    INPUT = "input"

    @property
    def label(self) -> str:
        """The part as a heading."""
        return {
            "input": "Input",
            "mapping": "Services and APIs",
            "contract": "Contract",
            "connectivity": "Connectivity",
            "checks": "Checks",
            "decision": "Ranking and decision",
            "cost": "Cost",
            "facts": "Facts",
        }[self.value]


class Gate(StrEnum):
    """A kind of change that can end a command with exit code 1."""

    OPENED = "opened"
    CONTRACT = "contract"
    DECISION = "decision"
    CHECK = "check"

    @property
    def part(self) -> Part:
        """The part that it is about."""
        return {
            "opened": Part.CONNECTIVITY,
            "contract": Part.CONTRACT,
            "decision": Part.DECISION,
            "check": Part.CHECKS,
        }[self.value]

    @property
    def counted(self) -> str:
        """Such changes behind their number."""
        return {
            "opened": "opened",
            "contract": "breaking",
            "decision": "about the decision",
            "check": "failing now",
        }[self.value]

    @property
    def words(self) -> str:
        """What it means that there is such a change."""
        return {
            "opened": "a connection is newly open, or no longer proved closed",
            "contract": "a change breaks callers",
            "decision": "another option is followed, or the recorded one no longer holds",
            "check": "a check of the option that is followed fails now",
        }[self.value]


NO_LONGER_PROVED = "no longer proved"
"""The kind of a check that passed, and is not run now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: its subject, what became of it, and how it was before and is now.

    `option` is the option that it is about, or `today`; empty where it is about none. `place` is
    the file that the subject stands in, with the line where it is known. `sources` are those from
    whom a connection was opened or closed, `because` gives a reason or an example. `gate` is None
    where the change stops nothing.
    """

    subject: str
    kind: str
    option: str = ""
    place: str = ""
    before: str = ""
    now: str = ""
    because: str = ""
    sources: tuple[str, ...] = ()
    gate: Gate | None = None

    @property
    def called(self) -> str:
        """The subject with what it is about."""
        return f"{self.option}: {self.subject}" if self.option else self.subject

    @property
    def values(self) -> str:
        """`closed, now open`: what there is of it."""
        return ", now ".join(filter(None, (self.before, self.now)))


@dataclass(frozen=True, slots=True)
class Compared:
    """The changes of one part; `not_compared` says, in sentences, what of it was not compared."""

    part: Part
    changes: tuple[Change, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The part in a few words: the number of its changes, else why there is none."""
        found = counted(len(self.changes), "change") if self.changes else ""
        if self.not_compared:
            return f"{found}, partly not compared" if found else "not compared"
        return found or "no change"
