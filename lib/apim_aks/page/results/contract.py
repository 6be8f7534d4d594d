"""What `contract` found: changes that break callers, at the operation of the new document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from apim_aks.apis.contract import ChangeSeverity, ContractChange, Difference
from apim_aks.page.results.outcome import Case, Level, Outcome, Place, Result
from apim_aks.page.results.rules import rule_of_contract
from apim_aks.topology.check import State
from apim_aks.workload.model import Document
from apim_aks.workload.openapi import METHODS

_SUITE = "contract"
_EXPECTED = "callers go on as before"
_UNCLEAR = "No rule decides whether this breaks callers, so that a person has to look:"


def of_contract(difference: Difference, after: Document) -> Outcome:
    """What the document after the change means for callers of the one before it."""
    results = tuple(_broken(change, after) for change in difference.breaking)
    return Outcome(_SUITE, after.file, results, tuple(_cases(difference, after)))


def _broken(change: ContractChange, after: Document) -> Result:
    return Result(
        rule=rule_of_contract(change.rule),
        level=Level.ERROR,
        message=f"{change.sentence.removesuffix('.')} ({change.because}).",
        places=(Place(after.file, _line(change.operation, after)),),
        subject=f"{change.place}: {change.before} -> {change.after}",
    )


def _line(operation: str, after: Document) -> int:
    """The line of the operation, of its path, or of all paths where it is gone."""
    method, _, template = operation.partition(" ")
    there = {_shape(path): path for path in _paths(after)}
    path = there.get(_shape(template))
    return after.line_of("paths", path, method.lower()) if path else after.line_of("paths")


def _paths(after: Document) -> Iterator[str]:
    held = after.body.get("paths")
    yield from (p for p in held if isinstance(p, str)) if isinstance(held, dict) else ()


def _shape(template: str) -> str:
    """A path template without the names of its parameters, which are no part of a contract."""
    return re.sub(r"\{[^}]*\}", "{}", template)


def _cases(difference: Difference, after: Document) -> Iterator[Case]:
    """One for each operation that is there or was, and one for the document as a whole."""
    by: dict[str, list[ContractChange]] = {"": [], **{_shape(o): [] for o in _operations(after)}}
    names = {"": "the whole API", **{_shape(o): o for o in _operations(after)}}
    for change in difference.changes:
        by.setdefault(_shape(change.operation), []).append(change)
        names.setdefault(_shape(change.operation), change.operation)
    for operation, changes in by.items():
        yield _case(names[operation], changes)


def _case(operation: str, changes: Sequence[ContractChange]) -> Case:
    broken = [c.sentence for c in changes if c.severity is ChangeSeverity.BREAKING]
    unclear = [c.sentence for c in changes if c.severity is ChangeSeverity.UNCLEAR]
    state = State.FAIL if broken else State.NOT_RUN if unclear else State.PASS
    seen = " ".join(broken or ([_UNCLEAR, *unclear] if unclear else []))
    return Case(suite=_SUITE, name=operation, state=state, expected=_EXPECTED, observed=seen)


def _operations(after: Document) -> Iterator[str]:
    for path in _paths(after):
        item = after.body["paths"][path]
        there = METHODS if isinstance(item, dict) else ()
        yield from (f"{method.upper()} {path}" for method in there if method in item)
