"""Many Services of every kind in a network with many security rules, for how work grows."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.site import Site
from apim_aks.workload.model import ServiceType
from tests.support.outside_scenes import Network, rule


def site(scene: Scene, rules: int) -> Site:
    """The scene with Services of three types, half of those with a frontend limited to a range."""
    kinds = (ServiceType.CLUSTER_IP, ServiceType.NODE_PORT, ServiceType.LOAD_BALANCER)
    services = tuple(
        replace(
            service,
            type=kinds[at % 3],
            source_ranges=(f"198.51.{at % 250}.0/24",) if at % 6 == 2 else (),
        )
        for at, service in enumerate(scene.services)
    )
    written = [
        rule(
            f"r{at}",
            100 + at,
            "Allow" if at % 2 else "Deny",
            f"10.{at % 250}.{at % 7}.0/24",
            destinationPortRange=str(8000 + at % 20),
        )
        for at in range(rules)
    ]
    azure = Network(rules=written).read()
    return Site(scene=replace(scene, services=services), azure=azure, engine=Engine.CILIUM)


def from_outside(of: Site) -> int:
    """Every verdict on every Service from outside; how many there are."""
    outside = surroundings(of)
    return sum(1 for service in of.scene.services for _ in outside.verdicts(service))
