"""The checks of a placement that runs: operations, attacks and faults, each passed or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.decision.design import Design
from apim_aks.errors import InputError
from apim_aks.facts.testbed import TestbedCheck, testbed_checks
from apim_aks.options.drawn import Drawn
from apim_aks.testbed.attacks import Judgement, attack
from apim_aks.testbed.contents import Changed, unchanged
from apim_aks.testbed.doors import Door, doors
from apim_aks.testbed.faults import FAULTS
from apim_aks.testbed.gateway import through_mapping
from apim_aks.testbed.operations import calls, wrong_with
from apim_aks.testbed.processes import NotStarted
from apim_aks.testbed.site import Site, standing
from apim_aks.topology.check import Check, Severity
from apim_aks.verification.verdict import Verdict, judged, not_run

HOW = "testbed"
OPERATIONS = "operations-arrive"


def testbed_checks_of(placement: Drawn, changed: Changed = unchanged) -> tuple[Check, ...]:
    """What the testbed finds of this placement; `changed` breaks its manifests on purpose.

    Where it cannot run here, every check is `not_run` with the reason.
    """
    try:
        with standing(placement, changed) as site:
            return tuple(_looked_at(site))
    except (NotStarted, InputError) as error:
        reason = str(error).rstrip(".")
        return tuple(_check(placement, i, *said, not_run(reason, HOW)) for i, *said in _all())


def checks_of(design: Design, options: Sequence[str] = ()) -> tuple[Check, ...]:
    """The checks of these options, of all compared where none is named."""
    chosen = [p for p in design.placements if not options or p.option.id in options]
    return tuple(c for p in chosen for c in testbed_checks_of(p))


def _all() -> Iterator[tuple[str, str, str]]:
    """Every check that there may be: id, claim, expected."""
    yield OPERATIONS, "K3", _OPERATIONS_EXPECTED
    for row in testbed_checks():
        yield row.id, row.claim, f"{row.attempt}: {row.expected}"


_OPERATIONS_EXPECTED = (
    "every published operation arrives at the Service that owns it, with method, path, query and "
    "body as its document has them"
)


def _check(placement: Drawn, id: str, claim: str, expected: str, verdict: Verdict) -> Check:
    option = placement.option.id
    return Check(
        id=f"{option}.testbed-{id}",
        option=option,
        claim=claim,
        severity=Severity.MUST,
        state=verdict.state,
        expected=expected,
        observed=verdict.seen,
        how=verdict.how,
        reason=verdict.reason,
    )


def _looked_at(site: Site) -> Iterator[Check]:
    drawn = site.scene.drawn
    yield _check(drawn, OPERATIONS, "K3", _OPERATIONS_EXPECTED, _operations(site))
    found = tuple(doors(site))
    for row in testbed_checks():
        meant = tuple(d for d in found if _applies(row, d))
        if meant:
            verdict = _verdict(row, meant)
            yield _check(drawn, row.id, row.claim, f"{row.attempt}: {row.expected}", verdict)


def _operations(site: Site) -> Verdict:
    """Each operation called through the entry, and what arrived compared."""
    wrong, all_of = [], tuple(calls(site.scene.drawn.mapping))
    for called in all_of:
        mark = site.recorder.mark()
        outcome = through_mapping(site, called)
        owner = called.operation.service
        divided = tuple(s for s, _ in site.scene.drawn.mapping.shares(owner))
        found = wrong_with(called, site.recorder.since(mark), divided or (owner,))
        if found or not outcome.answered:
            wrong.append(f"{called.words}: {found or outcome.words}")
    first = f"; first: {wrong[0]}" if wrong else ""
    return judged(not wrong, f"{len(all_of) - len(wrong)} of {len(all_of)} did{first}", HOW)


def _applies(row: TestbedCheck, door: Door) -> bool:
    """There is something at this door that the attack or fault is about."""
    if row.family == "token":
        return door.asks_token
    if row.id in ("client-certificate-rotated", "authority-rolled-over"):
        return door.asks_certificate
    if row.family in ("address", "route"):
        return bool(door.prefix)
    if row.family == "certificate":
        return door.asks_certificate
    return door.entry is not None


def _verdict(row: TestbedCheck, found: tuple[Door, ...]) -> Verdict:
    """How it ended at these doors; a fault is made at the first of them."""
    if why := _cannot(row, found[0]):
        return not_run(why, HOW)
    ends = []
    for door in found if row.judged else found[:1]:
        if not door.served():
            return not_run(f"the right call is not served by {door.named}", HOW)
        ends.append((door, _end(row, door)))
    wrong = [f"{door.named}: {end.seen}" for door, end in ends if not end.held]
    return judged(not wrong, "; ".join(wrong) or ends[0][1].seen, HOW)


def _end(row: TestbedCheck, door: Door) -> Judgement:
    if not row.judged:
        assert door.entry
        return FAULTS[row.id](door, door.entry)
    end = attack(row, door)
    if end.held and not door.served():
        return Judgement(False, "the right call is not served any more afterwards")
    return end


def _cannot(row: TestbedCheck, door: Door) -> str:
    """Why this is not tried at an entry that its manifests promise nothing of the kind about."""
    entry, site = door.entry, door.site
    if entry is None:
        return "no proxy stands there"
    if row.id == "other-subject" and not entry.pins_names:
        controller = site.scene.drawn.controller.name
        return f"{controller} compares no name: its authority signs for the gateway alone"
    if row.family == "address" and not entry.lists_callers:
        return (
            "the load balancer and the network rules compare addresses here, which do not run on "
            "this machine; the proof of reachability is about them"
        )
    return ""
