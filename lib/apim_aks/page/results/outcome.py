"""What a command found, before it is SARIF or JUnit: results with their rules, and cases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.topology.check import Check, State
from apim_aks.workload.finding import Finding


class Level(StrEnum):
    """How much a result weighs, in SARIF's words; the worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """A file as the input names it, and a line from 1; 0 where no line is known."""

    file: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What a result is an instance of: a stable id, what it asks for, why, and where to read on."""

    id: str
    title: str
    help: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One failure: its rule, what was found, and the places that cause it, the first one first.

    `subject` says which one it is among those of a rule in a file, whatever line it moves to.
    """

    rule: Rule
    level: Level
    message: str
    places: tuple[Place, ...]
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One check in one of its three states, in a suite; `observed` of one not run is its reason."""

    suite: str
    name: str
    state: State
    expected: str
    observed: str
    how: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the command of this name found about its subject."""

    command: str
    subject: str
    results: tuple[Result, ...]
    cases: tuple[Case, ...]


def case_of(check: Check) -> Case:
    """A check as a case of the suite of its option."""
    return Case(
        suite=check.option,
        name=check.id,
        state=check.state,
        expected=check.expected,
        observed=check.reason if check.state is State.NOT_RUN else check.observed,
        how=check.how,
        severity=check.severity.value,
    )


def refused(finding: Finding, rule: Rule) -> Result:
    """A file or a part of one that was left out."""
    return Result(
        rule=rule,
        level=Level.ERROR,
        message=str(finding),
        places=(Place(finding.file, finding.line),),
        subject=finding.found,
    )
