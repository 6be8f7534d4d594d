"""Each check is seen to pass on a good design and to fail on one broken on purpose."""

from dataclasses import replace

import pytest

from apim_aks.decision.design import Design, design
from apim_aks.facts import claims, controller, tier
from apim_aks.topology import Auth, DnsName, InAzure, Probe
from apim_aks.topology.check import State
from apim_aks.verification import check_all, check_option, failed
from apim_aks.verification.standing import standing_promises
from tests.support.designs import of_shop
from tests.support.scenario import PUBLIC, service, shop, workload


def broken(option: str, **changes: object) -> Design:
    found = of_shop()
    parts = tuple(
        replace(p, **changes) if p.option.id == option else p  # type: ignore[arg-type]
        for p in found.placements
    )
    return replace(found, placements=parts)


def topology(option: str, **changes: object) -> Design:
    drawn = of_shop().placement(option).topology
    return broken(option, topology=replace(drawn, **changes))  # type: ignore[arg-type]


def red(found: Design, option: str) -> set[str]:
    return {c.id.split(".", 1)[1] for c in failed(check_option(found, option))}


def test_every_check_without_azure_passes_on_the_designs_we_draw() -> None:
    checks = check_all(of_shop())
    assert not failed(checks)
    assert {c.state for c in checks} == {State.PASS, State.NOT_RUN}


def test_what_only_azure_can_show_is_not_run_with_the_reason() -> None:
    found = of_shop()
    for placement in found.placements:
        live = {
            e.id for e in placement.topology.expectations if isinstance(e.test, (Probe, InAzure))
        }
        live |= {standing.id for _, standing in standing_promises(placement)}
        checks = {c.id: c for c in check_option(found, placement.option.id)}
        proofs = (
            "gateway-reaches-backends",
            "nothing-around-the-edge",
            "nobody-loses-access-by-deploying",
        )
        unproved = {id for id in checks if id.endswith(proofs)} - live
        left = {id for id, c in checks.items() if c.state is State.NOT_RUN}
        assert left == live | unproved
        assert all("Azure" in checks[id].reason for id in live)
        unread = ("no manifest was read", "the networks are unknown")
        assert all(checks[id].reason.startswith(unread) for id in unproved)


def test_a_missing_or_wider_rule_turns_the_rules_red() -> None:
    rules = of_shop().placement("vnet-external").topology.rules
    required = next(r for r in rules if r.required)
    fewer = tuple(r for r in rules if r is not required)
    assert red(topology("vnet-external", rules=fewer), "vnet-external") == {"required-rules"}
    wider = tuple(replace(r, source="*") if r is required else r for r in rules)
    assert red(topology("vnet-external", rules=wider), "vnet-external") == {"required-rules"}


@pytest.mark.parametrize("ports", ["*", "443", "80,443,8080"])
def test_other_ports_towards_the_cluster_than_those_of_the_back_ends_turn_the_rules_red(
    ports: str,
) -> None:
    drawn = of_shop().placement("vnet-external").topology
    assert {b.port for b in drawn.backends} == {80, 443}
    rules = tuple(
        replace(r, port=ports) if r.destination == "<ingress>" else r for r in drawn.rules
    )
    assert red(topology("vnet-external", rules=rules), "vnet-external") == {"required-rules"}


def test_a_private_zone_for_a_whole_domain_turns_the_names_red() -> None:
    names = of_shop().placement("vnet-internal").topology.names
    apex = DnsName("azure-api.net", names[0].component, True, "the network")
    assert red(topology("vnet-internal", names=(*names, apex)), "vnet-internal") == {"exact-names"}


def test_a_hop_without_certificate_turns_mutual_tls_red() -> None:
    links = of_shop().placement("ingress-mtls").topology.links
    bare = tuple(replace(x, auth=(Auth.NONE,)) if x.pinned else x for x in links)
    found = topology("ingress-mtls", links=bare)
    # By ports of the nodes the network gets to the ingress, which then asks for nothing.
    broken_too = {"every-hop-carries-the-certificate", "nothing-around-the-gateway"}
    assert red(found, "ingress-mtls") == broken_too


def test_a_tier_that_cannot_turns_tier_and_address_red() -> None:
    found = broken("ingress-mtls", tier=tier("Standard v2"))
    assert red(found, "ingress-mtls") == {"tier-can", "gateway-address-is-fixed"}


def test_a_retired_controller_turns_its_check_red() -> None:
    found = broken("ingress-mtls", controller=controller("ingress-nginx"))
    assert red(found, "ingress-mtls") == {"controller-supported"}


def test_a_shared_audience_turns_its_check_red() -> None:
    held = of_shop().placement("public-services").topology.credentials
    same = tuple(replace(c, audience="api://all") for c in held)
    found = topology("public-services", credentials=same)
    assert red(found, "public-services") == {"one-audience-each"}


def test_a_service_left_public_turns_the_promise_of_the_network_red() -> None:
    left = design(shop(publish=("payments",)))
    assert red(left, "vnet-external") == {"no-public-cluster-endpoint"}
    assert red(left, "ingress-mtls") == {"one-public-endpoint"}


def test_a_front_end_keeps_its_entry_and_the_promise_names_it() -> None:
    pages = service("web-ui", type=PUBLIC)
    made = design(workload(service("orders", "GET /orders"), pages))
    checks = {c.id: c for c in check_all(made)}
    for id in ("vnet-external.no-public-cluster-endpoint", "ingress-mtls.one-public-endpoint"):
        assert checks[id].state is State.PASS
        assert "apart from the own entry of web-ui, which is no API" in checks[id].expected


def test_a_service_without_a_path_turns_its_check_red() -> None:
    drawn = of_shop().placement("public-services").topology
    cut = tuple(x for x in drawn.links if "orders" not in x.target)
    assert "operations-reach-their-service" in red(
        topology("public-services", links=cut), "public-services"
    )


def test_an_operation_that_its_service_does_not_declare_turns_red() -> None:
    found = of_shop()
    services = (service("orders", "GET /other"), *found.workload.services[1:])
    other = replace(found, workload=replace(found.workload, services=services))
    assert red(other, "v2-integration") == {"operations-reach-their-service"}


def test_check_ids_are_unique_and_their_claims_exist() -> None:
    checks = check_all(of_shop())
    ids = [c.id for c in checks]
    assert len(ids) == len(set(ids))
    known = {c.id for c in claims()}
    assert {c.claim for c in checks} <= known


@pytest.mark.parametrize("claim", ["D1", "K3", "P2", "I1", "I2", "I3", "S1", "V2", "V3", "V4"])
def test_each_claim_that_can_be_proven_has_a_check(claim: str) -> None:
    assert claim in {c.claim for c in check_all(of_shop())}
