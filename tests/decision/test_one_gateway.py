"""One ingress without client certificates: when it is drawn, what it shows, who gets to it."""

from dataclasses import replace

import pytest

from apim_aks.decision.design import Design, design
from apim_aks.decision.placement import Placement
from apim_aks.facts.choices import usual_entries, usual_entry
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY
from apim_aks.options import option
from apim_aks.page.tables.choice_tables import entry_said
from apim_aks.reachability.proof import prove
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.zones import Zone
from apim_aks.topology import Auth
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin, TokenValidation, Workload
from apim_aks.workload.network_policy import Expression, Selector
from apim_aks.workload.route import Route
from tests.support.scenario import service, workload

INTEGRATED = "v2-integration"
ONE = "one-gateway"
ORDERS = read_workload("contoso-orders")


def made(source: Workload, **pin: str) -> Design:
    pins = ((INTEGRATED, Pin(**pin)),) if pin else ()
    return design(replace(source, pins=pins), (option(INTEGRATED),))


def of(source: Workload, **pin: str) -> Placement:
    return made(source, **pin).placement(INTEGRATED)


def services(count: int) -> Workload:
    return workload(*(service(f"s{n}", "GET /x") for n in range(count)))


def test_one_ingress_is_usual_from_the_row_on_and_an_address_for_each_stays_selectable() -> None:
    first = next(r.from_services for r in usual_entries() if r.entry == ONE)
    assert usual_entry(0).entry == usual_entry(first - 1).entry == "per-service"
    assert of(services(first - 1)).choices.entry == "per-service"
    assert of(services(first)).choices.entry == ONE
    assert of(services(first), entry="per-service").choices.entry == "per-service"


def test_what_aks_runs_itself_is_taken_unless_istio_is_in_the_cluster() -> None:
    assert of(ORDERS, entry=ONE).controller.id == "app-routing-gateway-api"
    routed = service(
        "a", "GET /a", routes=(Route(kind="VirtualService", name="a", host="a.example", path="/"),)
    )
    assert of(workload(routed), entry=ONE).controller.id == "istio-classic"


def test_each_service_that_can_gets_its_own_token_through_the_ingress() -> None:
    own = service("own", "GET /own", validates=TokenValidation("entra-id", "api://x/own"))
    theirs = service(
        "theirs", "GET /theirs", validates=TokenValidation("https://i.example", "theirs")
    )
    topology = of(workload(own, theirs, service("bare", "GET /bare")), entry=ONE).topology
    shown = {b.id: (b.credential, [s for s, _ in b.routes]) for b in topology.backends}
    assert len({b.host for b in topology.backends}) == len(topology.names) == 1
    assert shown == {
        f"ingress-{own.name}-{own.namespace}": (f"token-{own.id}", [own.id]),
        "ingress": ("", [theirs.id, "shop/bare"]),
    }
    asked = {k.target: k.auth for k in topology.links_from("ingress")}
    assert asked[f"svc-{own.id}"] == (Auth.TOKEN,)
    assert asked[f"svc-{theirs.id}"] == (Auth.CALLER_TOKEN,)
    assert not topology.asks_certificate("ingress")


def answers(placement: Placement, **policy: object) -> dict[str, Answer]:
    """Who reaches the first Service once the policy of the ingress's own pods is another."""
    assert placement.proved.proof
    site = placement.proved.proof.site
    found = [p for p in site.scene.policies if p.name == "apis"]
    kept = tuple(p for p in site.scene.policies if p not in found)
    kept += tuple(replace(p, **policy) for p in found) if policy else ()  # type: ignore[arg-type]
    proof = prove(replace(site, scene=replace(site.scene, policies=kept)))
    return {v.source: v.answer for v in proof.of(proof.site.scene.services[0])}


@pytest.mark.parametrize("controller", ["app-routing-gateway-api", "istio-classic"])
def test_nobody_but_the_gateway_reaches_an_ingress_that_asks_for_nothing(controller: str) -> None:
    placement = of(ORDERS, entry=ONE, ingress_controller=controller)
    measure = placement.measure(AROUND_THE_GATEWAY)
    assert (measure.low, measure.high) == (0, 0)
    assert answers(placement, egress=None)[Zone.GATEWAY] is Answer.OPEN


def test_without_the_policy_of_its_pods_the_ports_of_the_nodes_lead_to_it() -> None:
    placement = of(ORDERS, entry=ONE)
    assert answers(placement)[Zone.NETWORK] is Answer.OPEN
    unsure = Selector(expressions=(Expression("revision", "DoesNotExist", ()),))
    assert answers(placement, selects=unsure)[Zone.NETWORK] is Answer.UNKNOWN
    assert answers(placement, ingress=())[Zone.GATEWAY] is Answer.CLOSED


def test_the_page_says_who_gets_to_it_and_that_it_may_be_unnecessary() -> None:
    found = made(ORDERS, entry=ONE)
    said = entry_said(found, found.placement(INTEGRATED)).text
    assert "asks for no certificate" in said and "level 0" in said
    assert "may be unnecessary" not in said, "where the entry is pinned nothing else is drawn"
    free = made(services(6))
    assert "may be unnecessary" in entry_said(free, free.placement(INTEGRATED)).text
    each = made(ORDERS)
    assert entry_said(each, each.placement(INTEGRATED)).text == ""
