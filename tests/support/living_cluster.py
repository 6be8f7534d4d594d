"""The apply model as a cluster that is read whole too: its objects, its pods, what AKS makes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from apim_aks.workload.kubernetes.apply import Kept
from tests.support import arm_server
from tests.support.cluster_model import ModelCluster
from tests.support.standing_state import add_on_pods, nodes_of, shown_with_pods

Json = dict[str, Any]


@dataclass
class LivingCluster(ModelCluster):
    """What it holds is listed by kind, and the group of its nodes follows its Services."""

    arm: arm_server.Arm = field(default_factory=arm_server.Arm)
    nodes: str = ""
    told: tuple[Any, frozenset[str]] = (None, frozenset())
    texts: dict[int, tuple[Kept, str]] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> frozenset[str]:
        """What it holds, equal where another way led to the same objects."""
        kept = self.cluster.kept
        if self.told[0] is not kept:
            self.told = kept, frozenset(map(self._text, kept.values()))
        return self.told[1]

    def _text(self, kept: Kept) -> str:
        if id(kept) not in self.texts:
            held = kept.held
            text = json.dumps([held.made, held.whole, str(held.unclear), held.data], default=str)
            self.texts[id(kept)] = kept, hashlib.sha256(text.encode()).hexdigest()
        return self.texts[id(kept)][1]

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
