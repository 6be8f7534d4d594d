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
    ("labels", "direction", "tracks", "early", "by_hand"),
    [
        ({}, "Ingress", 2, True, False),
        ({"app": "orders"}, "Ingress", 2, True, False),
        ({"track": "stable"}, "Ingress", 1, True, False),
        ({"track": "stable"}, "Ingress", 2, False, True),
        ({"app": "orders"}, "Egress", 2, False, False),
        ({"app": "other"}, "Ingress", 2, False, False),
    ],
)
def test_a_policy_is_early_where_every_pod_is_selected_already(
    labels: dict[str, str], direction: str, tracks: int, early: bool, by_hand: bool
) -> None:
    theirs = made(
        "NetworkPolicy", "own", podSelector={"matchLabels": labels}, policyTypes=[direction]
    )
    source = read(*(runs(track) for track in ("stable", "canary")[:tracks]), theirs)
    files = {f.name[:2]: f for f in written_for(source, "vnet-internal")}
    assert [o["metadata"]["name"] for o in files["45" if early else "60"].objects] == [
        "orders-apis"
    ]
    assert bool(files["60"].objects if "60" in files else ()) is not early
    said = " ".join(files["45"].by_hand) if "45" in files else ""
    assert ("selects some pods of shop/orders and perhaps not all" in said) is by_hand


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
