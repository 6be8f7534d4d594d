"""What is proved of a drawn option: from all its files, once, and by name where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_aks.artefacts.arm_templates import arm_templates, site_templates
from apim_aks.decision.design import design, redesign, with_requirement
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.templates.network_values import ApiManagement, PublicAddress
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer
from tests.support.scenario import shop

ORDERS = design(read_workload("contoso-orders"))
CLUSTER = ExistingResources(cluster=Existing("aks-shop", "rg-shop"))


def test_the_stages_of_a_site_are_those_of_the_placement_without_its_apis() -> None:
    for placement in ORDERS.placements:
        every = [s for s in arm_templates(placement) if not s.name.startswith("30-apis")]
        assert [(s.name, s.template, s.parameters) for s in site_templates(placement)] == [
            (s.name, s.template, s.parameters) for s in every
        ]


def test_a_proof_is_of_the_cluster_after_the_cut_over_with_the_engine_of_its_template() -> None:
    for placement in ORDERS.placements:
        assert placement.proved.proof and not placement.proved.refused
        site = placement.proved.proof.site
        assert site.engine is Engine.CILIUM and site.cluster and site.gateway
        assert any(p.file == "60-network-policies.yaml" for p in site.scene.policies)


def test_every_file_of_an_edge_and_of_a_private_endpoint_is_understood() -> None:
    inside = replace(ORDERS.workload, consumers=(Consumer.SAME_VNET,))
    for workload in (ORDERS.workload, inside):
        made = design(with_requirement(workload, private_gateway=True))
        for placement in made.placements:
            assert placement.proved.proof and not placement.proved.refused
            azure = placement.proved.proof.site.azure
            assert azure and azure.not_understood == ()


def test_where_the_address_of_the_gateway_is_not_known_one_of_nobodys_stands_in() -> None:
    placement = ORDERS.placement("public-services")
    assert placement.proved.proof
    site = placement.proved.proof.site
    assert site.azure and site.gateway
    own = site.azure.find(PublicAddress, site.gateway.public_address)
    assert own and own.address == "192.0.2.1"
    assert [g.public_address for g in site.azure.all(ApiManagement)] == [own.id]


def test_what_changes_no_file_is_not_proved_again() -> None:
    weighed = redesign(ORDERS, replace(ORDERS.workload, preset="security-first"))
    judged = redesign(ORDERS, with_requirement(ORDERS.workload, no_public_cluster_endpoint=True))
    more = redesign(ORDERS, ORDERS.workload, units=2)
    for made in (weighed, judged, more):
        for now, then in zip(made.placements, ORDERS.placements, strict=True):
            assert now.proved.proof is then.proved.proof


@pytest.mark.parametrize(("said", "engine"), [("", None), ("azure", Engine.AZURE)])
def test_what_cannot_be_made_is_said_and_leaves_the_rest_to_be_proved(
    said: str, engine: Engine | None
) -> None:
    azure = Azure(existing=CLUSTER, network_policy=said)
    proved = design(shop(azure=azure)).placement("vnet-external").proved
    assert proved.refused.startswith("azure.existing names the cluster aks-shop and no network")
    assert proved.proof and proved.proof.site.azure is None
    assert proved.proof.site.engine is engine
