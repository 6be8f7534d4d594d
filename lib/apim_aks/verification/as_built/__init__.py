"""Promises about connections checked on live state, by the same proof as for the files.

Azure and the cluster are only read. Each promise is judged as for files, with the packet and
the object that admits it; it stays open, by name, if something could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from apim_aks.decision.design import Placement
from apim_aks.decision.proved import Proved
from apim_aks.facts.criterion_ids import PUBLIC_ENDPOINTS
from apim_aks.listing import shown
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.verdicts import Verdict as Answered
from apim_aks.reachability.zones import Zone
from apim_aks.remote.azure import redacted
from apim_aks.topology import Derived, DesignRule, Expectation, Measured
from apim_aks.topology.check import Check, State
from apim_aks.verification.as_built.proof import AsBuilt, as_built
from apim_aks.verification.checks import settled
from apim_aks.verification.drift import Drift, DriftState
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.standing import HOW, standing_promises
from apim_aks.verification.verdict import Verdict, not_run

_NO_LINE = re.compile(r" line 0\b")
_FROM_FILES = "not proved from the files: "
_MOST = 20


def standing_checks(
    scene: LiveScene, counted: tuple[Check, ...]
) -> tuple[tuple[Check, ...], tuple[Drift, ...]]:
    """The result of each promise, and the proofs of the files that no longer hold."""
    found = as_built(scene)
    option, of_files = scene.placement.option.id, {check.id: check for check in counted}
    checks: list[Check] = []
    drifts: list[Drift] = []
    for promise, standing in standing_promises(scene.placement):
        check = _ended(scene, promise, found).of(option, standing)
        checks.append(check)
        drifts += _drift(of_files.get(promise.id), check)
    return tuple(checks), (*drifts, *_opened(scene.placement, found.proved))


def _ended(scene: LiveScene, promise: Expectation, found: AsBuilt) -> Verdict:
    if found.proved.proof is None:
        return not_run(redacted(found.proved.refused), HOW)
    # Gaps in reading the files do not matter here, since live state was read itself.
    workload = replace(scene.placement.workload, openings=())
    placement = replace(scene.placement, workload=workload, proved=found.proved)
    ended = settled(scene.design, placement, promise)
    if ended is None:
        return not_run("the workbook has no check for this", HOW)
    if open_ := _left_open(promise, ended, found):
        because = f"the result depends on what was not read: {shown(open_)}"
        reason = "; ".join(filter(None, (ended.reason, because)))
        return not_run(_said(reason), HOW, _said(ended.seen))
    return Verdict(ended.state, _said(ended.seen), HOW, _said(ended.reason))


def _left_open(promise: Expectation, ended: Verdict, found: AsBuilt) -> tuple[str, ...]:
    """What was not read and may change the verdict.

    Nobody gets around a gateway of which it is not known where it stands. What may be one more
    public endpoint is no pass. Else the proof itself leaves open what it does not know.
    """
    proof = found.proved.proof
    if proof is None:
        return ()
    reaches = promise.test == Derived(DesignRule.GATEWAY_REACHES_BACKENDS)
    if reaches or proof.site.gateway is None or ended.state is State.NOT_RUN:
        return found.unread
    if isinstance(promise.test, Measured) and promise.test.measure == PUBLIC_ENDPOINTS:
        doubts = proof.site.scene.doubts if ended.state is State.PASS else ()
        return tuple(str(d) for d in doubts if d.opens)
    return ()


def _said(text: str) -> str:
    return redacted(_NO_LINE.sub("", text).removeprefix(_FROM_FILES))


def _drift(designed: Check | None, found: Check) -> Iterator[Drift]:
    """A proof that holds for the files and not for live state."""
    if designed is None or designed.state is not State.PASS:
        return
    name = found.id.partition(".")[2].removeprefix("standing-")
    seen = found.observed or found.reason
    if found.state is State.NOT_RUN:
        yield Drift(DriftState.UNKNOWN, "proof", name, "", "", found.reason)
    elif found.state is State.FAIL:
        yield Drift(DriftState.DIFFERS, "proof", name, "it holds", f"it no longer holds: {seen}")
    else:
        yield Drift(DriftState.SAME, "proof", name, "", "")


def _opened(placement: Placement, proved: Proved) -> Iterator[Drift]:
    """Ports of published Services that the files close to a zone and that are open now."""
    found = tuple(_now_open(placement, proved))
    for was, now in found[:_MOST]:
        where = f"port {now.port} from {Zone(now.source).words}"
        seen = _said(f"open: {now.packet} ({'; '.join(now.because)})")
        name = f"Service {now.service}"
        yield Drift(DriftState.DIFFERS, name, where, was.answer.value, seen)
    if (rest := len(found) - _MOST) > 0:
        more = f"{rest} more ports and zones"
        yield Drift(DriftState.DIFFERS, "Services", more, Answer.CLOSED.value, "open")


def _now_open(placement: Placement, proved: Proved) -> Iterator[tuple[Answered, Answered]]:
    files, standing = placement.proved.proof, proved.proof
    if files is None or standing is None:
        return
    services = {service.id: service for service in standing.site.scene.services}
    for service in files.site.scene.services:
        if service.id not in placement.mapping.published or service.id not in services:
            continue
        before = {(v.port, v.source): v for v in files.of(service)}
        for now in standing.of(services[service.id]):
            was = before.get((now.port, now.source))
            if was and was.answer is Answer.CLOSED and now.answer is Answer.OPEN:
                yield was, now
