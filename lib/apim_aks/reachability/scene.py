"""The objects that decide about connections inside a cluster, read from manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apim_aks.reachability.entrances import Entrance
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.relays import Relay
from apim_aks.reachability.self_hosted import SelfHosted
from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Guards
from apim_aks.workload.model import Service
from apim_aks.workload.network_policy import AdminPolicy, NetworkPolicy, PolicyRule, Selector

METADATA_NAME = "kubernetes.io/metadata.name"
"""The label that every Namespace carries (KEP 2161)."""


class Engine(StrEnum):
    """Who enforces NetworkPolicies. `SPECIFICATION` enforces each as its text says."""

    SPECIFICATION = "specification"
    CILIUM = "cilium"
    AZURE = "azure"
    CALICO = "calico"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """Pods of one workload that have the same labels and ports.

    `ports` are container ports as name, protocol and number, `host_ports` those that ports of the
    node lead to, as protocol, number and that of the node. The `address` is known of `recorded`
    pods, and so are all their labels: others get more from their controller.
    """

    namespace: str
    owner: str
    kind: str
    labels: tuple[tuple[str, str], ...]
    ports: tuple[tuple[str, str, int], ...] = ()
    host_ports: tuple[tuple[str, int, int], ...] = ()
    host_network: bool = False
    recorded: bool = False
    address: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def workload(self) -> str:
        """The workload by namespace, name and kind."""
        return f"{self.namespace}/{self.owner}[{self.kind}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something of the input that is not understood, and the pods that it may concern.

    They are those of `namespace`, or all where it is empty, that `selects` picks, or those of one
    `workload`. It may open what would be closed; `restricts` says that it may also close what would
    be open. With `engines` it is one with these alone. `opens` says that it may itself be a way in
    from outside, `connects` that it may connect the network with others.
    """

    because: str
    file: str
    line: int
    namespace: str = ""
    selects: Selector = Selector()
    workload: str = ""
    restricts: bool = False
    engines: tuple[Engine, ...] = ()
    opens: bool = False
    connects: bool = False

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{self.because} ({place})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A route that forwards connections to pods: an object that names a Service and port.

    `through` are the ids of what answers for it, `credential` is what it asks of callers, `doubt`
    why nobody knows whether it leads there.
    """

    kind: str
    name: str
    service: str
    port: str
    file: str
    line: int
    through: tuple[str, ...] = ()
    credential: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that was read. `namespaces` holds the labels of those that an object declares.

    `mentions` are fronts of which nobody knows whether they lead there, `gateways` those of API
    Management that run in the cluster, `by_hand` the Services for which somebody wrote, or may
    write, who answers. Of `guards` those of meshes count here, which close nothing.
    """

    pods: tuple[Pod, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    policies: tuple[NetworkPolicy, ...] = ()
    admin_policies: tuple[AdminPolicy, ...] = ()
    services: tuple[Service, ...] = ()
    fronts: tuple[Front, ...] = ()
    mentions: tuple[Front, ...] = ()
    facings: tuple[Facing, ...] = ()
    entrances: tuple[Entrance, ...] = ()
    relays: tuple[Relay, ...] = ()
    gateways: tuple[SelfHosted, ...] = ()
    by_hand: frozenset[str] = frozenset()
    guards: Guards = Guards()
    doubts: tuple[Doubt, ...] = ()
    findings: tuple[Finding, ...] = ()

    def rules(self) -> Iterator[PolicyRule]:
        """Every rule of every policy."""
        for policy in self.policies:
            yield from (*(policy.ingress or ()), *(policy.egress or ()))
        for admin in self.admin_policies:
            yield from (*admin.ingress, *admin.egress)
