"""What the proof says of a gateway in the cluster, once one of its files says something else."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from apim_aks.artefacts.manifests import ManifestFile, manifests
from apim_aks.decision import proved
from apim_aks.decision.design import Design, design
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options import option
from apim_aks.options.drawn import Drawn
from apim_aks.options.self_hosted_gateway import NAME
from apim_aks.topology.check import State
from apim_aks.verification import check_option
from apim_aks.workload.file import read_workload

ID = "self-hosted-gateway"
REACHES, AROUND = f"{ID}.gateway-reaches-backends", f"{ID}.nothing-around-the-gateway"
Change = Callable[[dict[str, Any]], None]


def changed(kind: str, name: str, change: Change) -> Design:
    """The design of the orders whose object of this name is written in another way."""

    def made(drawn: Drawn) -> tuple[ManifestFile, ...]:
        files = []
        for file in manifests(drawn):
            objects = deepcopy(file.objects)
            for one in objects:
                if (one["kind"], one["metadata"]["name"]) == (kind, name):
                    change(one)
            files.append(replace(file, objects=objects))
        return tuple(files)

    with patch.object(proved, "manifests", made):
        return design(read_workload("contoso-orders"), (option(ID),))


def state(made: Design, check: str) -> State:
    return next(c.state for c in check_option(made, ID) if c.id == check)


def closed_outward(policy: dict[str, Any]) -> None:
    del policy["spec"]["egress"][0]


def closed_port_443(policy: dict[str, Any]) -> None:
    policy["spec"]["egress"] = [e for e in policy["spec"]["egress"] if e["ports"][0]["port"] != 443]


def without_the_gateway(policy: dict[str, Any]) -> None:
    del policy["spec"]["ingress"][0]


def other_pods_too(policy: dict[str, Any]) -> None:
    policy["spec"]["ingress"][0]["from"].append({"namespaceSelector": {}})


def other_instance(config: dict[str, Any]) -> None:
    suffix = self_hosted_defaults().configuration_suffix
    config["data"]["config.service.endpoint"] = f"https://apim-another.{suffix}"


def untouched(_: dict[str, Any]) -> None:
    """Nothing is changed: the control."""


@pytest.mark.parametrize(
    ("kind", "name", "change", "check", "ends"),
    [
        ("NetworkPolicy", NAME, untouched, REACHES, State.PASS),
        ("NetworkPolicy", NAME, untouched, AROUND, State.PASS),
        ("NetworkPolicy", NAME, closed_outward, REACHES, State.FAIL),
        ("NetworkPolicy", NAME, closed_port_443, REACHES, State.FAIL),
        ("NetworkPolicy", "orders-apis", untouched, REACHES, State.PASS),
        ("NetworkPolicy", "customers-apis", without_the_gateway, REACHES, State.FAIL),
        ("NetworkPolicy", "customers-apis", other_pods_too, AROUND, State.FAIL),
        ("ConfigMap", NAME, other_instance, REACHES, State.NOT_RUN),
    ],
)
def test_the_proof_follows_the_gateways_own_pods(
    kind: str, name: str, change: Change, check: str, ends: State
) -> None:
    assert state(changed(kind, name, change), check) is ends
