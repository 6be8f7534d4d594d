"""The apply model as a cluster that is read whole too: its objects, its pods, what AKS makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support import arm_server
from tests.support.cluster_model import ModelCluster
from tests.support.standing_state import add_on_pods, nodes_of, shown_with_pods

Json = dict[str, Any]


@dataclass
class LivingCluster(ModelCluster):
    """What it holds is listed by kind, and the group of its nodes follows its Services."""

    arm: arm_server.Arm = field(default_factory=arm_server.Arm)
    nodes: str = ""

    def run(self, body: Json) -> tuple[int, str]:
        """Exit code and what was printed."""
        if body["command"].startswith("kubectl api-resources"):
            return 0, arm_server.listed_kinds(self.arm, body)
        if "--all-namespaces" in body["command"]:
            self.follow()
            return 0, arm_server.listed(self.arm, body)
        return super().run(body)

    def follow(self) -> None:
        """The objects as kubectl shows them, and the rules that AKS writes for them."""
        held = (kept.held.object for kept in self.cluster.kept.values())
        objects = list(shown_with_pods(self.arm, held))
        services = [o for o in objects if o["kind"] == "Service"]
        named = (s["metadata"]["name"] for s in services)
        self.arm.cluster = [*objects, *add_on_pods(named)]
        nodes_of(self.arm, self.nodes, services)
