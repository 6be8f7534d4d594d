"""NetworkPolicies among what guards pods: whom each is for, and whom it admits, in words."""

from __future__ import annotations

from typing import Any

import pytest

from apim_aks.decision.as_json import plain
from apim_aks.workload.guards.network_policies import PodPolicy
from apim_aks.workload.kubernetes import Manifests
from tests.support.meshed import around, object_

PORTS = [{"port": 80}, {"port": "web"}, {"protocol": "UDP"}, {"port": 90, "endPort": 99}]
TENS = {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}
NAMESPACE = {"kubernetes.io/metadata.name": "shop"}


def read(spec: dict[str, Any]) -> Manifests:
    return around(object_("NetworkPolicy", spec, "networking.k8s.io/v1"))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"podSelector": {}}, "for all pods: admits nobody"),
        ({"podSelector": {}, "ingress": [{}]}, "for all pods: admits everybody"),
        (
            {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Egress"]},
            "for pods with app=a: lets them call nothing",
        ),
        (
            {
                "podSelector": {
                    "matchExpressions": [
                        {"key": "tier", "operator": "NotIn", "values": ["x", "y"]},
                        {"key": "old", "operator": "DoesNotExist"},
                    ]
                },
                "ingress": [{"ports": PORTS}],
                "egress": [
                    {"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}
                ],
            },
            "for pods with tier not in x, y and old is not set: admits everybody on TCP 80, port "
            "web, every UDP port and TCP 90 to 99; lets them call 10.0.0.0/8 without 10.1.0.0/16",
        ),
        (
            {
                "podSelector": {},
                "ingress": [
                    {"from": [{"podSelector": {}}, {"namespaceSelector": {}}]},
                    {"from": [{"namespaceSelector": {"matchLabels": NAMESPACE}}]},
                ],
            },
            "for all pods: admits all pods of its namespace or all pods of every namespace and all "
            "pods of namespaces with kubernetes.io/metadata.name=shop",
        ),
    ],
)
def test_a_policy_says_whom_it_is_for_and_whom_it_admits(spec: dict[str, Any], says: str) -> None:
    (guard,) = read(spec).guards.every
    assert isinstance(guard, PodPolicy)
    assert (guard.says, guard.file) == (says, "a.json")


def test_a_policy_that_no_cluster_takes_guards_nothing_and_may_open_anything() -> None:
    found = read({"podSelector": {}, "ingress": [{"from": [{}]}]})
    assert found.guards.every == ()
    assert [f.refused for f in found.findings] == [True]


def test_addresses_of_a_policy_are_text_in_json() -> None:
    spec = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}
    (guard,) = read(spec).guards.every
    (rule,) = plain(guard)["policy"]["ingress"]
    assert rule["peers"][0]["block"] == {"addresses": "10.0.0.0/8", "excepted": []}
