"""What changes for whom, held against the files: policies, templates and proofs of both states."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apim_aks.apis.mapping import Api, ApiOperation, Permissions, operation_name
from apim_aks.artefacts.arm_templates import arm_templates, cluster
from apim_aks.artefacts.manifests import Phase, manifests
from apim_aks.artefacts.policies import policies
from apim_aks.cutover.change import Asked, Change, Stops
from apim_aks.cutover.changes import changes
from apim_aks.cutover.demands import demands
from apim_aks.cutover.entries import new_entry, not_drawn
from apim_aks.cutover.hosts import hosts
from apim_aks.cutover.owners import Owners, owners
from apim_aks.decision.design import Design, Placement
from apim_aks.facts import DATA
from apim_aks.options import OPTIONS
from apim_aks.page.callers import callers_page
from apim_aks.reachability.difference import Change as Became
from apim_aks.reachability.difference import around, difference
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.zones import Zone
from apim_aks.verification.entries import EntryKind
from apim_aks.verification.sent import Texts
from apim_aks.workload.call import CallState
from apim_aks.workload.file import read_workload
from tests.support.designs import bundled, only

WORKLOADS = ("contoso-orders", "contoso-retail")
CASES = [(w, o.id) for w in WORKLOADS for o in OPTIONS]
TOKENS = {"validate-azure-ad-token", "validate-jwt"}


def found(workload: str, option: str) -> tuple[Design, Placement, tuple[Change, ...]]:
    made = bundled(workload)
    placement = made.placement(option)
    return made, placement, changes(made, placement)


@pytest.mark.parametrize(("workload", "option"), CASES)
def test_nobody_is_cut_off_whom_the_page_does_not_name(workload: str, option: str) -> None:
    """Both states are proved again from the files; whatever is closed is on the page."""
    made, placement, told = found(workload, option)
    proof = placement.proved.proof
    assert proof is not None
    site, today = proof.site, made.proofs.today.site.scene
    outside = {
        (c.service, z) for c in told if c.stops is Stops.CLOSE for z in Zone if z.words in c.caller
    }
    for one in around(replace(site, scene=today), site):
        if one.change is Became.CLOSED and one.source in {str(z) for z in _CALLING}:
            assert (
                str(one.destination).removesuffix("[Service]"),
                Zone(str(one.source)),
            ) in outside
    isolated = {c.service for c in told if c.inside and c.stops is Stops.CLOSE}
    for service, lost in _closed_inside(made, today, placement):
        assert service in isolated, lost


_CALLING = (Zone.INTERNET, Zone.NETWORK, Zone.PEERED, Zone.ON_PREMISES)


def _closed_inside(made: Design, today: object, placement: Placement) -> Iterator[tuple[str, str]]:
    proof = placement.proved.proof
    assert proof is not None and proof.site.engine is not None
    reach = made.proofs.today.reach
    closed = {
        (str(c.source), str(c.destination))
        for c in difference(made.proofs.today.site.scene, proof.site.scene, proof.site.engine)
        if c.change is Became.CLOSED and isinstance(c.source, str)
    }
    for service in made.workload.services:
        for pod, _ in reach.behind(service):
            workload = reach.ends.pods[pod].workload
            yield from ((service.id, s) for s, d in closed if d == workload and s != d)


@pytest.mark.parametrize(("workload", "option"), CASES)
def test_nothing_is_asked_for_that_does_not_stand_there(workload: str, option: str) -> None:
    made, placement, told = found(workload, option)
    texts = Texts.of(policies(placement))
    names = {
        (a.id, o.method, a.path_of(o)): operation_name(o.operation_id)
        for a in placement.mapping.apis
        for o in a.operations
    }
    for change in told:
        for taken in change.taken:
            said = {d.kind for d in taken.demands}
            for path in taken.paths:
                operation = names[taken.api, path.method, path.new]
                assert said == _asked(texts, taken.api, operation), (taken.api, operation)


def _asked(texts: Texts, api: str, operation: str) -> set[Asked]:
    """What the text of the policies asks for; the key is asked for by the API itself."""
    at = ("operation", f"{api}/{operation}")
    inbound = list(texts.whole_inbound(at if at in texts.scopes else ("api", api)))
    every = [e for s in inbound for e in s.iter()]
    conditional = next((s for s in inbound if s.tag == "choose" and _of_tokens(s)), None)
    exempt = next((e.get("value", "") for e in every if e.get("name") == "sign-in-operations"), "")
    found = {Asked.KEY}
    if any(e.tag in TOKENS for e in every) and not (conditional and operation in exempt.split()):
        found.add(Asked.TOKEN)
    if any(str(e.get("name", "")).startswith("permissions-to-") for e in every):
        found.add(Asked.CLAIM)
    if any(e.tag == "ip-filter" for e in every):
        found.add(Asked.ADDRESS)
    return found


def _of_tokens(statement: object) -> bool:
    return any(e.tag in TOKENS for e in statement.iter())  # type: ignore[attr-defined]


def test_every_api_asks_for_a_key_and_no_entry_for_a_certificate_that_is_not_said() -> None:
    placement = bundled("contoso-retail").placement("vnet-internal")
    apis = [
        r
        for s in arm_templates(placement)
        for r in s.template["resources"]
        if r["type"] == "Microsoft.ApiManagement/service/apis"
    ]
    assert apis and all(r["properties"]["subscriptionRequired"] for r in apis)


def test_a_row_says_where_to_call_what_to_send_and_what_stops() -> None:
    _, _, told = found("contoso-retail", "vnet-internal")
    rows = {(c.service, c.caller, c.old.words.split(" of ")[0]): c for c in told}
    shipping = rows["fulfilment/shipping", "callers from the internet", "the load balancer"]
    assert shipping.team == "carriers" and shipping.stops is Stops.CLOSE and not shipping.ends
    assert shipping.old.hosts == ("contoso-retail-shipping.westeurope.cloudapp.azure.com",)
    assert shipping.new and shipping.new.hosts == ("edge-retail01.westeurope.cloudapp.azure.com",)
    assert [(p.old, p.new) for p in shipping.taken[0].paths][0] == ("/v7/shipments", "/shipments")
    assert {d.kind: d.today for d in shipping.taken[0].demands} == {
        Asked.KEY: False,
        Asked.TOKEN: True,
    }
    reviews = rows["shop/reviews", "callers from the internet", "Ingress shop/shop-content"]
    assert reviews.old.hosts == ("content.contoso.example",) and not reviews.strays
    scanner = next(c for c in told if c.service == "fulfilment/scanner-gateway")
    assert scanner.stops is Stops.NEVER and scanner.new == scanner.old


def test_whoever_a_place_is_not_drawn_for_is_told_so() -> None:
    placement = bundled("contoso-retail").placement("vnet-internal")
    for zone, words in (
        (Zone.PEERED, "peered-vnet is not among consumers in workload.yaml"),
        (Zone.REGION, "no option is drawn for callers from every tenant"),
    ):
        assert new_entry(placement, zone) is None and words in not_drawn(zone)


@pytest.mark.parametrize(
    ("method", "claims"),
    [("GET", ["Orders.Read"]), ("POST", ["Orders.Write"]), ("*", ["Orders.Read", "Orders.Write"])],
)
def test_permissions_are_claims_of_the_methods_they_are_for(method: str, claims: list[str]) -> None:
    asked = Permissions(read=("Orders.Read",), write=("Orders.Write",))
    operation = ApiOperation(
        method=method, template="/", service="shop/orders", port=80, backend_path="/orders"
    )
    api = Api(id="o", title="O", path="o", operations=(operation,), reason="", permissions=asked)
    told = demands(read_workload("contoso-retail"), api, operation, ())
    held = [d.words for d in told if d.kind is Asked.CLAIM]
    assert [w.split(" in the token")[0].removeprefix("one of ") for w in held] == claims


def test_callers_inside_keep_their_way_and_wait_for_a_word() -> None:
    _, _, told = found("contoso-retail", "ingress-mtls")
    inside = [c for c in told if c.inside and c.state]
    assert inside and all(c.stops is Stops.NEVER and c.new == c.old for c in inside)
    assert all(c.state is CallState.FOUND and c.open and c.after is Answer.OPEN for c in inside)


def test_teams_are_told_by_their_label_else_by_namespace() -> None:
    workload = read_workload("contoso-retail")
    assert owners(workload) == Owners("contoso.example/team")
    bare = replace(workload, services=tuple(replace(s, labels=()) for s in workload.services))
    assert "namespace" in owners(bare).words
    assert owners(bare).of_service(bare.services[0]) == f"namespace {bare.services[0].namespace}"


def test_the_page_has_a_list_for_each_team_and_says_where_nobody_calls() -> None:
    shown = callers_page(bundled("contoso-retail"))
    for team in ("carriers", "catalog", "customer-accounts", "ordering", "warehouse", "web"):
        assert f"<summary>{team}: " in shown
    assert "a subscription key of the API in the header" in shown
    made = bundled("contoso-orders")
    alike = callers_page(made)
    bodies = re.findall(r"</h2>(.*?)</section>", alike, re.DOTALL)
    assert len(bodies) == len(set(bodies)) < len(made.placements)
    assert all(alike.count(f'id="{p.option.id}"') == 1 for p in made.placements)
    assert not re.search(r"[ >]0 (moves?|stays?|ends?) ", shown + alike)


CILIUM = """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: only-desk, namespace: orders}
spec:
  endpointSelector: {matchLabels: {app.kubernetes.io/name: customers}}
  ingress: [{fromEndpoints: [{matchLabels: {app.kubernetes.io/name: desk}}]}]
"""


ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: customers, namespace: orders}
spec:
  parentRefs: [{name: some}]
  rules: [{backendRefs: [{name: customers, port: 80}]}]
"""


@pytest.mark.parametrize("text", [CILIUM, ROUTE], ids=["policy", "route"])
def test_what_nobody_understands_hides_no_caller_and_is_left_to_a_person(
    tmp_path: Path, text: str
) -> None:
    """Beside it isolation cuts off callers too, or not: that is said, and what it may stop."""
    shutil.copytree(DATA / "workloads" / "contoso-orders", tmp_path / "orders")
    file = tmp_path / "orders" / "manifests" / "customers.yaml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    made = only(read_workload(str(tmp_path / "orders" / "workload.yaml")), "public-services")
    placement = made.placement("public-services")
    rows = {c.service: c for c in changes(made, placement) if c.inside and c.state is None}
    assert set(rows) == {"orders/customers", "orders/getorder", "orders/placeorder"}
    for row in rows.values():
        if row.service == "orders/customers" or text == CILIUM:
            assert row.stops is Stops.UNKNOWN and not row.ends
            assert "unless something that is not understood" in row.why
    outside = [c for c in changes(made, placement) if c.kind == EntryKind.UNREAD.key]
    assert {c.service for c in outside} == (set() if text == CILIUM else {"orders/customers"})
    assert all("whom it serves is not known" in c.why for c in outside)
    moves = {h.called for h in hosts(made, placement)}
    assert ("routes that are not understood of orders/customers" in moves) is bool(outside)
    steps = [s for f in manifests(placement) if f.phase is Phase.DEPLOY for s in f.by_hand]
    told = any("CiliumNetworkPolicy only-desk" in s and "orders/customers" in s for s in steps)
    assert told is (text == CILIUM)


def test_whoever_calls_pods_by_their_own_addresses_is_named_where_the_network_has_those(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row for each place that reaches the pods before and not after, and none with an overlay."""
    _, _, told = found("contoso-orders", "public-services")
    assert not any(c.kind == "pod" for c in told)
    overlay = cluster._network
    flat = {"networkPluginMode": None}
    monkeypatch.setattr(cluster, "_network", lambda site: overlay(site) | flat)
    made = only(replace(read_workload("contoso-orders")), "public-services")
    placement = made.placement("public-services")
    rows = [c for c in changes(made, placement) if c.kind == "pod"]
    assert {(c.service, c.caller, c.stops) for c in rows} == {
        (f"orders/{name}", "callers from the virtual network", Stops.CLOSE)
        for name in ("customers", "getorder", "placeorder")
    }
    assert all(c.before is Answer.OPEN and c.old.port == "TCP http" for c in rows)
    held = {h.called: h for h in hosts(made, placement)}
    assert set(held) == {f"addresses of the pods of {c.service}" for c in rows}
    assert all("nothing takes its place" in h.by_hand and not h.by_dns for h in held.values())
