"""A mesh in the input is named with file and line, and the requirement proposed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apim_aks.apis.mapping import About, map_services
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Requirements, Workload

STRICT, PERMISSIVE = ({"mtls": {"mode": mode}} for mode in ("STRICT", "PERMISSIVE"))
SELECTED = {"selector": {"matchLabels": {"app": "ledger"}}}
PROPOSED = "set `requirements: {service_mesh: true}`"


def policy(spec: dict[str, Any], space: str = "shop", name: str = "p") -> dict[str, Any]:
    metadata = {"name": name, "namespace": space}
    kind = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication"}
    return {**kind, "metadata": metadata, "spec": spec}


def namespace(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **metadata}}


def said(*objects: dict[str, Any], template: Any = None, required: bool = False) -> list[str]:
    place = {"name": "ledger", "namespace": "shop"}
    spec = {"selector": {"app": "ledger"}, "ports": [{"name": "http", "port": 80}]}
    pods = {"metadata": {"labels": {"app": "ledger"}, **(template or {})}, "spec": {}}
    every = [
        {"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": spec},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": place,
            "spec": {"template": pods},
        },
        *objects,
    ]
    listed = {"apiVersion": "v1", "kind": "List", "items": every}
    found = services_of(parse(json.dumps(listed, indent=1).encode(), "a.json").documents)
    made = Workload(
        name="s",
        title="S",
        services=found.services,
        publish=("ledger",),
        requirements=Requirements(service_mesh=required),
    )
    return [n.sentence for n in map_services(made).notes if n.about is About.MESH]


@pytest.mark.parametrize(
    "policies",
    [
        [policy(STRICT)],
        [policy(STRICT, "istio-system")],
        [policy(STRICT | SELECTED), policy(PERMISSIVE, name="q")],
        [policy({"mtls": {"mode": "UNSET"}}), policy(STRICT, "aks-istio-system")],
        [policy(SELECTED | {"portLevelMtls": {"8080": {"mode": "STRICT"}}})],
    ],
)
def test_a_strict_mesh_proposes_the_requirement(policies: list[dict[str, Any]]) -> None:
    (sentence,) = said(*policies)
    assert sentence.startswith("PeerAuthentication p (a.json, line ")
    assert "mode STRICT" in sentence and "is refused" in sentence and PROPOSED in sentence


@pytest.mark.parametrize(
    "policies",
    [
        [policy(PERMISSIVE)],
        [policy(STRICT, "other")],
        [policy(STRICT), policy(PERMISSIVE | SELECTED, name="q")],
        [policy(STRICT | {"selector": {"matchLabels": {"app": "other"}}})],
        [policy(STRICT, "istio-system"), policy(PERMISSIVE)],
        [policy(STRICT | SELECTED, "istio-system")],
    ],
)
def test_a_policy_that_does_not_decide_says_nothing(policies: list[dict[str, Any]]) -> None:
    assert said(*policies) == []


MARKS = {
    "istio-injection": ("labels", "enabled"),
    "istio.io/rev": ("labels", "asm-1-28"),
    "istio.io/dataplane-mode": ("labels", "ambient"),
    "linkerd.io/inject": ("annotations", "enabled"),
}


@pytest.mark.parametrize(("name", "mark"), MARKS.items(), ids=MARKS)
def test_injection_is_named_and_decides_nothing(name: str, mark: tuple[str, str]) -> None:
    field, value = mark
    (sentence,) = said(namespace(**{field: {name: value}}))
    assert f"{name}: {value}" in sentence and sentence.startswith("Namespace shop (a.json, line ")
    assert f"where the mesh demands mutual TLS, {PROPOSED}" in sentence
    (of_pods,) = said(template={field: {"app": "ledger", name: value}})
    assert of_pods.startswith("Deployment ledger (a.json, line ")
    assert said(namespace(**{field: {name: "none"}})) == [] or name == "istio.io/rev"


def test_linkerd_that_admits_only_identities_is_strict() -> None:
    name = "config.linkerd.io/default-inbound-policy"
    (sentence,) = said(namespace(annotations={name: "all-authenticated"}))
    assert "is refused" in sentence and PROPOSED in sentence
    assert said(namespace(annotations={name: "all-unauthenticated"})) == []


def test_a_policy_that_cannot_be_read_is_a_finding() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [policy({"mtls": "STRICT"})]}
    (found,) = services_of(parse(json.dumps(listed).encode(), "a.json").documents).findings
    assert "spec.mtls of PeerAuthentication 'p'" in found.found


def test_nothing_is_proposed_where_it_is_set() -> None:
    (sentence,) = said(policy(STRICT), required=True)
    assert PROPOSED not in sentence and "requirements.service_mesh is true" in sentence
