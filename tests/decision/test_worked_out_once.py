"""What is worked out once, or only when somebody asks, follows what it is made from."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from apim_aks.artefacts.arm_templates.expressions import Code, parameter
from apim_aks.artefacts.arm_templates.parameters import Parameter
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.stages import Draft, stages
from apim_aks.artefacts.planned_site import PlannedSite
from apim_aks.decision.candidate import Candidate
from apim_aks.decision.design import Design, Placement, design, redesign, with_requirement
from apim_aks.decision.measures import MEASURES, Measures, Subject
from apim_aks.decision.proved import Proofs
from apim_aks.decision.requirements import ruled_out
from apim_aks.facts import tier
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY, MONTHLY_COST, PUBLIC_ENDPOINTS
from apim_aks.options import option
from apim_aks.options.narrowing import narrowed
from apim_aks.reachability.templates.evaluation import Evaluation
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.workload.guards.guard import Guards
from tests.support.designs import bundled

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"


@cache
def one(id: str) -> Design:
    """The small workload with this option alone."""
    return design(replace(bundled("contoso-orders").workload), [option(id)])


def out_of_budget() -> Placement:
    made = one("vnet-internal")
    dear = with_requirement(made.workload, monthly_budget=1.0, regions=2)
    return redesign(made, dear, whole=False).placements[0]


def test_who_reaches_what_is_ruled_out_is_proved_when_somebody_asks() -> None:
    placement = out_of_budget()
    assert placement.ruled_out and not placement.proved.asked
    found = placement.measure(AROUND_THE_GATEWAY)
    assert placement.proved.asked
    proved = Proofs(placement.workload).of(placement)
    assert found == MEASURES[AROUND_THE_GATEWAY](Subject.of(placement, proved))


def test_what_is_in_has_a_proof_of_its_own_picture() -> None:
    made = one("vnet-internal")
    (placement,) = redesign(
        made, with_requirement(made.workload, regions=2), whole=False
    ).placements
    assert placement.within and placement.proved.of is placement.topology


def test_measures_are_those_of_their_subject() -> None:
    subject = one("vnet-internal").placements[0].measures.subject
    measures, cheaper = Measures(subject), Measures(replace(subject, tier=tier("Developer")))
    assert measures == Measures(subject) != cheaper
    assert len(measures) == len(tuple(measures)) and measures.of(MONTHLY_COST) in measures
    assert measures.of(MONTHLY_COST).low > cheaper.of(MONTHLY_COST).low
    assert measures.of(PUBLIC_ENDPOINTS) == cheaper.of(PUBLIC_ENDPOINTS)


def test_what_is_missed_follows_the_requirements() -> None:
    made = one("vnet-internal").placements[0]
    candidate = Candidate(made.workload, made.option, made.tier, made.topology, made.measures)
    assert ruled_out(candidate) == ()
    asked = replace(candidate, workload=with_requirement(made.workload, monthly_budget=1.0))
    assert [r.requirement for r in ruled_out(asked)] == ["monthly_budget"]


def test_policies_that_are_narrowed_are_those_of_the_guards() -> None:
    placement = bundled("contoso-retail").placement("public-services")
    assert [g.name for g in narrowed(placement.workload, placement.topology)] == ["payments"]
    without = replace(placement.workload, guards=Guards())
    assert narrowed(without, placement.topology) == ()


def test_the_plan_of_addresses_is_that_of_the_network() -> None:
    placement = one("vnet-internal").placements[0]
    azure = replace(placement.workload.azure, taken_address_ranges=("10.40.0.0/16",))
    moved = replace(placement, workload=replace(placement.workload, azure=azure))
    assert PlannedSite(placement).plan is PlannedSite(placement).plan
    assert PlannedSite(moved).plan.network != PlannedSite(placement).plan.network


def test_a_template_declares_what_its_resources_their_order_and_its_outputs_use() -> None:
    names = ("own", "awaited", "told", "unused")
    catalogue = [Parameter(name, "string", "") for name in names]
    first = Resource(type=TYPE, names=(parameter("awaited"),))
    second = Resource(type=TYPE, names=("n",), body={"x": parameter("own").value})
    draft = Draft("10", (first, replace(second, needs=(first.id,))), "")
    outputs = (("o", Code("parameters('told')")),)
    for resources, told, used in (
        (draft.resources, (), {"own", "awaited"}),
        ((second,), (), {"own"}),
        ((replace(second, body={}),), outputs, {"told"}),
    ):
        (stage,) = stages(replace(draft, resources=resources, outputs=told), catalogue, "rg")
        assert set(stage.template["parameters"]) == used


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("[subscription().id]", True),
        ("[subscription('x')]", False),
        ("[parameters()]", False),
        ("[own('a')]", True),
        ("[own('a', 'b')]", True),
        ("[own()]", False),
        ("[own('a', 'b', 'c')]", False),
        ("[resourceId('A.B/c', 'n')]", True),
        ("[copyIndex()]", True),
    ],
)
def test_a_function_takes_as_many_arguments_as_it_has(text: str, fits: bool) -> None:
    def own(a: str, b: str = "") -> str:
        return a + b

    seen = Evaluation(functions={"own": own}, forgiving=True, copies={"": 1})
    assert (seen.value(text) == Unknown(text)) is not fits
