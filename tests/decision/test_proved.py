"""What is proved of a drawn option: from all its files, once, and by name where it cannot be."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from apim_aks.artefacts.arm_templates import arm_templates, site_templates
from apim_aks.decision.claimed import LEAST, claims
from apim_aks.decision.design import Design, Placement, design, redesign, with_requirement
from apim_aks.decision.measures import Subject, ways_around
from apim_aks.decision.measures.exposure import Way, public_endpoints
from apim_aks.decision.proved import Proved, Told
from apim_aks.facts.criterion_ids import PUBLIC_ENDPOINTS
from apim_aks.options import option
from apim_aks.reachability.proof import prove
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    PublicAddress,
    ZoneRecord,
)
from apim_aks.reachability.verdicts import Verdict
from apim_aks.reachability.zones import Zone
from apim_aks.topology import Probe
from apim_aks.topology.check import State
from apim_aks.verification.refuted import refuted
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer, Pin
from apim_aks.workload.traffic import Traffic
from tests.support.designs import bundled

CLUSTER = ExistingResources(cluster=Existing("aks-shop", "rg-shop"))
IN_NETWORK = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
PAYMENTS = "payments/payments"


def orders() -> Design:
    return bundled("contoso-orders")


def retail() -> Design:
    return bundled("contoso-retail")


@cache
def each() -> Design:
    """The bundled example with an entry for each Service in every network."""
    pins = tuple((id, Pin(entry="per-service")) for id in IN_NETWORK)
    return design(replace(read_workload("contoso-retail"), pins=pins))


def test_the_stages_of_a_site_are_those_of_the_placement_without_its_apis() -> None:
    for placement in orders().placements:
        every = [s for s in arm_templates(placement) if not s.name.startswith("30-apis")]
        assert [(s.name, s.template, s.parameters) for s in site_templates(placement)] == [
            (s.name, s.template, s.parameters) for s in every
        ]


def test_a_proof_is_of_the_cluster_after_the_cut_over_with_the_engine_of_its_template() -> None:
    for placement in orders().placements:
        assert placement.proved.proof and not placement.proved.refused
        site = placement.proved.proof.site
        assert site.engine is Engine.CILIUM and site.cluster and site.gateway
        assert any(p.file == "60-network-policies.yaml" for p in site.scene.policies)


def test_every_file_of_an_edge_and_of_a_private_endpoint_is_understood() -> None:
    inside = replace(orders().workload, consumers=(Consumer.SAME_VNET,))
    for workload in (orders().workload, inside):
        made = design(with_requirement(workload, private_gateway=True))
        for placement in made.placements:
            assert placement.proved.proof and not placement.proved.refused
            azure = placement.proved.proof.site.azure
            assert azure and azure.not_understood == ()


def test_where_the_address_of_the_gateway_is_not_known_one_of_nobodys_stands_in() -> None:
    placement = orders().placement("public-services")
    assert placement.proved.proof
    site = placement.proved.proof.site
    assert site.azure and site.gateway
    own = site.azure.find(PublicAddress, site.gateway.public_address)
    assert own and own.address == "192.0.2.1"
    assert [g.public_address for g in site.azure.all(ApiManagement)] == [own.id]


def test_what_changes_no_file_is_not_proved_again() -> None:
    weighed = redesign(orders(), replace(orders().workload, preset="security-first"))
    judged = redesign(
        orders(), with_requirement(orders().workload, no_public_cluster_endpoint=True)
    )
    two = replace(orders().workload, traffic=Traffic(least_units=2))
    more = redesign(orders(), two)
    for made in (weighed, judged, more):
        for now, then in zip(made.placements, orders().placements, strict=True):
            same = now.choices == then.choices
            assert (now.proved.proof is then.proved.proof) == same
    assert judged.placement("vnet-external").choices.edge == "none"


@pytest.mark.parametrize(("said", "engine"), [("", None), ("azure", Engine.AZURE)])
def test_what_cannot_be_made_is_said_and_leaves_the_rest_to_be_proved(
    said: str, engine: Engine | None
) -> None:
    azure = replace(orders().workload.azure, existing=CLUSTER, network_policy=said)
    made = redesign(orders(), replace(orders().workload, azure=azure))
    proved = made.placement("vnet-external").proved
    assert proved.refused.startswith("azure.existing names the cluster aks-shop but no network")
    assert proved.proof and proved.proof.site.azure is None
    assert proved.proof.site.engine is engine


def shown(option: str, narrowed: bool) -> dict[str, Verdict]:
    """Who reaches the payments of the bundled example, by source."""
    proof = each().placement(option).proved.proof
    assert proof
    site = proof.site if narrowed else replace(proof.site, scene=_before(proof.site.scene))
    service = next(s for s in site.scene.services if s.id == PAYMENTS)
    return {v.source: v for v in prove(site).of(service)}


def _before(scene: Scene) -> Scene:
    """The scene with the reader's own policy as it stands in the input, and ports of the nodes."""
    before = scene_of(retail().workload.documents).policies
    own = {p.id: p for p in before if p.id == PAYMENTS}
    facings = tuple(replace(f, node_ports=True) for f in scene.facings)
    return replace(scene, policies=tuple(own.get(p.id, p) for p in scene.policies), facings=facings)


@pytest.mark.parametrize("option", IN_NETWORK)
def test_a_policy_without_callers_opens_the_bundled_payments_until_it_is_narrowed(
    option: str,
) -> None:
    open_ = shown(option, narrowed=False)[Zone.NETWORK]
    assert open_.answer is Answer.OPEN and open_.packet
    assert open_.packet.source == "10.40.4.4" and open_.packet.destination == "any node"
    assert (
        "payments/payments (manifests/payments.yaml line 122, rule in line 136)"
        in open_.because[-1]
    )
    closed = shown(option, narrowed=True)[Zone.NETWORK]
    assert closed.answer is Answer.CLOSED
    way = next(w for w in ways_of(option) if w.service == PAYMENTS)
    assert (way.low, way.high) == (0, 0)


def ways_of(option: str) -> tuple[Way, ...]:
    placement = each().placement(option)
    return ways_around(Subject.of(placement, placement.proved))


def test_whoever_holds_the_certificate_reaches_the_ingress_from_the_network() -> None:
    for way in ways_of("ingress-mtls"):
        assert (way.low, way.high) == (0.5, 0.5)
        assert way.drawn.asked and "with the client certificate still required" in way.who
        (found,) = (f for f in way.found if f.level == 0.5 and f.sure)
        assert "a client certificate, which Gateway apis asks for" in found.who


_NOT_THERE = {(zone, asked) for zone in (Zone.PEERED, Zone.ON_PREMISES) for asked in (True, False)}
"""The network of a bundled workload is connected with no other."""


@pytest.mark.parametrize("name", ["contoso-orders", "contoso-retail"])
def test_what_is_drawn_of_each_service_is_what_its_files_prove(name: str) -> None:
    for placement in bundled(name).placements:
        proof = placement.proved.proof
        assert proof
        services = {s.id: s for s in proof.site.scene.services}
        for id, claim in claims(placement).items():
            verdicts = [v for v in proof.of(services[id]) if v.source in LEAST]
            drawn = {
                (z, claim.asked) for z, least in LEAST.items() if least <= claim.reach
            } - _NOT_THERE
            found = {(v.source, bool(v.credential)) for v in verdicts if v.answer is Answer.OPEN}
            assert found == drawn, (placement.option.id, id)
            assert all(v.answer is not Answer.UNKNOWN for v in verdicts)
            assert not any(map(claim.broken_by, verdicts))


@pytest.mark.parametrize("name", ["contoso-orders", "contoso-retail"])
def test_the_endpoints_that_are_drawn_are_those_that_the_files_open(name: str) -> None:
    for placement in bundled(name).placements:
        drawn = [c for c in placement.topology.components if c.in_cluster and c.public]
        assert placement.proved.proof
        ends = placement.proved.proof.public_ends
        assert [e.answer for e in ends] == [Answer.OPEN] * len(drawn)
        assert placement.measure(PUBLIC_ENDPOINTS).low == len(drawn)


def opened(**lost: object) -> Placement:
    """The payments of the bundled example with a Service that has lost these."""
    placement = each().placement("vnet-internal")
    assert placement.proved.proof
    site = placement.proved.proof.site
    facings = tuple(
        replace(f, **lost) if f.of == f"{PAYMENTS}-gateway" else f  # type: ignore[arg-type]
        for f in site.scene.facings
    )
    scene = replace(site.scene, facings=facings, policies=())
    proof = prove(replace(site, scene=scene))
    told = replace(placement.proved.told, proof=proof)
    return replace(placement, proved=Proved.known(told, placement.topology))


@pytest.mark.parametrize(
    ("lost", "endpoints", "refutes"),
    [
        ({}, 0, False),
        ({"internal": False}, 0, False),
        ({"internal": False, "denies_rest": False, "ranges": ()}, 1, True),
        ({"internal": False, "denies_rest": False, "ranges": (), "unread": ("a",)}, 0, False),
    ],
)
def test_a_service_that_becomes_public_is_an_endpoint_and_refutes_the_probe(
    lost: dict[str, object], endpoints: int, refutes: bool
) -> None:
    placement = opened(**lost)
    found = public_endpoints(Subject.of(placement, placement.proved))
    assert found.low == endpoints and found.high == (1 if "unread" in lost else endpoints)
    probes = {e.id: e.test for e in placement.topology.expectations if isinstance(e.test, Probe)}
    against = refuted(placement, probes["vnet-internal.cluster-unreachable-from-internet"])
    assert bool(against) == refutes
    if against:
        assert against.state is State.FAIL and "a public load balancer stands" in against.seen
    assert bool(refuted(placement, probes["vnet-internal.other-subnet-refused"])) == refutes


def test_an_edge_before_the_gateways_own_name_is_no_way_in_unless_that_is_led_elsewhere() -> None:
    placement = orders().placement("vnet-internal")
    assert placement.proved.proof
    site = placement.proved.proof.site
    assert site.azure
    own = "/apim-orders01.azure-api.net"
    record = next(r for r in site.azure.all(ZoneRecord) if r.zone.endswith(own))
    led = replace(record, addresses=("10.40.4.4",), owners=())
    held = tuple(led if value is record else value for value in site.azure.held)
    elsewhere = prove(replace(site, azure=replace(site.azure, held=held)))
    sound, other = (
        ways_around(Subject.of(placement, proved))[0]
        for proved in (placement.proved, Proved.known(Told(elsewhere)))
    )
    assert sound.unknown == ()
    assert any("agw-edge" in found.why for found in other.unknown)


def test_a_gateway_that_the_files_leave_open_rules_its_option_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = with_requirement(orders().workload, private_gateway=True)
    only = [option("v2-integration")]
    assert design(replace(asked), only).placements[0].within
    monkeypatch.setattr(
        "apim_aks.decision.proved.site_templates",
        lambda drawn: tuple(s for s in site_templates(drawn) if s.name != "40-close"),
    )
    made = design(replace(asked), only)
    (out,) = made.placements[0].ruled_out
    assert out.requirement == "private_gateway" and not made.ranking.standings
    assert "TCP 443 from the internet" in out.reason
    assert "publicNetworkAccess is Enabled" in out.reason
