"""Who calls from outside today: what is dialled, what an option leaves, what admits it later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from apim_aks.decision.design import design
from apim_aks.page.tables.caller_tables import outside_table
from apim_aks.reachability.reach import Answer
from apim_aks.verification.entries import EntryKind, OutsideCaller, outside_callers
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from tests.support.designs import bundled, only
from tests.support.scenario import document, workload
from tests.verification.test_callers import made, runs

OPEN, CLOSED, UNKNOWN = Answer.OPEN, Answer.CLOSED, Answer.UNKNOWN
BETA = "service.beta.kubernetes.io"


def rows(option: str) -> dict[tuple[str, EntryKind, str], OutsideCaller]:
    found = bundled("contoso-retail")
    callers = outside_callers(found, found.placement(option))
    known = {(c.entry.service, c.entry.kind, c.source): c for c in callers}
    assert len({(c.entry, c.port, c.source) for c in callers}) == len(callers)
    return known


def test_a_public_entry_that_goes_names_the_api_that_comes() -> None:
    caller = rows("vnet-internal")["shop/orders", EntryKind.PUBLIC, "{internet}"]
    assert (caller.before, caller.after, caller.lost) == (OPEN, CLOSED, True)
    assert caller.later == "API Management, with a key: /orders"
    assert "contoso-retail-orders" in caller.entry.called
    assert caller.entry.place == "manifests/shop-ordering.yaml line 3"


def test_an_internal_address_is_lost_and_says_why() -> None:
    caller = rows("vnet-internal")["fulfilment/inventory", EntryKind.INTERNAL, "{network}"]
    assert caller.lost and "is removed by closing" in caller.because[0]
    assert caller.later == "API Management, with a key: /stock"


def test_what_an_option_leaves_alone_stays() -> None:
    kept = rows("vnet-internal")["fulfilment/scanner-gateway", EntryKind.NODES, "{network}"]
    assert (kept.after, kept.later, kept.lost) == (OPEN, "it stays as it is", False)
    assert (
        rows("public-services")["fulfilment/shipping", EntryKind.PUBLIC, "{internet}"].after is OPEN
    )


def test_what_answers_for_a_route_is_not_known_and_the_route_goes() -> None:
    caller = rows("ingress-mtls")["shop/reviews", EntryKind.ROUTE, "{internet}"]
    assert (caller.before, caller.after) == (UNKNOWN, CLOSED)
    assert "removed by closing" in caller.because[0]


def balanced(annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    port = {"name": "http", "port": 80, "targetPort": 8080}
    body = {"type": "LoadBalancer", "selector": {"app": "orders"}, "ports": [port]}
    service = made("Service", "orders", spec=body | spec)
    service["metadata"]["annotations"] = annotations
    return service


@pytest.mark.parametrize("published", [True, False])
def test_a_private_link_service_is_followed_by_its_private_endpoints(published: bool) -> None:
    notes = {f"{BETA}/azure-load-balancer-internal": "true", f"{BETA}/azure-pls-create": "true"}
    objects = [balanced(notes), runs("orders", app="orders")]
    documents = parse(yaml.safe_dump_all(objects).encode(), "shop.yaml").documents
    read = services_of(documents).services
    told = (document("GET /orders"),) if published else ()
    services = tuple(replace(s, documents=told) for s in read)
    found = design(workload(*services, documents=documents))
    callers = outside_callers(found, found.placement("vnet-internal"))
    linked = [c for c in callers if c.entry.kind is EntryKind.PRIVATE_LINK]
    assert [(c.source, c.before) for c in linked] == [("{region}", UNKNOWN)]
    if published:
        assert linked[0].later == "API Management, with a key: /orders"
    shown = str(outside_table(found, found.placement("vnet-internal")))
    assert "the Private Link Service of Service shop/orders" in shown


def test_ports_of_pods_on_nodes_and_external_addresses_are_entries_too() -> None:
    service = balanced({}, type="ClusterIP", externalIPs=["10.9.9.9"])
    pods = runs("orders", app="orders")
    port = {"containerPort": 8080, "hostPort": 8088}
    pods["spec"]["template"]["spec"]["containers"] = [{"name": "c", "ports": [port]}]
    text = yaml.safe_dump_all([service, pods]).encode()
    documents = parse(text, "shop.yaml").documents
    read = services_of(documents).services
    services = tuple(replace(s, documents=(document("GET /orders"),)) for s in read)
    found = only(workload(*services, documents=documents), "ingress-mtls")
    callers = outside_callers(found, found.placement("ingress-mtls"))
    told = {(c.entry.kind, c.entry.called) for c in callers if c.after is not OPEN}
    assert told == {
        (EntryKind.HOST_PORT, "port 8088/TCP of the nodes of shop/orders[Deployment]"),
        (EntryKind.EXTERNAL, "10.9.9.9 of Service shop/orders"),
    }
