"""A placement for manifests: components with their Services, hosts and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import stands_for
from apim_aks.artefacts.planned_site import PlannedSite
from apim_aks.facts import IngressGateway, ingress_gateway
from apim_aks.options.cluster_changes import Left, left_open
from apim_aks.options.drawn import Drawn
from apim_aks.options.entry_pods import shares_pods
from apim_aks.topology import Component, Exposure, Kind, Link, Protocol, Reach
from apim_aks.workload.model import Port, Service, Workload
from apim_aks.workload.names import fitting, names_of

HTTPS = 443
ANNOTATION = "service.beta.kubernetes.io/azure-"


@dataclass(frozen=True, slots=True)
class Routed:
    """A Service behind an ingress: the path prefix that leads to it, and the hop inside.

    `shares` are the Services that divide its calls, itself among them, each with port and percent.
    """

    service: Service
    prefix: str
    port: int
    tls: bool
    shares: tuple[tuple[Service, int, int], ...] = ()


@dataclass(frozen=True)
class ManifestScene(PlannedSite):
    """One placement of one workload, with its address plan."""

    @property
    def ingress(self) -> Component | None:
        """The ingress of this placement, if it has one in the cluster."""
        return next((c for c in self.topology.of_kind(Kind.INGRESS) if c.in_cluster), None)

    @property
    def asks_certificate(self) -> bool:
        """The ingress admits nobody without the gateway's client certificate."""
        return self.ingress is not None and self.topology.asks_certificate(self.ingress.id)

    @cached_property
    def left_open(self) -> Left:
        """By the id of each published Service the ports before its pods to which routes stay."""
        return left_open(self.drawn)

    @property
    def gateway(self) -> IngressGateway | None:
        """How that ingress is configured; None where nothing is written for its controller."""
        return ingress_gateway(self.drawn.controller.id)

    @property
    def shares_pods(self) -> bool:
        """The pods of the ingress may serve others today, so that what is theirs stays."""
        return self.gateway is not None and shares_pods(self.workload, self.gateway)

    @property
    def listens(self) -> int:
        """The port on which the pods of the ingress take the gateway's calls."""
        return self.gateway.own_port if self.gateway and self.shares_pods else HTTPS

    @property
    def client_name(self) -> str:
        """The DNS name in the client certificate that API Management shows."""
        return client_certificate_name(self.workload)

    def host(self, component: Component) -> str:
        """The host name that leads to this component."""
        return next((n.name for n in self.topology.names if n.component == component.id), "")

    def services(self, exposure: Exposure) -> tuple[tuple[Component, Service], ...]:
        """The published Services that end up with this kind of address."""
        called = {link.target for link in self.topology.links if not link.bypass}
        return tuple(
            (c, self.workload.service(c.service))
            for c in self.topology.of_kind(Kind.SERVICE)
            if c.exposure is exposure and c.id in called
        )

    def behind(self, component: Component) -> tuple[Routed, ...]:
        """The Services that this component calls, each with its path prefix."""
        links = {link.target: link for link in self.topology.links_from(component.id)}
        prefixes = dict(
            route
            for b in self.topology.backends
            if b.component == component.id
            for route in b.routes
        )
        return tuple(
            Routed(
                self.workload.service(c.service),
                prefixes.get(c.service, ""),
                *_hop(links[c.id]),
                self._shares(c.service, links),
            )
            for c in self.topology.components
            if c.id in links and c.service
        )

    def _shares(
        self, service: str, links: Mapping[str, Link]
    ) -> tuple[tuple[Service, int, int], ...]:
        """Those that divide the Service's calls, where one component leads to all of them."""
        divided = self.drawn.mapping.shares(service)
        if not all(f"svc-{id}" in links for id, _ in divided):
            return ()
        return tuple(
            (self.workload.service(id), links[f"svc-{id}"].port, weight) for id, weight in divided
        )

    def callers(self, component: Component) -> list[str]:
        """The ranges from which the gateway calls this component; empty where none can be named."""
        if component.lists_gateway:
            return [f"{stands_for('gateway-address')}/32"]
        gateway = self.plan.range("gateway")
        if component.reach is Reach.GATEWAY and gateway:
            return [gateway.prefix]
        return [self.plan.network] if component.reach is Reach.NETWORK else []


def scene(drawn: Drawn) -> ManifestScene:
    """The placement with its addresses."""
    return ManifestScene(drawn)


def client_certificate_name(workload: Workload) -> str:
    """The DNS name that the gateway's client certificate must hold for the ingress to admit it."""
    return names_of(workload).gateway_client


def certificate_secret(certificate: str) -> str:
    """The name in Key Vault of the certificate with this id in the topology."""
    namespace, _, name = certificate.partition("/")
    # A hyphen more than the two of the prefix, and the namespace could end elsewhere.
    plain = name and namespace.count("-") <= 2
    return fitting(f"{namespace}-{name}" if plain else certificate, 127)


def _hop(link: Link) -> tuple[int, bool]:
    return link.port, link.protocol is Protocol.HTTPS


def pod_port(service: Service, number: int) -> int | str:
    """What the pods listen on behind this port of the Service: a number, or a port's name."""
    return target_of(service.named_port(str(number)) or Port(number))


def target_of(port: Port) -> int | str:
    """What the pods listen on behind a port of a Service: a number, or a port's name."""
    target = port.target or str(port.number)
    return int(target) if target.isdecimal() else target


def obj(
    api: str,
    kind: str,
    name: str,
    namespace: str = "",
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    **body: object,
) -> Object:
    """A Kubernetes object, its metadata first."""
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}


def made_by(workload: Workload, name: str = "") -> dict[str, str]:
    """The labels of every object that the design adds."""
    own = {"app.kubernetes.io/name": name} if name else {}
    return own | {
        "app.kubernetes.io/part-of": workload.name,
        "app.kubernetes.io/managed-by": "apim-aks",
    }
