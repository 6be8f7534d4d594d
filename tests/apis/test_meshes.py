"""A mesh in the input is named with file and line, and the requirement follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from apim_aks.apis.mapping import About, map_services, proposes_mesh
from apim_aks.cli.comparison_text import comparison_text
from apim_aks.cli.decision_text import left_out
from apim_aks.decision.design import design
from apim_aks.options import option
from tests.support.meshed import INJECTED, ISTIO, LINKED, around, namespace, object_, published

STRICT, PERMISSIVE, DISABLE = ({"mtls": {"mode": m}} for m in ("STRICT", "PERMISSIVE", "DISABLE"))
LEDGER = {"selector": {"matchLabels": {"app": "ledger"}}}
OTHER = {"selector": {"matchLabels": {"app": "other"}}}
TAKEN = "requirements.service_mesh is taken to be true"
TOKENS = "tokens of https://one.example and https://two.example are checked, and any other token is"
POLICY = "config.linkerd.io/default-inbound-policy"


def peers(spec: dict[str, Any], space: str = "shop", name: str = "p") -> dict[str, Any]:
    return object_("PeerAuthentication", spec, ISTIO, space, name)


def on_port(mode: str, port: str = "8080") -> dict[str, Any]:
    return LEDGER | {"portLevelMtls": {port: {"mode": mode}}}


def said(*objects: dict[str, Any], required: bool | None = None, **known: Any) -> tuple[str, ...]:
    made = published(around(*objects, **known), required)
    mapping = map_services(made)
    notes = tuple(n.sentence for n in mapping.notes if n.about is About.MESH)
    assert proposes_mesh(made, mapping) == any(TAKEN in n for n in notes)
    return notes


STRICT_ONES: dict[str, list[dict[str, Any]]] = {
    "namespace": [peers(STRICT)],
    "whole mesh": [peers(STRICT, "istio-system")],
    "workload before namespace": [peers(STRICT | LEDGER), peers(PERMISSIVE, name="q")],
    "namespace says nothing": [peers({"mtls": {"mode": "UNSET"}}), peers(STRICT, "istio-system")],
    "no mtls at all": [peers({}), peers(STRICT, "aks-istio-system")],
    "one port": [peers(on_port("STRICT"))],
    "another port is open": [peers(STRICT | on_port("DISABLE", "9090"))],
    "port without a selector": [peers(STRICT | {"portLevelMtls": {"8080": DISABLE["mtls"]}})],
    "port says nothing": [peers(STRICT | on_port("UNSET"))],
}


@pytest.mark.parametrize("name", STRICT_ONES)
def test_a_strict_port_makes_the_mesh_a_requirement(name: str) -> None:
    (sentence,) = said(*STRICT_ONES[name], namespace(**INJECTED))
    assert sentence.startswith("PeerAuthentication p (a.json line ")
    assert "STRICT" in sentence and "are refused" in sentence and TAKEN in sentence


@pytest.mark.parametrize(
    ("spec", "space", "named"),
    [
        (LEDGER, "shop", True),
        ({}, "shop", True),
        ({}, "istio-system", True),
        (OTHER, "shop", False),
        ({}, "other", False),
    ],
)
def test_tokens_that_a_proxy_checks_are_said(spec: dict[str, Any], space: str, named: bool) -> None:
    rules = {"jwtRules": [{"issuer": "https://one.example"}, {"issuer": "https://two.example"}]}
    found = said(object_("RequestAuthentication", spec | rules, ISTIO, space))
    assert [TOKENS in sentence for sentence in found] == [True] * named


OPEN_ONES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "permissive": ([peers(PERMISSIVE)], {}),
    "disabled": ([peers(DISABLE)], {}),
    "another namespace": ([peers(STRICT, "other")], {}),
    "workload before namespace": ([peers(STRICT), peers(PERMISSIVE | LEDGER, name="q")], {}),
    "other pods": ([peers(STRICT | OTHER)], {}),
    "namespace before mesh": ([peers(STRICT, "istio-system"), peers(PERMISSIVE)], {}),
    "its port is excepted": ([peers(STRICT | on_port("DISABLE"))], {}),
    "its port alone is permissive": (
        [peers(STRICT, name="q"), peers(on_port("PERMISSIVE"))],
        {},
    ),
    "root namespace with a selector": ([peers(STRICT | LEDGER, "istio-system")], {}),
    "two that differ": ([peers(STRICT), peers(PERMISSIVE, name="q")], {}),
    "pods without a proxy": (
        [peers(STRICT)],
        {"template": {"labels": {"sidecar.istio.io/inject": "false"}}},
    ),
    "pods of the node": ([peers(STRICT)], {"pods": {"hostNetwork": True}}),
    "its port goes past the proxy": (
        [peers(STRICT)],
        {
            "template": {
                "annotations": {"traffic.sidecar.istio.io/excludeInboundPorts": "15020, 8080"}
            }
        },
    ),
    "no port goes to the proxy": (
        [peers(STRICT)],
        {"template": {"annotations": {"traffic.sidecar.istio.io/includeInboundPorts": ""}}},
    ),
}


@pytest.mark.parametrize("name", OPEN_ONES)
def test_a_port_that_also_takes_plain_text_demands_nothing(name: str) -> None:
    policies, known = OPEN_ONES[name]
    assert said(*policies, **known) == ()
    assert not any(TAKEN in s for s in said(*policies, namespace(**INJECTED), **known))


MARKS = {
    "istio-injection": ("labels", "enabled"),
    "istio.io/rev": ("labels", "asm-1-28"),
    "istio.io/dataplane-mode": ("labels", "ambient"),
    "sidecar.istio.io/inject": ("labels", "true"),
    "linkerd.io/inject": ("annotations", "enabled"),
}


@pytest.mark.parametrize(("name", "mark"), MARKS.items(), ids=MARKS)
def test_injection_is_named_and_decides_nothing(name: str, mark: tuple[str, str]) -> None:
    field, value = mark
    (sentence,) = said(namespace(**{field: {name: value}}))
    assert f"{name}: {value}" in sentence and sentence.startswith("Namespace shop (a.json line ")
    assert "where the mesh demands mutual TLS, set requirements.service_mesh" in sentence
    (of_pods,) = said(template={field: {name: value}})
    assert of_pods.startswith("Deployment ledger (a.json line ")
    assert said(namespace(**{field: {name: "none"}})) == () or name == "istio.io/rev"


@pytest.mark.parametrize("value", ["all-authenticated", "cluster-authenticated", "deny"])
def test_linkerd_that_admits_only_identities_is_strict(value: str) -> None:
    linked = namespace(annotations={**LINKED["annotations"], POLICY: value})
    (sentence,) = said(linked)
    assert value in sentence and TAKEN in sentence
    open_ = {"template": {"annotations": {POLICY: "all-unauthenticated"}}}
    assert not any(TAKEN in s for s in said(linked, **open_))


NOBODY = object_("AuthorizationPolicy", {}, ISTIO)
INSIDE = {"rules": [{"from": [{"source": {"namespaces": ["shop"]}}]}]}
EVERYBODY = {"rules": [{}]}


@pytest.mark.parametrize(
    ("spec", "marks", "verb"),
    [
        ({}, INJECTED, "is refused"),
        (INSIDE, INJECTED, "is refused"),
        ({"action": "DENY", **EVERYBODY}, INJECTED, "is refused"),
        ({}, {}, "may be refused"),
        (EVERYBODY, INJECTED, ""),
        (INSIDE | {"selector": OTHER["selector"]}, INJECTED, ""),
    ],
)
def test_a_policy_that_refuses_the_gateway_is_said(
    spec: dict[str, Any], marks: dict[str, Any], verb: str
) -> None:
    found = said(object_("AuthorizationPolicy", spec, ISTIO), namespace(**marks))
    told = [s for s in found if s.startswith("a caller outside the mesh ")]
    assert [f" {verb} at shop/ledger: AuthorizationPolicy p " in s for s in told] == [True] * bool(
        verb
    )


def test_the_ranking_says_what_such_a_policy_leaves_open() -> None:
    made = design(published(around(NOBODY, namespace(**INJECTED))), (option("v2-integration"),))
    (line,) = (s for s in left_out(made) if s.startswith("Undecided"))
    assert "AuthorizationPolicy p (a.json line " in line
    assert "1. (?)" in comparison_text(made)


def test_what_the_reader_says_of_a_mesh_stays() -> None:
    (sentence,) = said(peers(STRICT), required=True)
    assert "requirements.service_mesh is true" in sentence
    (sentence,) = said(peers(STRICT), required=False)
    assert "requirements.service_mesh is false all the same" in sentence


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"mtls": "STRICT"}, "spec.mtls"),
        ({"mtls": {"mode": "strict"}}, "spec.mtls.mode"),
        ({"portLevelMtls": {"http": {"mode": "STRICT"}}}, "spec.portLevelMtls.http"),
        ({"selector": {"matchLabels": []}}, "spec.selector.matchLabels"),
    ],
)
def test_a_policy_that_cannot_be_read_is_a_finding(spec: dict[str, Any], field: str) -> None:
    (found,) = around(peers(spec)).findings
    assert f"as {field} of PeerAuthentication 'p'" in found.found and found.line
