"""The checks of a placement that runs: operations, attacks and faults, each passed or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from apim_aks.decision.design import Design
from apim_aks.errors import InputError
from apim_aks.facts.testbed import StandIn, TestbedCheck, testbed_checks
from apim_aks.options.drawn import Drawn
from apim_aks.testbed.attacks import Judgement, attack, front_attack
from apim_aks.testbed.contents import Changed, ChangedVault, unchanged, unchanged_vault
from apim_aks.testbed.doors import Door, doors
from apim_aks.testbed.faults import FAULTS
from apim_aks.testbed.front import (
    ChangedTemplate,
    Front,
    front_of,
    key,
    meant_by,
    unchanged_template,
)
from apim_aks.testbed.operations import Called, calls, wrong_with
from apim_aks.testbed.own_checks import HOW
from apim_aks.testbed.processes import NotStarted
from apim_aks.testbed.site import Site, standing
from apim_aks.topology.check import Check, Severity
from apim_aks.verification.verdict import Verdict, judged, not_run

OPERATIONS = "operations-arrive"
FRONT = ("key", "caller", "caller-address", "web", "climbing")
"""The families of attacks that the gateway's policies are asked to withstand."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the testbed found of an option, and what ran for it."""

    option: str
    checks: tuple[Check, ...]
    parts: tuple[StandIn, ...] = ()


def trial(
    placement: Drawn,
    changed: Changed = unchanged,
    template: ChangedTemplate = unchanged_template,
    vault: ChangedVault = unchanged_vault,
) -> Trial:
    """The placement run on this machine and attacked.

    Where it cannot run here, every check is `not_run` with the reason. `changed`,
    `template` and `vault` break its manifests, templates and vault on purpose.
    """
    option = placement.option.id
    try:
        with standing(placement, changed, vault) as site:
            return Trial(option, tuple(_looked_at(site, template)), site.parts)
    except (NotStarted, InputError) as error:
        missing = not_run(str(error).rstrip("."), HOW)
        return Trial(option, tuple(_check(placement, *said, missing) for said in _all()))


def trials(design: Design) -> Iterator[Trial]:
    """The trial of each option, one after the other."""
    return map(trial, design.placements)


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


def _looked_at(site: Site, changed: ChangedTemplate) -> Iterator[Check]:
    drawn, front = site.scene.drawn, front_of(site, changed)
    yield _check(drawn, OPERATIONS, "K3", _OPERATIONS_EXPECTED, _operations(site, front))
    found = tuple(replace(d, checked=front.checks(d.backend.host)) for d in doors(site))
    for row in testbed_checks():
        if row.family in FRONT:
            if not (asked := meant_by(row.family, front)):
                continue
            verdict = _at_front(row, front, asked)
        elif meant := tuple(d for d in found if _applies(row, d)):
            verdict = _verdict(row, meant)
        else:
            continue
        yield _check(drawn, row.id, row.claim, f"{row.attempt}: {row.expected}", verdict)


def _operations(site: Site, front: Front) -> Verdict:
    """Each operation called through policies and entry, and what arrived compared."""
    wrong, all_of = [], tuple(calls(site.scene.drawn.mapping))
    for called in all_of:
        if found := _wrong(site, front, called):
            wrong.append(f"{called.words}: {found}")
    first = f"; first: {wrong[0]}" if wrong else ""
    return judged(not wrong, f"{len(all_of) - len(wrong)} of {len(all_of)} did{first}", HOW)


def _wrong(site: Site, front: Front, called: Called) -> str:
    """What is wrong with how this operation is served; empty where it is as it should be."""
    mark = site.recorder.mark()
    passed = front.ask(front.request(called, (*key(), *front.token(called))))
    owner = called.operation.service
    divided = tuple(s for s, _ in site.scene.drawn.mapping.shares(owner))
    found = wrong_with(called, site.recorder.since(mark), divided or (owner,))
    error = f" ({passed.error.reason})" if passed.error else ""
    status = passed.response.status
    return f"{found}; answered with {status}{error}" if found else ""


def _at_front(row: TestbedCheck, front: Front, found: Sequence[Called]) -> Verdict:
    """How it ended at the gateway, for an operation of each API."""
    ends = [(c, front_attack(row, front, c)) for c in found]
    wrong = [f"{c.words}: {end.seen}" for c, end in ends if not end.held]
    return judged(not wrong, "; ".join(wrong) or ends[0][1].seen, HOW)


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
            return not_run(f"the valid call is not served by {door.named}", HOW)
        ends.append((door, _end(row, door)))
    wrong = [f"{door.named}: {end.seen}" for door, end in ends if not end.held]
    return judged(not wrong, "; ".join(wrong) or ends[0][1].seen, HOW)


def _end(row: TestbedCheck, door: Door) -> Judgement:
    if not row.judged:
        assert door.entry
        return FAULTS[row.id](door, door.entry)
    end = attack(row, door)
    if end.held and not door.served():
        return Judgement(False, "the valid call is no longer served afterwards")
    return end


_ELSEWHERE = (
    "; load balancer and network rules do not run on this machine, and the proof of reachability "
    "is about them"
)


def _cannot(row: TestbedCheck, door: Door) -> str:
    """Why this is not tried at an entry that its manifests promise nothing of the kind about."""
    entry, site = door.entry, door.site
    if entry is None:
        return "no proxy stands there"
    controller = site.scene.drawn.controller.name
    if row.id == "other-subject" and not entry.compares_names:
        return f"{controller} compares no name: its authority signs for the gateway alone"
    if row.family == "address" and not entry.compares_addresses:
        return f"{controller} compares no address{_ELSEWHERE}"
    if row.family == "address" and not site.listed:
        return f"no address of the gateway can be listed{_ELSEWHERE}"
    return ""
