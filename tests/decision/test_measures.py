"""Counted by hand on a workload of three published Services, five operations."""

import importlib
import pkgutil
import re
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.costs import Purchase, units_needed
from apim_aks.decision import measures
from apim_aks.decision.design import design
from apim_aks.decision.measures import (
    MEASURES,
    Measure,
    Subject,
    missing_criteria,
    money,
    number,
)
from apim_aks.facts import criteria
from apim_aks.workload.azure import Azure
from apim_aks.workload.model import Requirements
from apim_aks.workload.traffic import Traffic
from tests.support.designs import designed
from tests.support.places import REPOSITORY
from tests.support.scenario import COUNTED, shop

PACKAGE = REPOSITORY / "lib" / "apim_aks"
CALLED = re.compile(r"\bCriterionId\(([^)]*)\)")

OPTIONS = tuple(option.id for option in COUNTED)
BY_HAND = {
    # orders and reviews need a token check in front, payments is ready as it is
    "public-endpoints": (3, 1, 0, 0, 0, 0),
    # payments checks tokens where everybody gets; ports of nodes lead past the ingress's list
    "around-the-gateway": (1.5, 0.5, 0, 0, 0, 0),
    # payments validates tokens wherever it stands; reviews has one wildcard operation
    "unauthenticated-hops": (0, 0, 3, 3, 3, 3),
    "blast-radius": (2, 5, 0, 0, 0, 0),
    "entry-points": (3, 1, 3, 3, 3, 3),
    "authenticating-components": (3, 2, 1, 1, 1, 1),
    "components-to-run": (2, 1, 0, 0, 0, 0),
    # inside, payments shows a certificate of a private authority, once a year; the edge two
    "certificate-rotations": (6, 3.2, 1, 3, 1, 3),
    # two token checks of six objects (SecretProviderClass, ConfigMap, Deployment, budget, Service,
    # NetworkPolicy), orders to ClusterIP, the Ingress goes; payments untouched.
    # Ingress: four objects and its Service's address, three routes with a policy each, TLS to
    # payments, orders and payments to ClusterIP, the Ingress goes.
    # Inside: three Services with a policy each, the Ingress goes, the certificate of payments.
    "objects-changed": (14, 15, 8, 8, 8, 8),
    "tls-terminations": (1, 2, 1, 1, 1, 1),
    "regions": (1, 1, 1, 1, 1, 1),
    # 99.95 of the gateway times 99.99 of the cluster's load balancer, and 99.95 of the edge
    "sla": (99.94, 99.94, 99.94, 99.89, 99.94, 99.89),
    # no load is stated: known from nothing up, and not scored
    "units-headroom": (0, 0, 0, 0, 0, 0),
    # a token check changes four times, the Istio gateway three, an allow-list every five years
    "changes-a-year": (4.2, 3.2, 0, 0, 0, 0),
    # four operations, and for reviews seven methods below its root and seven at it
    "operations-headroom": (555.6, 555.6, 4166.7, 4166.7, 2777.8, 4166.7),
}


@pytest.mark.parametrize("id", sorted(BY_HAND))
def test_measure_is_what_a_person_counts(id: str) -> None:
    placements = designed(shop(), COUNTED).placements
    assert tuple(p.measure(id).low for p in placements) == BY_HAND[id]


def test_services_left_public_count_in_every_option() -> None:
    counts = [
        p.measure("public-endpoints").low
        for p in design(shop(publish=("reviews",)), COUNTED).placements
    ]
    assert counts == [3, 3, 2, 2, 2, 2]


MODULES = [
    module
    for info in pkgutil.iter_modules(measures.__path__, f"{measures.__name__}.")
    if hasattr(module := importlib.import_module(info.name), "MEASURES")
]


def test_every_criterion_has_a_function_and_every_function_a_criterion() -> None:
    rows = {c.id for c in criteria() if c.available == "yes"}
    assert rows - set(MEASURES) == set(), "in data/criteria.csv, and without a function in MEASURES"
    assert set(MEASURES) - rows == set(), "in MEASURES, and without a row in data/criteria.csv"
    assert len(MEASURES) == sum(len(m.MEASURES) for m in MODULES) == len(set(MEASURES.values()))
    for module in MODULES:
        written = {n for n, f in vars(module).items() if n[0] != "_" and counts(module, f)}
        assert written == {f.__name__ for f in module.MEASURES.values()}


def counts(module: ModuleType, found: Any) -> bool:
    """A function of this module that makes a measure of a subject."""
    types = getattr(found, "__annotations__", {})
    own = getattr(found, "__module__", "") == module.__name__
    return own and types == {"subject": "Subject", "return": "Measure"}


def test_every_id_in_the_library_is_a_row() -> None:
    """Checked here and not at the import, where a damaged row would be a traceback."""
    found = [t for f in (PACKAGE).rglob("*.py") for t in CALLED.findall(f.read_text("utf-8"))]
    assert len(found) > 10
    assert set(found) <= {'""', *(f'"{c.id}"' for c in criteria())}  # a threat may have none
    assert len(found) == len(set(found)), "an id is written once"


def test_every_measure_lists_what_it_counted() -> None:
    for placement in design(shop()).placements:
        for measure in placement.measures:
            assert measure.counted or measure.low == 0, measure.id


def test_every_criterion_is_counted() -> None:
    assert [c.id for c in missing_criteria()] == [], "no function in MEASURES counts these"


def test_zones_raise_the_promise_of_premium() -> None:
    wanted = Requirements(availability_zones=True)
    placement = design(shop(requirements=wanted)).placement("vnet-external")
    assert placement.measure("sla").low == 99.98


def test_regions_count_where_they_are_built_and_paid_for() -> None:
    two = design(shop(requirements=Requirements(regions=2))).placement("vnet-external")
    one = design(shop()).placement("vnet-external")
    assert (one.measure("regions").low, two.measure("regions").low) == (1, 2)
    assert two.measure("monthly-cost").low - one.measure("monthly-cost").low == 2795.17
    # the gateway's part rises, the one load balancer of the one cluster stays in series
    assert two.measure("sla").low == 99.98
    assert "stay in one region" in two.measure("sla").note
    body = next(
        r["properties"]
        for stage in arm_templates(two)
        for r in stage.template["resources"]
        if r["type"] == "Microsoft.ApiManagement/service"
    )
    (further,) = body["additionalLocations"]
    assert further["sku"] == {"name": "Premium", "capacity": 1}
    assert further["location"] == "[parameters('location2')]"


def test_a_promise_nobody_published_is_a_range_and_counts_at_its_worse_end() -> None:
    wanted = Requirements(availability_zones=True)
    made = design(shop(requirements=wanted, azure=Azure(region="swedencentral")))
    found = made.placement("v2-integration").measure("sla")
    assert (found.low, found.high) == (99.94, 99.98)


TIERS = ("Basic", "Basic", "Premium", "Premium", "Standard v2", "Premium v2")
LOADS = [
    # nothing stated: no option gains
    (Traffic(), TIERS, (1, 1, 1, 1, 1, 1), ("not scored",) * 6),
    # 1,000 a unit of Basic, 4,000 of Premium, nothing published for v2
    (
        Traffic(requests_per_second=200),
        TIERS,
        (1, 1, 1, 1, 1, 1),
        ("5", "5", "20", "20", "≥ 0", "≥ 0"),
    ),
    # Basic carries 2,000 in its two units: the next tier that may carry more; a fixed outbound
    # address is in Premium alone then, as Standard ends at 4,000
    (
        Traffic(requests_per_second=5000),
        ("Basic v2", "Premium", "Premium", "Premium", "Standard v2", "Premium v2"),
        (1, 2, 2, 2, 1, 1),
        ("≥ 0", "1.6", "1.6", "1.6", "≥ 0", "≥ 0"),
    ),
    # one's own load test goes before what is published
    (
        Traffic(requests_per_second=5000, measured=(("Premium", 1250.0), ("Standard v2", 900.0))),
        ("Basic v2", "Premium", "Premium", "Premium", "Standard v2", "Premium v2"),
        (1, 4, 4, 4, 6, 1),
        ("≥ 0", "1", "1", "1", "1.1", "≥ 0"),
    ),
]


@pytest.mark.parametrize(("traffic", "tiers", "units", "headroom"), LOADS)
def test_headroom_is_what_the_units_that_are_built_carry_of_the_stated_load(
    traffic: Traffic, tiers: Any, units: Any, headroom: Any
) -> None:
    made = design(shop(traffic=traffic), COUNTED)
    assert tuple(p.tier.name for p in made.placements) == tiers
    found = [Subject.of(p, p.proved) for p in made.placements]
    assert tuple(units_needed(s.purchase) for s in found) == units
    assert tuple(p.measure("units-headroom").text for p in made.placements) == headroom
    scored = {s.criterion for x in made.ranking.standings for s in x.scores}
    assert ("units-headroom" in scored) == bool(traffic.requests_per_second)


def test_headroom_that_nobody_published_can_leave_the_verdict_open() -> None:
    made = design(shop(traffic=Traffic(requests_per_second=5000)), COUNTED)
    notes = {p.measure("units-headroom").note for p in made.placements}
    assert all("load test" in note for note in notes)
    ends = [m for m in made.ranking.hinges if m.criterion == "units-headroom"]
    assert all(h.value >= 4 for h in ends)


def test_an_open_interval_reads_as_at_least() -> None:
    assert Measure("monthly-cost", 147.17, float("inf")).text == "≥ 147.17"
    assert Measure("monthly-cost", 867.9, 867.9).text == "867.90"
    assert Measure("monthly-cost", 700, 1735.8).text == "700 to 1,735.80"
    assert Measure("operations-headroom", 867.9, 867.9).text == "867.9"
    assert (number(0.999), number(100), number(1200.5), money(0.999)) == (
        "1",
        "100",
        "1,200.5",
        "1",
    )
    assert Measure("sla", 99.95, 99.99).text == "99.95 to 99.99"
    assert Measure("regions", 2, 2).text == "2"


def test_what_is_measured_is_what_is_bought() -> None:
    placement = design(shop()).placement("vnet-external")
    subject = Subject(
        topology=placement.topology, mapping=design(shop()).mapping, tier=placement.tier
    )
    assert subject.purchase == Purchase(placement.topology, placement.tier)
    wanted, load = Requirements(regions=2), Traffic(least_units=3)
    asked = replace(subject, requirements=wanted, traffic=load)
    assert asked.purchase == Purchase(placement.topology, placement.tier, wanted, load)


def test_bypass_exposure_names_its_scale_and_what_is_still_required() -> None:
    placements = design(shop()).placements
    said = {p.option.id: p.measure("around-the-gateway").counted for p in placements}
    assert any(
        line.endswith("1.5 of 3 (the internet, with the gateway's token still required)")
        for line in said["public-services"]
    )
    assert all("of 3 (" in line for lines in said.values() for line in lines)
