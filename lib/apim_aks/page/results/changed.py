"""What a change does to callers and connections, at the operations and objects that it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apim_aks.apis.document import documents_of
from apim_aks.decision.design import Design
from apim_aks.difference import Change, Difference, Gate, Part
from apim_aks.difference.facets import HOLDS
from apim_aks.page.results.outcome import Case, Level, Place, Result
from apim_aks.page.results.rules import rule_of
from apim_aks.reachability.difference import Change as Opening
from apim_aks.topology.check import State
from apim_aks.workload.documents import Parsed

_RULES = {
    Opening.OPENED.value: "reach.opened",
    Opening.NO_LONGER_CLOSED.value: "reach.no-longer-closed",
}
_GATES = {Gate.OPENED: "reach.opened", Gate.CONTRACT: "contract.breaking"}
_SUITE = "fail-on"
_UNASKED = "--fail-on does not name it"


def changed(
    difference: Difference, design: Design, file: Parsed, gates: Collection[Gate]
) -> Iterator[Result]:
    """What is newly open, breaks callers or changes the decision; without a place, at `file`.

    A gate that is not passed because nothing was compared is a result as well.
    """
    yield from _opened_and_broken(difference, design, file)
    place = Place(file.file, file.line_of("decision", "option"))
    for change in difference.part(Part.DECISION).changes:
        if change.gate and change.subject != HOLDS.words:
            yield _result("decision-changed", _message(change), place, change.called)
    place = Place(file.file, file.line_of("name"))
    for gate in gates:
        if not _stopping(difference, gate):
            for sentence in difference.stopped_by((gate,)):
                yield _result("gate.not-compared", sentence, place, gate.value)


def gate_cases(difference: Difference, gates: Collection[Gate]) -> Iterator[Case]:
    """One for each gate: not run where nobody asked for it, or something was not compared."""
    for gate in Gate:
        stopped = [*difference.stopped_by((gate,))]
        failed = State.FAIL if _stopping(difference, gate) else State.NOT_RUN
        yield Case(
            suite=_SUITE,
            name=gate.value,
            state=State.NOT_RUN if gate not in gates else failed if stopped else State.PASS,
            expected=f"it is not so that {gate.words}",
            observed="; ".join(stopped) if gate in gates else _UNASKED,
        )


def _stopping(difference: Difference, gate: Gate) -> list[Change]:
    return [c for c in difference.part(gate.part).changes if c.gate is gate]


def _result(rule: str, message: str, place: Place, subject: str) -> Result:
    return Result(
        rule=rule_of(rule), level=Level.ERROR, message=message, places=(place,), subject=subject
    )


def _opened_and_broken(difference: Difference, design: Design, file: Parsed) -> Iterator[Result]:
    for part in difference.parts:
        for change in part.changes:
            if change.gate in _GATES:
                rule = _RULES.get(change.kind) or _GATES[change.gate]
                yield Result(
                    rule=rule_of(rule),
                    level=Level.ERROR,
                    message=_message(change),
                    places=tuple(dict.fromkeys(_places(change, design))) or (Place(file.file, 1),),
                    subject=f"{change.called} {change.because}",
                )


def _message(change: Change) -> str:
    sources = f" from {', '.join(change.sources)}" if change.sources else ""
    why = f" ({change.because})" if change.because else ""
    before = f"; before {change.before}" if change.before else ""
    now = f", now {change.now}" if change.now else ""
    return f"{change.called}{sources}: {change.kind}{before}{now}{why}."


def _places(change: Change, design: Design) -> Iterator[Place]:
    """Where an operation is declared, or the objects of the end that is reached."""
    if change.gate is Gate.CONTRACT:
        of, _, subject = change.subject.partition(": ")
        yield from _declared(of, subject.partition(", ")[0], design)
        return
    end = change.subject.rpartition(" ")[2]
    yield from (Place(s.file, s.line) for s in design.workload.services if s.id == end and s.file)
    pods = design.proofs.today.site.scene.pods
    yield from (Place(p.file, p.line) for p in pods if p.workload.partition("[")[0] == end)


def _declared(api: str, operation: str, design: Design) -> Iterator[Place]:
    """The operation itself; where it is gone, the paths of the documents that the API has left."""
    documents = documents_of(design.workload)
    left = [
        o
        for a in design.mapping.apis
        if a.id == api
        for o in a.operations
        if o.document in documents
    ]
    same = [o for o in left if f"{o.method} {o.template}" == operation]
    for found in same:
        document = documents[found.document]
        where = document.place_of(found.path)
        yield Place(found.document, document.line_of(*where, found.method.lower()))
    for file in dict.fromkeys(o.document for o in left) if not same else ():
        yield Place(file, documents[file].line_of("paths"))
