"""What a change of manifests or templates opens for places outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any

import pytest

from apim_aks.reachability.axis import address_text
from apim_aks.reachability.difference import around
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.workload.documents import parse
from tests.support.outside_scenes import PARTNER, PODS, Network, policy, rule, service

ONLY_PARTNER = {
    "loadBalancerSourceRanges": [PARTNER],
    "externalTrafficPolicy": "Local",
}
WIDER = ONLY_PARTNER | {"loadBalancerSourceRanges": [PARTNER, "203.0.113.0/24"]}
SHUT = Network(rules=[rule("none", 100, "Deny", "*")])
TO_OFFICE = Network(
    rules=[rule("office", 90, "Allow", "203.0.113.0/28"), rule("none", 100, "Deny", "*")]
)
HOME, BACK = [service("ClusterIP")], [service()]

CHANGES = {
    "a Service that becomes a public load balancer": (
        (HOME, Network()),
        (BACK, Network()),
        [
            "opened {internet} : 203.0.113.4 to the frontend of Service shop/api, TCP 80",
            "opened {region} : 203.0.113.4 to the frontend of Service shop/api, TCP 80",
            "opened {network} : 10.1.1.4 to the frontend of Service shop/api, TCP 80",
            "opened {gateway} : 10.1.2.4 to the frontend of Service shop/api, TCP 80",
        ],
    ),
    "a Service that goes home": (
        (BACK, Network()),
        (HOME, Network()),
        [f"closed {{{zone}}} : None" for zone in ("internet", "region", "network", "gateway")],
    ),
    "a node port": (
        (HOME, Network()),
        ([service("NodePort")], Network()),
        [
            "opened {network} : 10.1.1.4 to any node, TCP 30000",
            "opened {gateway} : 10.1.2.4 to any node, TCP 30000",
        ],
    ),
    "one more source range": (
        ([service(**ONLY_PARTNER)], Network()),
        ([service(**WIDER)], Network()),
        [
            f"opened {zone} 203.0.113.0-203.0.113.255: "
            "203.0.113.4 to the frontend of Service shop/api, TCP 80"
            for zone in ("{internet}", "{region}")
        ],
    ),
    "a rule of a security group": (
        (BACK, SHUT),
        (BACK, TO_OFFICE),
        [
            f"opened {zone} 203.0.113.0-203.0.113.15: "
            "203.0.113.4 to the frontend of Service shop/api, TCP 80"
            for zone in ("{internet}", "{region}")
        ],
    ),
    "templates that are not in the old input": (
        (BACK, None),
        (BACK, Network()),
        [],
    ),
    "a policy": (
        ([*BACK, policy()], Network()),
        ([*BACK, policy("203.0.113.0/28")], Network()),
        [
            f"opened {zone} 203.0.113.0-203.0.113.15: "
            "203.0.113.4 to the frontend of Service shop/api, TCP 80"
            for zone in ("{internet}", "{region}")
        ],
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_names_zone_addresses_and_a_packet(what: str) -> None:
    old, new, said = CHANGES[what]
    assert [
        f"{c.change.value} {c.source} "
        f"{', '.join(address_text(*span) for span in c.addresses)}: {c.packet}"
        for c in around(site(*old), site(*new))
    ] == said


def site(objects: Sequence[Mapping[str, Any]], network: Network | None) -> Site:
    text = "\n---\n".join((PODS.replace("MORE", ""), *map(dumps, objects)))
    scene = scene_of(parse(text.encode(), "a.yaml").documents)
    return Site(scene=scene, azure=network.read() if network else None, engine=Engine.CILIUM)
