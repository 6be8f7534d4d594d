"""Verdicts of the bundled designs: one for each question, with what they rest on, however read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from apim_aks.artefacts.manifests import manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.options import OPTIONS as EVERY_OPTION
from apim_aks.reachability.proof import prove
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.verdicts import Verdict
from apim_aks.workload.kubernetes.apply import apply
from apim_aks.workload.kubernetes.object import objects_in
from tests.support.designs import bundled
from tests.support.mutated_designs import OPTIONS
from tests.support.series import combined
from tests.support.snapshots import snapshot

PLACE = re.compile(r" line \d+|resources\[\d+\]|data/\w+\.csv|kubernetes/api")
"""A file with its line, a template with its resource, a row of the facts, or a source."""
OWNED = re.compile(r"-6d8c7\w{5}\[ReplicaSet\]$")
WORKLOADS = ("contoso-orders", "contoso-retail")


def answered(verdicts: tuple[Verdict, ...]) -> dict[tuple[str, str, str], str]:
    return {(v.service, v.port, v.source): v.answer.value for v in verdicts}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("workload", combined(*WORKLOADS))
def test_every_question_has_one_verdict_with_what_it_rests_on(workload: str, option: str) -> None:
    proof = bundled(workload).placement(option).proved.proof
    assert proof
    asked = Counter((v.service, v.port, v.source) for v in proof.verdicts)
    assert set(asked.values()) == {1}
    sources = {(v.service, v.port): set[str]() for v in proof.verdicts}
    for verdict in proof.verdicts:
        sources[verdict.service, verdict.port].add(verdict.source)
        assert verdict.because
        if verdict.answer is Answer.OPEN:
            assert verdict.packet or verdict.source == "{nodes}"
            assert PLACE.search(" ".join(verdict.because)) or "no policy" in verdict.because[-1]
        else:
            assert verdict.packet is None
            assert PLACE.search(" ".join(verdict.because)) or verdict.source in CONNECTED
    known = {frozenset(found) for found in sources.values() if "{anybody}" not in found}
    assert len(known) == 1


CONNECTED = ("{peered}", "{on-premises}")
"""Of these the reason may be that no object connects them."""


@pytest.mark.parametrize("option", [o.id for o in EVERY_OPTION])
@pytest.mark.parametrize("workload", combined(*WORKLOADS))
def test_a_recorded_snapshot_of_the_same_state_has_the_same_answers(
    workload: str, option: str
) -> None:
    """With ids, managed fields, defaults, status, slices, ReplicaSets and pods, as kubectl prints.

    A ReplicaSet and its pods are sources of their own there, with the answers of the Deployment.
    """
    placement = bundled(workload).placement(option)
    proof = placement.proved.proof
    assert proof
    today = objects_in(placement.workload.documents, [])
    held = apply(today, steps(manifests(placement))).objects
    recorded = scene_of(snapshot(o.object for o in held))
    files = scene_of(o.object.document for o in held)
    before, after = (
        answered(prove(replace(proof.site, scene=scene)).verdicts) for scene in (files, recorded)
    )
    assert {k: (a, after.get(k)) for k, a in before.items() if a != after.get(k)} == {}
    more = {k: a for k, a in after.items() if k not in before}
    assert more and all(OWNED.search(source) for _, _, source in more)
    told = {(s, p, OWNED.sub("[Deployment]", k)): a for (s, p, k), a in more.items()}
    assert {k: (before[k], a) for k, a in told.items() if before[k] != a} == {}
