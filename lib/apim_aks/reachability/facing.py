"""How Services face what is outside the cluster: what their manifests ask of load balancers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.facts.load_balancers import meaning_of
from apim_aks.workload.kubernetes.object import (
    Object,
    WrongField,
    items,
    mapping,
    pairs,
    text,
    texts,
)
from apim_aks.workload.model import Service, ServiceType

_AZURE = "service.beta.kubernetes.io/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing:
    """What a Service asks for: a frontend, who may use it, and ports of the nodes.

    `ranges` are enforced on the nodes as well, `allowed` in their security group alone; `other` is
    the class of another load balancer than Azure's. `unread` are annotations that are not known.
    `public_address` is the name of the resource that the frontend has its address from, `label`
    what the name of its address begins with in DNS. `new` says that it never had ports of nodes.
    """

    of: str
    file: str
    line: int
    type: ServiceType
    internal: bool = False
    ranges: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    denies_rest: bool = False
    ruleless: bool = False
    node_addressed: bool = False
    subnet: str = ""
    address: str = ""
    private_link: bool = False
    other: str = ""
    local: bool = False
    node_ports: bool = True
    new: bool = False
    external_ips: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    made_by: str = ""
    public_address: str = ""
    label: str = ""

    @property
    def called(self) -> str:
        """The Service with file and line, and what makes it where it is no object of the input."""
        made = f", made for {self.made_by}" if self.made_by else ""
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"Service {self.of} ({place}{made})"

    @property
    def needs_no_node_ports(self) -> bool:
        """AKS makes its load balancer without ports of the nodes, since no probe asks them.

        Source: kubernetes-sigs/cloud-provider-azure#10644 (2026-07-04) and #3987 (2023-05-26).
        """
        return not self.node_ports and self.local and not self.node_addressed

    @property
    def balanced(self) -> bool:
        """Whether the Service has a frontend of a load balancer."""
        return self.type is ServiceType.LOAD_BALANCER


def read_facings(objects: Iterable[Object]) -> Iterator[Facing]:
    """How the Services among these objects face the outside; what cannot be read is no Service."""
    for object in objects:
        if object.kind == "Service" and not object.group:
            with suppress(WrongField, ValueError):
                yield object.once(_facing)


def _facing(object: Object) -> Facing:
    data = object.data
    told = facing(
        of=f"{object.namespace}/{object.name}",
        file=object.document.file,
        line=object.line,
        type=ServiceType(text(data, "spec", "type") or ServiceType.CLUSTER_IP),
        annotations=dict(pairs(data, "metadata", "annotations")),
        ranges=tuple(texts(data, "spec", "loadBalancerSourceRanges")),
        other=text(data, "spec", "loadBalancerClass"),
        local=text(data, "spec", "externalTrafficPolicy") == "Local",
        node_ports=mapping(data, "spec").get("allocateLoadBalancerNodePorts") is not False,
        external_ips=tuple(texts(data, "spec", "externalIPs")),
    )
    without = bool(text(data, "metadata", "uid")) and not _node_ports(data)
    return replace(told, address=told.address or _recorded(data), new=without)


def _node_ports(data: Mapping[str, Any]) -> bool:
    return any(port.get("nodePort") for port, _ in items(data, "spec", "ports"))


def _recorded(data: Mapping[str, Any]) -> str:
    """The only IPv4 address that a cluster shows for the frontend; empty where none is shown."""
    shown = (text(held, "ip") for held, _ in items(data, "status", "loadBalancer", "ingress"))
    found = [address for address in shown if "." in address]
    return found[0] if len(found) == 1 else ""


def facing(
    *,
    of: str,
    file: str,
    line: int,
    type: ServiceType,
    annotations: Mapping[str, str],
    ranges: tuple[str, ...] = (),
    other: str = "",
    local: bool = False,
    node_ports: bool = True,
    external_ips: tuple[str, ...] = (),
    made_by: str = "",
) -> Facing:
    """How a Service faces the outside, its annotations read."""
    told = _Told(annotations)
    return Facing(
        of=of,
        file=file,
        line=line,
        type=type,
        internal=told.is_true("internal"),
        ranges=ranges,
        allowed=told.listed("allowed-ranges"),
        tags=told.listed("allowed-tags"),
        denies_rest=told.is_true("denies-rest"),
        ruleless=told.is_true("no-rules"),
        node_addressed=told.is_true("no-floating-ip"),
        subnet="".join(told.listed("subnet")),
        address="".join(told.listed("address")),
        private_link=told.is_true("private-link"),
        other=other,
        local=local,
        node_ports=node_ports,
        external_ips=external_ips,
        unread=told.unread(),
        made_by=made_by,
        public_address="".join(told.listed("public-address")),
        label="".join(told.listed("dns-label")),
    )


class _Told:
    """The annotations of a Service by what they mean."""

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._held = annotations

    def listed(self, meaning: str) -> tuple[str, ...]:
        values = (value for key, value in self._held.items() if meaning_of(key) == meaning)
        return tuple(part.strip() for value in values for part in value.split(",") if part.strip())

    def is_true(self, meaning: str) -> bool:
        return any(value.lower() == "true" for value in self.listed(meaning))

    def unread(self) -> tuple[str, ...]:
        return tuple(k for k in self._held if k.startswith(_AZURE) and meaning_of(k) is None)


def facing_of(service: Service, found: Mapping[str, Facing]) -> Facing:
    """How a Service faces the outside; where its object was not read, by what is known of it."""
    if service.id in found:
        return found[service.id]
    told = facing(
        of=service.id,
        file=service.file,
        line=service.line,
        type=service.type,
        annotations=dict(service.annotations),
        external_ips=service.external_ips,
    )
    return replace(told, ranges=tuple(r for r in service.source_ranges if r not in told.allowed))
