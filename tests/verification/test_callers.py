"""Who keeps its connections inside the cluster: callers admitted by name, cut off, or unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from apim_aks import page
from apim_aks.artefacts.manifests import manifests
from apim_aks.artefacts.manifests.callers import admitting, left_out
from apim_aks.decision.design import Design, design
from apim_aks.decision.measures import Subject, ways_around
from apim_aks.facts.arm import arm_defaults
from apim_aks.page.tables.caller_tables import callers_table
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.scene import Engine
from apim_aks.topology.check import Check, State
from apim_aks.verification import check_option
from apim_aks.verification.callers import Access, access
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.call import CallState
from apim_aks.workload.documents import parse
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Workload
from tests.support.designs import bundled
from tests.support.scenario import document, workload

OPTION = "vnet-internal"
OPEN, CLOSED, UNKNOWN = Answer.OPEN, Answer.CLOSED, Answer.UNKNOWN


def made(kind: str, name: str, space: str = "shop", **body: Any) -> dict[str, Any]:
    group = {"Deployment": "apps/v1", "NetworkPolicy": "networking.k8s.io/v1"}.get(kind, "v1")
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, **body}


def runs(
    name: str, space: str = "shop", calls: str = "", listens: int = 8080, **labels: str
) -> dict[str, Any]:
    """A Deployment that listens on a port without a name and is told an address."""
    container: dict[str, Any] = {
        "name": "app",
        "image": "app:1",
        "ports": [{"containerPort": listens}],
    }
    if calls:
        container["env"] = [{"name": "TARGET", "value": calls}]
    return made(
        "Deployment",
        name,
        space,
        spec={
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    )


INVENTORY = (
    made(
        "Service",
        "inventory",
        spec={
            "type": "LoadBalancer",
            "selector": {"app": "inventory"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        },
    ),
    runs("inventory", app="inventory"),
)
# Ports without a name have nothing in common, whatever their numbers.
CHECKOUT = runs(
    "checkout", "till", "http://inventory.shop", listens=9000, app="checkout", release="7"
)
NO_EGRESS = made(
    "NetworkPolicy", "quiet", "till", spec={"podSelector": {}, "policyTypes": ["Egress"]}
)


def shop(*objects: dict[str, Any], state: CallState = CallState.FOUND, **more: Any) -> Workload:
    """A published Service with its pods, and callers in whose calls somebody said this."""
    text = yaml.safe_dump_all([*INVENTORY, *objects], sort_keys=False)
    read = services_of(parse(text.encode(), "all.yaml").documents)
    services = (replace(s, documents=(document("GET /stock"),)) for s in read.services)
    calls = tuple(replace(c, state=state) for c in read.graph.calls)
    graph = replace(read.graph, calls=calls)
    return workload(*services, graph=graph, documents=read.documents, **more)


def check(found: Design, option: str = OPTION) -> Check:
    id = f"{option}.callers-keep-access"
    return next(c for c in check_option(found, option) if c.id == id)


def accesses(found: Design) -> tuple[Access, ...]:
    return access(found, found.placement(OPTION))


def answers(found: Design) -> list[tuple[Answer, Answer]]:
    return [(a.before.answer, a.after.answer) for a in accesses(found)]


def test_checkout_keeps_inventory_and_payments_and_is_named() -> None:
    found = bundled("contoso-retail")
    shown = str(callers_table(found, found.placement(OPTION)))
    rows = [r for r in shown.split("<tr ") if "data/rabbitmq</td>" in r]
    assert len(rows) == 1 and rows[0].count("Deployment ") == 5
    assert rows[0].count("out of each of them: no policy selects these pods for egress") == 1
    theirs = {
        a.call.callee: (a.before.answer, a.after.answer)
        for a in accesses(found)
        if a.call.caller.id == "shop/checkout"
    }
    assert theirs["fulfilment/inventory"] == theirs["payments/payments"] == (OPEN, OPEN)
    assert check(found).state is State.PASS
    notes = {
        o["metadata"]["namespace"]: o["metadata"].get("annotations")
        for f in manifests(found.placement(OPTION))
        if f.name.startswith(("45-", "60-"))
        for o in f.objects
    }
    assert notes["payments"] == {
        "apim-aks/admits": "Deployment shop/checkout on port 443 (detected, not confirmed)"
    }
    placed = found.placement(OPTION)
    ways = {w.service: w for w in ways_around(Subject.of(placed, placed.proved))}
    assert ways["payments/payments"].low == 0
    assert ways["payments/payments"].who.endswith("known callers inside: Deployment shop/checkout")


@pytest.mark.parametrize("option", ["public-services", "ingress-mtls", OPTION])
def test_a_struck_caller_loses_and_is_listed(option: str) -> None:
    found = design(shop(CHECKOUT, state=CallState.STRUCK))
    (lost,) = access(found, found.placement(option))
    assert lost.before.answer is OPEN
    assert lost.lost and lost.after.answer is CLOSED
    assert "inventory-apis (60-network-policies.yaml line 5)" in "".join(lost.after.because)
    assert check(found, option).state is State.PASS
    shown = page.reached_table(found, found.placement(option)).text
    assert "Deployment till/checkout" in shown
    assert "struck" in shown


def test_a_sure_caller_that_the_readers_own_policy_shuts_out_fails_with_its_line() -> None:
    given = shop(CHECKOUT, NO_EGRESS, state=CallState.CONFIRMED)
    line = next(d.line for d in given.documents if d.data["kind"] == "NetworkPolicy")
    failed = check(design(given))
    assert failed.state is State.FAIL
    assert failed.observed.startswith(
        "Deployment till/checkout cannot reach shop/inventory on TCP 80, and did not before"
    )
    assert f"till/quiet (all.yaml line {line})" in failed.observed
    assert check(design(shop(CHECKOUT, NO_EGRESS))).state is State.PASS


def test_a_found_caller_that_cannot_be_admitted_is_for_the_reader_to_settle() -> None:
    bare = runs("checkout", "till", "http://inventory.shop")
    found = design(shop(bare))
    assert answers(found) == [(OPEN, CLOSED)]
    assert check(found).state is State.NOT_RUN
    assert check(found).reason.endswith("confirm or strike the call in workload.yaml")
    assert check(design(shop(bare, state=CallState.DECLARED))).state is State.FAIL
    (by_hand,) = left_out(found.workload, found.workload.service("inventory"))
    steps = [s for f in manifests(found.placement(OPTION)) for s in f.by_hand]
    assert by_hand in steps


@pytest.mark.parametrize(
    ("engine", "expected"),
    [("", (UNKNOWN, UNKNOWN)), ("cilium", (OPEN, CLOSED)), ("none", (OPEN, OPEN))],
)
def test_an_existing_cluster_enforces_what_is_said_of_it(
    engine: str, expected: tuple[Answer, Answer]
) -> None:
    there = ExistingResources(cluster=Existing("aks-shop", "rg-shop"))
    azure = Azure(existing=there, network_policy=engine)
    found = design(shop(CHECKOUT, azure=azure, state=CallState.STRUCK))
    assert answers(found) == [expected]
    sure = check(design(shop(CHECKOUT, azure=azure, state=CallState.CONFIRMED)))
    assert sure.state is (State.PASS if engine else State.NOT_RUN)
    assert engine or "network_policy under azure in workload.yaml" in sure.reason


def test_the_engine_of_a_new_cluster_is_one_that_is_known() -> None:
    assert Engine(arm_defaults().network_policy) is Engine.CILIUM


def test_what_was_not_read_is_not_green() -> None:
    lost = Finding("lost.yaml", 3, "no YAML", "a document that can be read")
    found = check(design(shop(CHECKOUT, findings=(lost,))))
    assert found.state is State.NOT_RUN
    assert "no YAML (lost.yaml line 3)" in found.reason


@pytest.mark.parametrize(
    ("twice", "state"),
    [
        (runs("inventory", listens=8081, app="inventory"), State.NOT_RUN),
        (made("Namespace", "shop"), State.PASS),
    ],
)
def test_what_stands_twice_is_unclear_where_it_decides(twice: Any, state: State) -> None:
    labelled = made("Namespace", "shop")
    labelled["metadata"]["labels"] = {"tier": "web"}
    assert check(design(shop(CHECKOUT, labelled, twice))).state is state


def test_a_caller_is_admitted_by_labels_that_outlast_a_release() -> None:
    stable = {"matchLabels": {"app": "checkout"}}
    given = shop({**CHECKOUT, "spec": {**CHECKOUT["spec"], "selector": stable}})
    (rule,) = admitting(given, given.service("inventory"))
    assert rule["from"][0]["podSelector"] == stable
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]


@pytest.mark.parametrize(
    ("ports", "headless", "called", "expected"),
    [
        ([80, 81], False, "", [("TCP", 8080), ("TCP", 8081)]),
        ([80, 81], False, ":81", [("TCP", 8081)]),
        ([80], True, ":9000", [("TCP", 9000)]),
    ],
)
def test_the_ports_are_those_of_the_call_else_every_one(
    ports: list[int], headless: bool, called: str, expected: list[tuple[str, int]]
) -> None:
    numbered = [{"name": f"p{n}", "port": n, "targetPort": n + 8000} for n in ports]
    spec = {"selector": {"app": "stock"}, "ports": numbered}
    more = {"clusterIP": "None"} if headless else {}
    given = shop(
        made("Service", "stock", spec=spec | more),
        runs("stock", app="stock"),
        runs("checkout", "till", f"tcp://stock.shop{called}", app="checkout"),
    )
    (rule,) = admitting(given, given.service("stock"))
    assert [(p["protocol"], p["port"]) for p in rule["ports"]] == expected
