"""Small sites with who reaches their one Service from outside: what load balancers, node ports,
security groups and networks mean, by rows of kubernetes/api, cloud-provider-azure and Azure's docs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from json import dumps
from typing import Any

from apim_aks.reachability.scene import Engine
from apim_aks.reachability.templates.network import AzureNetwork
from apim_aks.reachability.verdicts import Verdict
from apim_aks.workload.documents import parse

ZONES = ("internet", "region", "network", "peered", "on-premises", "gateway")
LETTERS = {"o": "open", "c": "closed", "?": "unknown"}

PODS = """apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: i, ports: [{name: web, containerPort: 8080}]}]MORE}
"""
AZURE = "service.beta.kubernetes.io/azure-"
INTERNAL = {f"{AZURE}load-balancer-internal": "true"}
DENY = {f"{AZURE}deny-all-except-load-balancer-source-ranges": "true"}
PARTNER, GATEWAY_RANGE = "198.51.100.0/24", "10.1.2.0/24"


def service(
    type: str = "LoadBalancer",
    notes: Mapping[str, str] | None = None,
    name: str = "api",
    **spec: Any,
) -> dict[str, Any]:
    body = {"type": type, "selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "web"}]}
    metadata = {"name": name, "namespace": "shop", "annotations": dict(notes or {})}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": body | spec}


def object_(version: str, kind: str, name: str, spec: Any, space: str = "shop") -> dict[str, Any]:
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def policy(*ranges: str, pods: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Admits these ranges, or pods with these labels; without either it admits nobody."""
    peers: list[Any] = [{"ipBlock": {"cidr": r}} for r in ranges]
    if pods:
        peers.append({"podSelector": {"matchLabels": dict(pods)}, "namespaceSelector": {}})
    selects = {"matchLabels": {"app": "api"}}
    spec = {"podSelector": selects, "ingress": [{"from": peers}] if peers else []}
    return object_("networking.k8s.io/v1", "NetworkPolicy", "p", spec)


NGINX = {"app.kubernetes.io/name": "ingress-nginx"}
TO_API = {"service": {"name": "api", "port": {"number": 80}}}


def ingress(of: str) -> dict[str, Any]:
    path = {"path": "/", "pathType": "Prefix", "backend": TO_API}
    spec = {"ingressClassName": of, "rules": [{"http": {"paths": [path]}}]}
    return object_("networking.k8s.io/v1", "Ingress", "way", spec)


def controller(notes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The Service of ingress-nginx; its pods are not in the input."""
    ports = [{"port": 443, "targetPort": "https"}]
    made = service(notes=notes, name="nginx", selector=NGINX, ports=ports)
    return made | {"metadata": made["metadata"] | {"namespace": "ingress"}}


def gateway(
    notes: Mapping[str, str] | None = None, of: str = "istio", **infrastructure: Any
) -> dict[str, Any]:
    told = {"annotations": dict(notes or {})} | infrastructure
    everybody = {"namespaces": {"from": "All"}}
    listener = {"name": "https", "port": 443, "protocol": "HTTPS", "allowedRoutes": everybody}
    spec = {"gatewayClassName": of, "listeners": [listener], "infrastructure": told}
    return object_("gateway.networking.k8s.io/v1", "Gateway", "apis", spec, "ingress")


def istio(side: str, **server: Any) -> dict[str, Any]:
    """A Gateway at the pods of the add-on of AKS."""
    listening = {"port": {"number": 443, "protocol": "HTTPS", "name": "https"}, "hosts": ["*"]}
    selector = {"istio": f"aks-istio-ingressgateway-{side}"}
    spec = {"selector": selector, "servers": [listening | server]}
    return object_("networking.istio.io/v1", "Gateway", "apis", spec, "ingress")


def web_routing(front: str | None = None, enabled: bool = True) -> Network:
    """A cluster with managed NGINX."""
    told = {"enabled": enabled} | (
        {"nginx": {"defaultIngressControllerType": front}} if front else {}
    )
    return Network(profiles={"ingressProfile": {"webAppRouting": told}})


def mesh_with(*modes: str) -> Network:
    """A cluster with the mesh add-on and ingresses of these modes."""
    gateways = [{"mode": mode, "enabled": True} for mode in modes]
    told = {"mode": "Istio", "istio": {"components": {"ingressGateways": gateways}}}
    return Network(profiles={"serviceMeshProfile": told})


def nginx_of_ours(notes: Mapping[str, str], **spec: Any) -> dict[str, Any]:
    """An object for which the add-on makes one more controller."""
    told = {"ingressClassName": "ours", "loadBalancerAnnotations": dict(notes)} | spec
    made = object_("approuting.kubernetes.azure.com/v1alpha1", "NginxIngressController", "x", told)
    return made | {"metadata": {"name": "ours"}}


INGRESS = ingress("nginx")
MANAGED = ingress("webapprouting.kubernetes.azure.com")
BY_HAND = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "other-1",
        "namespace": "shop",
        "labels": {"kubernetes.io/service-name": "other"},
    },
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.244.0.7"]}],
    "ports": [{"port": 8080}],
}
PARENT = {"name": "apis", "namespace": "ingress"}
HTTP_ROUTE = object_(
    "gateway.networking.k8s.io/v1",
    "HTTPRoute",
    "way",
    {"parentRefs": [PARENT], "rules": [{"backendRefs": [{"name": "api", "port": 80}]}]},
)
VIRTUAL = object_(
    "networking.istio.io/v1",
    "VirtualService",
    "way",
    {
        "hosts": ["*"],
        "gateways": ["ingress/apis"],
        "http": [{"route": [{"destination": {"host": "api", "port": {"number": 80}}}]}],
    },
)

NET = "Microsoft.Network"
NODES, GATES, MORE = "snet-nodes", "snet-gateway", "snet-more"
MINE = "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'vnet', '%s')]"


def rule(name: str, priority: int, access: str, source: str, **more: Any) -> dict[str, Any]:
    told = {
        "priority": priority,
        "direction": "Inbound",
        "access": access,
        "protocol": "*",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    return {"name": name, "properties": told | more}


@dataclass(frozen=True, kw_only=True)
class Network:
    """Templates of a network with a cluster and a gateway in it, and what differs.

    With `second` there are nodes in another subnet too, whose group has these rules.
    """

    rules: Sequence[Mapping[str, Any]] | None = None
    second: Sequence[Mapping[str, Any]] | None = None
    nodes: Mapping[str, Any] = field(default_factory=dict)
    gates: Mapping[str, Any] = field(default_factory=dict)
    pool: Mapping[str, Any] = field(default_factory=dict)
    cluster: Mapping[str, Any] = field(default_factory=dict)
    profiles: Mapping[str, Any] = field(default_factory=dict)
    gateway: Mapping[str, Any] = field(default_factory=dict)
    tier: str = "Premium"
    more: Sequence[Mapping[str, Any]] = ()
    made: bool = True

    def read(self) -> AzureNetwork:
        templates, network = (now(f"templates.{n}") for n in ("resources", "network"))
        file = templates.TemplateFile(file="net.json", template=self.template())
        read: AzureNetwork = network.azure_network(templates.resources([file]))
        return read

    def template(self) -> dict[str, Any]:
        made: list[Mapping[str, Any]]
        own = dict(self.nodes) | (_group("g") if self.rules is not None else {})
        subnets = [
            _part(NODES, addressPrefix="10.1.0.0/24", **own),
            _part(GATES, addressPrefix=GATEWAY_RANGE, **self.gates),
            _part("snet-rest", addressPrefix="10.1.3.0/24"),
        ]
        space = {"addressPrefixes": ["10.1.0.0/16"]}
        rules = list(self.rules or ())
        made = [
            _resource(f"{NET}/networkSecurityGroups", "g", securityRules=rules),
            _resource(f"{NET}/virtualNetworks", "vnet", addressSpace=space, subnets=subnets),
        ]
        pool = {"name": "a", "vnetSubnetID": MINE % NODES, "osType": "Linux"} | dict(self.pool)
        pools = [pool]
        if self.second is not None:
            subnets.append(_part(MORE, addressPrefix="10.1.4.0/24", **_group("h")))
            rules = list(self.second)
            made.append(_resource(f"{NET}/networkSecurityGroups", "h", securityRules=rules))
            pools.append(pool | {"name": "b", "vnetSubnetID": MINE % MORE})
        profile = {"networkPlugin": "azure", "networkPluginMode": "overlay"} | dict(self.cluster)
        made = made if self.made else []
        made += [
            _resource(
                "Microsoft.ContainerService/managedClusters",
                "aks",
                networkProfile=profile,
                agentPoolProfiles=pools,
                **self.profiles,
            ),
            _resource(
                "Microsoft.ApiManagement/service",
                "apim",
                **(
                    self.gateway
                    or {
                        "virtualNetworkType": "Internal",
                        "virtualNetworkConfiguration": {"subnetResourceId": MINE % GATES},
                    }
                ),
            )
            | {"sku": {"name": self.tier, "capacity": 1}},
            *self.more,
        ]
        return {"$schema": "deploymentTemplate.json#", "resources": made}


def _group(name: str) -> dict[str, Any]:
    return {
        "networkSecurityGroup": {"id": f"[resourceId('{NET}/networkSecurityGroups', '{name}')]"}
    }


def _part(name: str, **properties: Any) -> dict[str, Any]:
    return {"name": name, "properties": properties}


def _resource(type: str, name: str, **properties: Any) -> dict[str, Any]:
    return {"type": type, "apiVersion": "2025-01-01", "name": name, "properties": properties}


resource = _resource


def application_gateway(back_end: str) -> dict[str, Any]:
    public = {"publicIPAddress": {"id": "/x/publicIPAddresses/y"}}
    pool = {"name": "p", "properties": {"backendAddresses": [{"ipAddress": back_end}]}}
    front = {"name": "f", "properties": public}
    type = f"{NET}/applicationGateways"
    return _resource(type, "agw", frontendIPConfigurations=[front], backendAddressPools=[pool])


def peering(**more: Any) -> dict[str, Any]:
    told = {
        "remoteVirtualNetwork": {"id": f"/subscriptions/x/providers/{NET}/virtualNetworks/other"},
        "remoteAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        "allowVirtualNetworkAccess": True,
    }
    type = f"{NET}/virtualNetworks/virtualNetworkPeerings"
    return _resource(type, "vnet/to", **(told | more))


@dataclass(frozen=True, kw_only=True)
class Outer:
    """Objects and templates, and the answer of each zone in the order of `ZONES`, a letter each."""

    what: str
    objects: Sequence[Mapping[str, Any]]
    answers: str
    network: Network | None = Network()
    engine: Engine | None = Engine.CILIUM
    pod: str = ""


def site(scene: Outer) -> Any:
    """The site of these objects and templates."""
    host = scene.pod == "HOST"
    pods = PODS.replace("MORE", "" if host else scene.pod)
    pods = pods.replace("containerPort", "hostPort: 9000, containerPort") if host else pods
    text = "\n---\n".join((pods, *map(dumps, scene.objects)))
    enforcing = now("scene").Engine(scene.engine) if scene.engine else None
    return now("site").Site(
        scene=now("reading").scene_of(parse(text.encode(), "a.yaml").documents),
        azure=scene.network.read() if scene.network else None,
        engine=enforcing,
    )


def verdicts(scene: Outer) -> tuple[Verdict, ...]:
    """The verdicts on the Service `shop/api` from outside."""
    found = now("proof").prove(site(scene))
    names = {f"{{{zone}}}" for zone in ZONES}
    return tuple(v for v in found.verdicts if v.service == "shop/api" and v.source in names)


def now(name: str) -> Any:
    """A module of the engine as it is now, with a fault in it or without."""
    return import_module(f"apim_aks.reachability.{name}")


def shown(scene: Outer) -> str:
    by_zone = {v.source.strip("{}"): v.answer.value for v in verdicts(scene)}
    return "".join({a: letter for letter, a in LETTERS.items()}[by_zone[zone]] for zone in ZONES)
