"""What a mesh answers the entry of each option: refused, let in, or not to be told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks import page
from apim_aks.decision.as_json import design_data
from apim_aks.decision.design import Design, design, redesign, with_requirement
from apim_aks.options import OPTIONS
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin
from tests.support.meshed import (
    INJECTED,
    ISTIO,
    LINKED,
    LINKERD,
    around,
    manifest,
    namespace,
    object_,
    published,
)

INSIDE, OUTSIDE = "ingress-mtls", "v2-integration"
DIRECT = ("vnet-external", "vnet-internal", OUTSIDE)
"""Options that have another entry than the pods themselves, unless that is pinned."""
TWO = tuple(o for o in OPTIONS if o.id in (INSIDE, OUTSIDE))
STRICT = object_("PeerAuthentication", {"mtls": {"mode": "STRICT"}}, ISTIO)
OWN = "aks-istio-ingress"


def made(
    *objects: dict[str, Any],
    required: bool | None = False,
    ingress: str = "",
    options: Any = TWO,
    **known: Any,
) -> Design:
    workload = published(around(*objects, **known), required)
    direct = {o: Pin(entry="per-service") for o in DIRECT} if required is False else {}
    pins = {**direct, **({INSIDE: Pin(ingress_controller=ingress)} if ingress else {})}
    return design(replace(workload, pins=tuple(pins.items())), options)


def answers(found: Design) -> dict[str, list[str]]:
    return {p.option.id: [a.answer.value for a in p.admissions] for p in found.placements}


def rules(*rules_: Any, action: str = "ALLOW", **spec: Any) -> dict[str, Any]:
    return object_(
        "AuthorizationPolicy", {"action": action, "rules": list(rules_), **spec}, ISTIO, name="who"
    )


def of(**source: Any) -> dict[str, Any]:
    return {"from": [{"source": source}]}


def identity(space: str, account: str = "*") -> str:
    return f"cluster.local/ns/{space}/sa/{account}"


def test_a_strict_mesh_rules_out_who_calls_the_pods_directly() -> None:
    found = made(STRICT, namespace(**INJECTED), options=OPTIONS)
    standing = {p.option.id: p.standing for p in found.placements}
    assert standing.pop(INSIDE) == "met"
    assert standing.pop("self-hosted-gateway") == "undecided", "its pods may be given a proxy"
    assert set(standing.values()) == {"ruled out"}
    (reason,) = found.placement(OUTSIDE).ruled_out
    assert reason.requirement == "service_mesh"
    assert "API Management is refused at shop/ledger" in reason.reason
    assert "PeerAuthentication p (a.json line " in reason.reason


def test_an_entry_that_the_mesh_lets_in_stands_for_the_option_where_none_is_pinned() -> None:
    workload = published(around(STRICT, namespace(**INJECTED)), False)
    found = design(workload, TWO).placement(OUTSIDE)
    assert (found.standing, found.choices.entry) == ("met", "one-gateway")
    assert found.controller.id == "istio-classic", "the other one has no place beside the mesh"


def test_taken_as_a_requirement_it_puts_an_ingress_of_the_mesh_in_front() -> None:
    found = made(STRICT, namespace(**INJECTED), required=None)
    assert found.workload.requirements.service_mesh
    assert answers(found) == {INSIDE: [], OUTSIDE: []}
    assert {p.standing for p in found.placements} == {"met"}


def test_where_no_proxy_is_shown_nobody_is_ruled_out() -> None:
    found = made(STRICT)
    assert answers(found) == {INSIDE: [], OUTSIDE: ["unknown"]}
    assert found.placement(OUTSIDE).standing == "undecided"


@pytest.mark.parametrize(
    ("ingress", "advice"),
    [("traefik", "give the pods of"), ("app-routing-gateway-api", "choose an ingress")],
)
def test_an_ingress_outside_the_mesh_may_be_refused(ingress: str, advice: str) -> None:
    found = made(STRICT, namespace(**INJECTED), ingress=ingress).placement(INSIDE)
    (refused,) = found.admissions
    assert refused.answer.value == "unknown" and refused.advice.startswith(advice)
    assert found.standing == "undecided"


def test_a_token_check_needs_a_mesh_and_lets_in_nobody_from_outside_it() -> None:
    direct = tuple(o for o in OPTIONS if o.id == "public-services")
    found = made(STRICT, namespace(**INJECTED), options=direct)
    assert answers(found) == {"public-services": ["no"]}
    found = made(STRICT, options=direct)
    assert answers(found) == {"public-services": ["unknown", "unknown"]}


ALLOWED: dict[str, tuple[list[dict[str, Any]], list[str], list[str]]] = {
    "no rules": ([rules()], ["no"], ["no"]),
    "everybody": ([rules({})], [], []),
    "its namespace": ([rules(of(namespaces=[OWN]))], [], ["no"]),
    "namespaces by a star": ([rules(of(namespaces=["aks-*"]))], [], ["no"]),
    "another namespace": ([rules(of(namespaces=["web"]))], ["no"], ["no"]),
    "any identity": ([rules(of(principals=["*"]))], [], ["no"]),
    "all of its namespace": ([rules(of(principals=[identity(OWN)]))], [], ["no"]),
    "an account of it": ([rules(of(principals=[identity(OWN, "x")]))], ["unknown"], ["no"]),
    "a principal elsewhere": ([rules(of(principals=[identity("web", "x")]))], ["no"], ["no"]),
    "an odd principal": ([rules(of(principals=["*/sa/x"]))], ["unknown"], ["no"]),
    "a service account": ([rules(of(serviceAccounts=["web/x"]))], ["no"], ["no"]),
    "not some": ([rules(of(notNamespaces=["web"]))], ["unknown"], ["unknown"]),
    "addresses": ([rules(of(ipBlocks=["10.0.0.0/8"]))], ["unknown"], ["unknown"]),
    "a token": ([rules(of(requestPrincipals=["*"]))], ["unknown"], ["unknown"]),
    "both at once": (
        [rules(of(namespaces=["web"], ipBlocks=["10.0.0.0/8"]))],
        ["no"],
        ["no"],
    ),
    "a field nobody knows": ([rules(of(planet=["x"]))], ["unknown"], ["unknown"]),
    "two policies add up": (
        [rules(), {**rules(of(namespaces=[OWN])), "metadata": {"name": "q", "namespace": "shop"}}],
        [],
        ["no"],
    ),
    "another port": (
        [rules({"to": [{"operation": {"ports": ["9090"]}}]})],
        ["no"],
        ["no"],
    ),
    "its port": ([rules({"to": [{"operation": {"ports": ["8080"]}}]})], [], []),
    "some paths": (
        [rules({"to": [{"operation": {"paths": ["/a"]}}]})],
        ["unknown"],
        ["unknown"],
    ),
    "a condition": (
        [rules({"when": [{"key": "source.ip", "values": ["10.0.0.1"]}]})],
        ["unknown"],
        ["unknown"],
    ),
    "denied": ([rules({}, action="DENY")], ["no"], ["no"]),
    "denied without rules": ([rules(action="DENY")], [], []),
    "others denied": ([rules(of(namespaces=["web"]), action="DENY")], [], []),
    "all but some denied": (
        [rules(of(notNamespaces=["web"]), action="DENY")],
        ["unknown"],
        ["unknown"],
    ),
    "custom": ([rules({}, action="CUSTOM", provider={"name": "x"})], ["unknown"], ["unknown"]),
    "audit": ([rules({}, action="AUDIT")], [], []),
    "a waypoint": (
        [rules(targetRefs=[{"kind": "Service", "name": "ledger"}])],
        ["unknown"] * 1,
        ["unknown"],
    ),
    "other pods": ([rules(selector={"matchLabels": {"app": "web"}})], [], []),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_who_a_policy_names_is_let_in_and_nobody_else(name: str) -> None:
    policies, ingress, direct = ALLOWED[name]
    found = made(*policies, namespace(**INJECTED))
    assert answers(found) == {INSIDE: ingress, OUTSIDE: direct}
    standing = {p.option.id: p.standing for p in found.placements}
    wanted = {INSIDE: ingress, OUTSIDE: direct}
    assert standing == {o: "undecided" if a else "met" for o, a in wanted.items()}


def test_nothing_is_refused_by_a_policy_without_a_proxy_to_enforce_it() -> None:
    assert answers(made(rules())) == {INSIDE: ["unknown"], OUTSIDE: ["unknown"]}
    out = {"template": {"labels": {"sidecar.istio.io/inject": "false"}}}
    assert answers(made(rules(), **out)) == {INSIDE: [], OUTSIDE: []}
    dry = rules()
    dry["metadata"]["annotations"] = {"istio.io/dry-run": "true"}
    assert answers(made(dry, namespace(**INJECTED))) == {INSIDE: [], OUTSIDE: []}


def linkerd(kind: str, spec: Any, name: str = "p") -> dict[str, Any]:
    return object_(kind, spec, LINKERD, name=name)


EXISTS = {"operator": "Exists"}
SERVER = linkerd("Server", {"podSelector": {"matchLabels": {"app": "ledger"}}, "port": "web"})


def lets(*required: tuple[str, str], target: str = "Server", name: str = "p") -> dict[str, Any]:
    refs = [{"kind": k, "name": n} for k, n in required]
    spec = {"targetRef": {"kind": target, "name": name}, "requiredAuthenticationRefs": refs}
    return linkerd("AuthorizationPolicy", spec, "lets")


def clients(client: Any, **server: Any) -> dict[str, Any]:
    spec = {"server": server or {"name": "p"}, "client": client}
    return linkerd("ServerAuthorization", spec, "clients")


def network(*ranges: str) -> dict[str, Any]:
    return linkerd("NetworkAuthentication", {"networks": [{"cidr": r} for r in ranges]}, "from")


SERVERS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "nothing": ([], ""),
    "a Server alone": ([SERVER], "no"),
    "on another port": ([linkerd("Server", {"podSelector": {}, "port": 9090})], ""),
    "by number": ([linkerd("Server", {"podSelector": {}, "port": 8080})], "no"),
    "of other pods": (
        [linkerd("Server", {"podSelector": {"matchLabels": {"app": "x"}}, "port": 8080})],
        "",
    ),
    "of these pods by an expression": (
        [
            linkerd(
                "Server",
                {"podSelector": {"matchExpressions": [EXISTS | {"key": "app"}]}, "port": 8080},
            )
        ],
        "no",
    ),
    "of others by an expression": (
        [
            linkerd(
                "Server",
                {"podSelector": {"matchExpressions": [EXISTS | {"key": "x"}]}, "port": 8080},
            )
        ],
        "",
    ),
    "open by default": (
        [
            linkerd(
                "Server",
                {"podSelector": {}, "port": 8080, "accessPolicy": "all-unauthenticated"},
            )
        ],
        "",
    ),
    "an identity is asked for": ([SERVER, lets(("MeshTLSAuthentication", "x"))], "no"),
    "nothing is asked for": ([SERVER, lets()], ""),
    "everywhere": ([SERVER, lets(("NetworkAuthentication", "from")), network("0.0.0.0/0")], ""),
    "somewhere": (
        [SERVER, lets(("NetworkAuthentication", "from")), network("10.0.0.0/8")],
        "unknown",
    ),
    "from where is not in the input": ([SERVER, lets(("NetworkAuthentication", "x"))], "unknown"),
    "the whole namespace": ([SERVER, lets(target="Namespace", name="shop")], ""),
    "a route of it": ([SERVER, lets(target="HTTPRoute", name="x")], "unknown"),
    "another Server": ([SERVER, lets(name="q")], "no"),
    "clients without identity": ([SERVER, clients({"unauthenticated": True})], ""),
    "clients of the mesh": ([SERVER, clients({"meshTLS": {"identities": ["*"]}})], "no"),
    "clients by label": (
        [SERVER, clients({"unauthenticated": True}, selector={"matchLabels": {"a": "b"}})],
        "no",
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_linkerd_lets_in_whom_it_names(name: str) -> None:
    objects, direct = SERVERS[name]
    found = answers(made(*objects, namespace(**LINKED)))
    assert found[OUTSIDE] == ([direct] if direct else [])
    assert found[INSIDE] == (["unknown"] if direct else [])


@pytest.mark.parametrize(
    ("value", "direct"),
    [("cluster-authenticated", "no"), ("deny", "no"), ("cluster-unauthenticated", "unknown")],
)
def test_the_default_of_linkerd_refuses_who_is_outside(value: str, direct: str) -> None:
    marks = {**LINKED["annotations"], "config.linkerd.io/default-inbound-policy": value}
    found = made(namespace(annotations=marks))
    assert answers(found)[OUTSIDE] == [direct]
    standing = "ruled out" if direct == "no" else "undecided"
    assert found.placement(OUTSIDE).standing == standing


def test_it_is_on_the_page_and_in_the_data() -> None:
    found = made(STRICT, rules(of(namespaces=["web"])), namespace(**INJECTED))
    guards = page.findings(found.workload).text
    assert "What restricts or opens access to the pods" in guards and "mode STRICT" in guards
    shown = page.reached_table(found, found.placement(INSIDE)).text
    assert "What the mesh answers the entry" in shown and "refused" in shown
    data = design_data(found)
    assert [g["guard"] for g in data["guards"]] == [
        "PeerAuthentication",
        "AuthorizationPolicy",
        "MeshMark",
    ]
    assert {a["answer"] for p in data["placements"] for a in p["admissions"]} == {"no"}


@pytest.mark.parametrize(("said", "taken"), [("", True), ("service_mesh: false", False)])
def test_workload_yaml_has_the_last_word(tmp_path: Path, said: str, taken: bool) -> None:
    (tmp_path / "m.json").write_text(json.dumps(manifest(STRICT, namespace(**INJECTED))))
    (tmp_path / "workload.yaml").write_text(
        f"name: s\nmanifests: [m.json]\npublish: [ledger]\nrequirements: {{{said}}}\n"
    )
    found = design(read_workload(tmp_path), TWO)
    assert found.workload.requirements.service_mesh is taken
    variants = {v.choices.entry: v.standing for v in found.variants if v.option.id == OUTSIDE}
    with_mesh = {"one-gateway-mtls": "met"}
    without = {"per-service": "ruled out", "one-gateway": "met"}
    assert variants == (with_mesh if taken else with_mesh | without)
    other = with_requirement(found.workload, service_mesh=not taken)
    again = redesign(found, other).variants
    variants = {v.choices.entry: v.standing for v in again if v.option.id == OUTSIDE}
    assert variants == (with_mesh | without if taken else with_mesh)
