"""Which policies are applied beside today's callers, and which isolate when all is closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Workload
from tests.artefacts.test_manifests import written_for
from tests.support.scenario import document, workload


def made(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    group = {"Deployment": "apps/v1", "NetworkPolicy": "networking.k8s.io/v1"}.get(kind, "v1")
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


def runs(track: str) -> dict[str, Any]:
    labels = {"app": "orders", "track": track}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "a"}]}}
    return made("Deployment", track, selector={"matchLabels": labels}, template=pod)


def read(*objects: dict[str, Any]) -> Workload:
    text = yaml.safe_dump_all([SERVICE, *objects])
    found = services_of(parse(text.encode(), "all.yaml").documents)
    services = (replace(s, documents=(document("GET /orders"),)) for s in found.services)
    return workload(*services, guards=found.guards, documents=found.documents)


SERVICE = made("Service", "orders", selector={"app": "orders"}, ports=[{"port": 80}])


@pytest.mark.parametrize(
    ("labels", "direction", "tracks", "early", "isolated"),
    [
        ({}, "Ingress", 2, {"app": "orders"}, False),
        ({"app": "orders"}, "Ingress", 2, {"app": "orders"}, False),
        ({"track": "stable"}, "Ingress", 1, {"app": "orders", "track": "stable"}, False),
        ({"track": "stable"}, "Ingress", 2, {"app": "orders", "track": "stable"}, True),
        ({"app": "orders"}, "Egress", 2, None, True),
        ({"app": "other"}, "Ingress", 2, None, True),
    ],
)
def test_a_policy_is_early_for_pods_that_are_selected_already(
    labels: dict[str, str],
    direction: str,
    tracks: int,
    early: dict[str, str] | None,
    isolated: bool,
) -> None:
    """Beside a policy that selects some of the pods: for those that both select."""
    theirs = made(
        "NetworkPolicy", "own", podSelector={"matchLabels": labels}, policyTypes=[direction]
    )
    source = read(*(runs(track) for track in ("stable", "canary")[:tracks]), theirs)
    files = {f.name[:2]: f for f in written_for(source, "vnet-internal")}
    admitting = files["45"].objects if "45" in files else ()
    assert [o["spec"]["podSelector"]["matchLabels"] for o in admitting] == [early] * bool(early)
    closing = files["60"].objects if "60" in files else ()
    assert [o["metadata"]["name"] for o in closing] == ["orders-apis"] * isolated
    if admitting and closing:
        rules = [o["spec"]["ingress"] for o in (*admitting, *closing)]
        assert rules[0] == rules[1] and admitting[0]["metadata"]["name"] == "orders-apis-own"


def test_expressions_of_a_policy_select_as_they_do_there() -> None:
    chosen = {"key": "track", "operator": "NotIn", "values": ["canary"]}
    theirs = made("NetworkPolicy", "own", podSelector={"matchExpressions": [chosen]}, ingress=[])
    source = read(runs("stable"), runs("canary"), theirs)
    files = {f.name[:2]: f for f in written_for(source, "vnet-internal")}
    (admitting,) = files["45"].objects
    picked = {"matchLabels": {"app": "orders"}, "matchExpressions": [chosen]}
    assert admitting["spec"]["podSelector"] == picked


@pytest.mark.parametrize("option", ["public-services", "ingress-mtls"])
def test_what_stands_before_services_may_call_where_a_policy_says_whom_it_may(option: str) -> None:
    space = "shop" if option == "public-services" else "aks-istio-ingress"
    theirs = made("NetworkPolicy", "out", podSelector={}, policyTypes=["Egress"])
    theirs["metadata"]["namespace"] = space
    files = {f.name[:2]: f for f in written_for(read(runs("stable"), theirs), option)}
    (out,) = [o for o in files["45"].objects if o["spec"]["policyTypes"] == ["Egress"]]
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
        "podSelector": {"matchLabels": {"app": "orders", "track": "stable"}},
    }
    first, *rest = out["spec"]["egress"]
    assert first == {"to": [pods], "ports": [{"protocol": "TCP", "port": 80}]}
    named = {"public-services": "orders-token-check-out", "ingress-mtls": "apis-out"}
    assert out["metadata"] | {"name": named[option], "namespace": space} == out["metadata"]
    reached = {(p["protocol"], p["port"]) for rule in rest for p in rule["ports"]}
    token = {("TCP", 443), ("TCP", 53), ("UDP", 53)}
    assert reached == (token if option == "public-services" else set())


@pytest.mark.parametrize(("labels", "isolated"), [({}, True), ({"app": "orders"}, False)])
def test_a_token_check_is_admitted_where_a_policy_selects_its_pods(
    labels: dict[str, str], isolated: bool
) -> None:
    theirs = made("NetworkPolicy", "own", podSelector={"matchLabels": labels}, ingress=[])
    source = read(runs("stable"), theirs)
    files = {f.name[:2]: f for f in written_for(source, "public-services")}
    admitted = [o for o in files["45"].objects if o["metadata"]["name"] == "orders-token-check"]
    assert [o["spec"]["ingress"] for o in admitted] == isolated * [
        [{"ports": [{"protocol": "TCP", "port": "https"}]}]
    ]
