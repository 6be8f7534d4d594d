"""Who reaches a Service from outside the cluster: one example for each row of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from apim_aks.reachability.files import read_scene
from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from tests.support.outside_scenes import (
    AZURE,
    BY_HAND,
    DENY,
    GATEWAY_RANGE,
    HTTP_ROUTE,
    INGRESS,
    INTERNAL,
    MANAGED,
    NGINX,
    NODES,
    PARTNER,
    VIRTUAL,
    Network,
    Outer,
    application_gateway,
    controller,
    gateway,
    ingress,
    istio,
    mesh_with,
    nginx_of_ours,
    object_,
    peering,
    policy,
    resource,
    rule,
    service,
    shown,
    site,
    verdicts,
    web_routing,
)
from tests.support.places import REPOSITORY

FLAT = Network(cluster={"networkPluginMode": None})
PUBLIC_NODES = {"enableNodePublicIP": True}
ALLOWED_PORTS = {
    "networkProfile": {"allowedHostPorts": [{"portStart": 1, "portEnd": 65535, "protocol": "TCP"}]}
}
TO_NODES = {f"{AZURE}disable-load-balancer-floating-ip": "true"}
FRONTENDS = [
    rule("ports", 99, "Deny", "*", destinationPortRange="30000-32767"),
    rule("in", 200, "Allow", "Internet"),
]
ROUTED = {"routeTable": {"id": "[resourceId('Microsoft.Network/routeTables', 'rt')]"}}


def route(prefix: str) -> dict[str, Any]:
    """A table with a route to an appliance."""
    hop = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.1.3.4"}
    told = {"name": "all", "properties": {"addressPrefix": prefix} | hop}
    return resource("Microsoft.Network/routeTables", "rt", routes=[told])


LOCAL = {"externalTrafficPolicy": "Local"}
RANGES = {"loadBalancerSourceRanges": [PARTNER]}
BARE = {"allocateLoadBalancerNodePorts": False, "externalTrafficPolicy": "Local"}


def there(object: Mapping[str, Any]) -> dict[str, Any]:
    """The object as a cluster holds it."""
    return {**object, "metadata": object["metadata"] | {"uid": "6f1c"}}


# internet, region, network, peered, on-premises, gateway
HOME = service("ClusterIP")
SCENES = (
    Outer(
        what="managed NGINX is public",
        objects=[HOME, MANAGED],
        answers="ooocco",
        network=web_routing(),
    ),
    Outer(
        what="managed NGINX that a template keeps inside",
        objects=[HOME, MANAGED],
        answers="ccocco",
        network=web_routing("Internal"),
    ),
    Outer(
        what="managed NGINX without a default controller",
        objects=[HOME, MANAGED],
        answers="cccccc",
        network=web_routing("None"),
    ),
    Outer(
        what="managed NGINX that is not on",
        objects=[HOME, ingress("ours"), nginx_of_ours({})],
        answers="cccccc",
        network=web_routing(enabled=False),
    ),
    Outer(
        what="managed NGINX of an object, inside",
        objects=[HOME, ingress("ours"), nginx_of_ours(INTERNAL)],
        answers="ccocco",
        network=web_routing(),
    ),
    Outer(
        what="managed NGINX of an object, for a partner",
        objects=[
            HOME,
            ingress("ours"),
            nginx_of_ours({f"{AZURE}allowed-ip-ranges": PARTNER}, httpDisabled=True),
        ],
        answers="o?occo",
        network=web_routing(),
    ),
    Outer(
        what="a Gateway for a partner",
        objects=[HOME, HTTP_ROUTE, gateway({f"{AZURE}allowed-ip-ranges": PARTNER})],
        answers="o?occo",
    ),
    Outer(
        what="an ingress of the mesh that is on",
        objects=[HOME, VIRTUAL, istio("external")],
        answers="ooocco",
        network=mesh_with("External"),
    ),
    Outer(
        what="an ingress of the mesh that is not on",
        objects=[HOME, VIRTUAL, istio("external")],
        answers="cccccc",
        network=mesh_with("Internal"),
    ),
    Outer(what="a ClusterIP with overlay", objects=[service("ClusterIP")], answers="cccccc"),
    Outer(
        what="pods with addresses in the network need no Service of theirs",
        objects=[service("ClusterIP")],
        answers="ccocco",
        network=FLAT,
    ),
    Outer(
        what="kubenet is neither",
        objects=[service("ClusterIP")],
        answers="cc?cc?",
        network=Network(cluster={"networkPlugin": "kubenet", "networkPluginMode": None}),
    ),
    Outer(what="a node port", objects=[service("NodePort")], answers="ccocco"),
    Outer(
        what="nodes with public addresses: the group of the nodes still denies",
        objects=[service("NodePort")],
        answers="ccocco",
        network=Network(pool=PUBLIC_NODES),
    ),
    Outer(
        what="nodes with public addresses and allowed ports",
        objects=[service("NodePort")],
        answers="ooocco",
        network=Network(pool=PUBLIC_NODES | ALLOWED_PORTS),
    ),
    Outer(what="a public frontend without limits", objects=[service()], answers="ooocco"),
    Outer(
        what="internal: no internet",
        objects=[service(notes=INTERNAL)],
        answers="ccocco",
    ),
    Outer(
        what="internal in any case",
        objects=[service(notes=dict.fromkeys(INTERNAL, "TRUE"))],
        answers="ccocco",
    ),
    Outer(
        what="any other value is public",
        objects=[service(notes=dict.fromkeys(INTERNAL, "yes"))],
        answers="ooocco",
    ),
    Outer(
        what="ranges do not guard the node port, and the network is admitted by 65000",
        objects=[service(**RANGES)],
        answers="o?occo",
    ),
    Outer(
        what="ranges without node ports: nodes enforce them, Azure does not deny the network",
        objects=[service(**RANGES, allocateLoadBalancerNodePorts=False)],
        answers="o??cc?",
    ),
    Outer(
        what="a Service that asks for no node ports any more keeps those that it has",
        objects=[service(notes=DENY, **RANGES, **BARE)],
        answers="o??cc?",
    ),
    Outer(
        what="a Service that was made without node ports has none",
        objects=[there(service(notes=DENY, **RANGES, **BARE))],
        answers="o?cccc",
    ),
    Outer(
        what="AKS asks a node port of a Service whose calls go to any node",
        objects=[there(service(notes=DENY, **RANGES, allocateLoadBalancerNodePorts=False))],
        answers="o??cc?",
    ),
    Outer(
        what="ranges by annotation are not enforced on nodes",
        objects=[service(notes={f"{AZURE}allowed-ip-ranges": PARTNER})],
        answers="o?occo",
    ),
    Outer(
        what="everybody else is denied at the frontend, not at the node port",
        objects=[service(notes=DENY, **RANGES)],
        answers="o?occo",
    ),
    Outer(
        what="the annotation without ranges denies nobody",
        objects=[service(notes=DENY)],
        answers="ooocco",
    ),
    Outer(
        what="ranges in two places are refused",
        objects=[
            service(
                notes={f"{AZURE}allowed-ip-ranges": PARTNER},
                allocateLoadBalancerNodePorts=False,
                **RANGES,
            )
        ],
        answers="???cc?",
    ),
    Outer(
        what="a service tag of the region",
        objects=[service(notes={f"{AZURE}allowed-service-tags": "AzureCloud.westeurope"})],
        answers="coocco",
    ),
    Outer(
        what="another service tag",
        objects=[service(notes={f"{AZURE}allowed-service-tags": "AzureFrontDoor.Backend"})],
        answers="??occo",
    ),
    Outer(
        what="no rules at all",
        objects=[service(notes={f"{AZURE}disable-load-balancer-nsg-rule": "true"})],
        answers="ccocco",
    ),
    Outer(
        what="without floating address the rules are for the nodes themselves",
        objects=[service(notes=TO_NODES)],
        answers="ooocco",
    ),
    Outer(
        what="another class of load balancer",
        objects=[service(loadBalancerClass="x/y")],
        answers="??occo",
    ),
    Outer(
        what="an annotation that nobody here knows",
        objects=[service(notes={f"{AZURE}new-thing": "x"})],
        answers="??occo",
    ),
    Outer(
        what="a Private Link Service",
        objects=[service(notes=INTERNAL | {f"{AZURE}pls-create": "true"})],
        answers="c?occo",
    ),
    Outer(
        what="external addresses",
        objects=[service("ClusterIP", externalIPs=["192.0.2.1"])],
        answers="???cc?",
    ),
    Outer(
        what="a second Service opens the same pods",
        objects=[service("ClusterIP"), service(name="other")],
        answers="ooocco",
    ),
    Outer(
        what="a policy that admits nobody, enforced by Cilium",
        objects=[service(), policy()],
        answers="cccccc",
    ),
    Outer(
        what="Azure's engine leaves calls through nodes alone",
        objects=[service(), policy()],
        answers="ooocco",
        engine=Engine.AZURE,
    ),
    Outer(
        what="Azure's engine sees the caller with Local",
        objects=[service(**LOCAL), policy()],
        answers="cccccc",
        engine=Engine.AZURE,
    ),
    Outer(
        what="what others see of calls through nodes is not defined",
        objects=[service(), policy()],
        answers="???cc?",
        engine=Engine.CALICO,
    ),
    Outer(
        what="nobody enforces policies",
        objects=[service(), policy()],
        answers="ooocco",
        engine=Engine.NONE,
    ),
    Outer(
        what="nobody said who enforces policies; the network closes all the same",
        objects=[service(notes=INTERNAL, **LOCAL), policy()],
        answers="cc?cc?",
        engine=None,
    ),
    Outer(
        what="a policy for the gateway's subnet alone",
        objects=[service(notes=INTERNAL), policy(GATEWAY_RANGE)],
        answers="ccccco",
    ),
    Outer(
        what="pods in the network of their node",
        objects=[service("ClusterIP"), policy()],
        answers="ccocco",
        pod=", hostNetwork: true",
    ),
    Outer(
        what="a node port that nobody knows, and two groups that let no one port through",
        objects=[service("NodePort")],
        answers="cc?cc?",
        network=Network(
            rules=[
                rule("low", 114, "Deny", "*", destinationPortRange="30000-30999"),
                rule("high", 115, "Allow", "*", destinationPortRange="31000-32767"),
            ],
            pool={
                "enableNodePublicIP": True,
                "networkProfile": {
                    "allowedHostPorts": [{"portStart": 30000, "portEnd": 30800, "protocol": "TCP"}]
                },
            },
        ),
    ),
    Outer(
        what="a peered network",
        objects=[service("NodePort")],
        answers="ccooco",
        network=Network(more=[peering()]),
    ),
    Outer(
        what="a peering that is switched off",
        objects=[service("NodePort")],
        answers="ccocco",
        network=Network(more=[peering(allowVirtualNetworkAccess=False)]),
    ),
    Outer(
        what="a peering that is switched off, to pods that no group stands before",
        objects=[service("NodePort")],
        answers="cco?co",
        network=Network(
            cluster={"networkPluginMode": None}, more=[peering(allowVirtualNetworkAccess=False)]
        ),
    ),
    Outer(
        what="a peering that is switched off keeps nobody out whom a rule admits",
        objects=[service(notes={f"{AZURE}allowed-ip-ranges": "10.9.0.0/16"})],
        answers="ccooco",
        network=Network(more=[peering(allowVirtualNetworkAccess=False)]),
    ),
    Outer(
        what="a peering that nobody knows to be switched on",
        objects=[service("NodePort")],
        answers="cco?co",
        network=Network(more=[peering(allowVirtualNetworkAccess="[parameters('nobody')]")]),
    ),
    Outer(
        what="a peering that does not say whether it is switched on is",
        objects=[service("NodePort")],
        answers="ccooco",
        network=Network(more=[peering(allowVirtualNetworkAccess=None)]),
    ),
    Outer(
        what="a peering that nobody knows to be there",
        objects=[service("NodePort")],
        answers="??o?co",
        network=Network(more=[peering() | {"condition": "[parameters('nobody')]"}]),
    ),
    Outer(
        what="a peering of which nobody knows whether it lends a gateway",
        objects=[service("NodePort")],
        answers="ccoo?o",
        network=Network(more=[peering(useRemoteGateways="[parameters('nobody')]")]),
    ),
    Outer(
        what="a peering that is switched off and lends a gateway",
        objects=[service("NodePort")],
        answers="ccoc?o",
        network=Network(
            more=[peering(allowVirtualNetworkAccess=False, useRemoteGateways=True)],
        ),
    ),
    Outer(
        what="on-premises by a gateway of the peered network",
        objects=[service("NodePort")],
        answers="ccoooo",
        network=Network(more=[peering(useRemoteGateways=True)]),
    ),
    Outer(
        what="a network that is there already may be connected with others",
        objects=[service(notes=INTERNAL)],
        answers="ccoooo",
        network=Network(made=False),
    ),
    Outer(
        what="without templates all that is open to any address is open",
        objects=[service()],
        answers="oooooo",
        network=None,
    ),
    Outer(
        what="without templates nobody knows of public nodes and of pods",
        objects=[service("ClusterIP")],
        answers="cc????",
        network=None,
    ),
    Outer(
        what="the group of the subnet must admit as well",
        objects=[service()],
        answers="ccocco",
        network=Network(rules=[rule("no", 100, "Deny", "Internet")]),
    ),
    Outer(
        what="the first rule that matches decides",
        objects=[service()],
        answers="ccocco",
        network=Network(
            rules=[rule("no", 100, "Deny", "Internet"), rule("yes", 200, "Allow", "Internet")]
        ),
    ),
    Outer(
        what="a group ends with a rule that denies the internet",
        objects=[service()],
        answers="ccocco",
        network=Network(rules=[]),
    ),
    Outer(
        what="a group that lets the gateway's subnet in alone",
        objects=[service(notes=INTERNAL)],
        answers="ccccco",
        network=Network(
            rules=[
                rule("yes", 100, "Allow", GATEWAY_RANGE),
                rule("no", 200, "Deny", "*"),
            ]
        ),
    ),
    Outer(
        what="a rule that is for another port",
        objects=[service(notes=INTERNAL, allocateLoadBalancerNodePorts=False)],
        answers="cccccc",
        network=Network(
            rules=[
                rule("yes", 100, "Allow", "*", destinationPortRange="443"),
                rule("no", 200, "Deny", "*"),
            ],
        ),
    ),
    Outer(
        what="a rule with a parameter that nobody gave",
        objects=[service()],
        answers="??occo",
        network=Network(rules=[rule("odd", 100, "Allow", "[parameters('who')]")]),
    ),
    Outer(
        what="a group that is not in the input",
        objects=[service()],
        answers="???cc?",
        network=Network(nodes={"networkSecurityGroup": {"id": "/x/networkSecurityGroups/y"}}),
    ),
    Outer(
        what="a default route to an appliance may forward the internet",
        objects=[service("NodePort")],
        answers="??occo",
        network=Network(nodes=ROUTED, more=[route("0.0.0.0/0")]),
    ),
    Outer(
        what="everybody but the ranges is denied at the frontend, and node ports are denied",
        objects=[service(notes=DENY, **RANGES)],
        answers="o?cccc",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="a range that is none denies everybody else at the frontend",
        objects=[service(notes={f"{AZURE}allowed-ip-ranges": f"{PARTNER},partner"})],
        answers="o?cccc",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="ranges by annotation exclude nobody of the network",
        objects=[service(notes={f"{AZURE}allowed-ip-ranges": PARTNER})],
        answers="o?occo",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="a node port that nobody chose may be one that a rule denies",
        objects=[service("NodePort")],
        answers="cc?cc?",
        network=Network(rules=[rule("no", 100, "Deny", "*", destinationPortRange="30001-30001")]),
    ),
    Outer(
        what="ports that are allowed on nodes without public addresses",
        objects=[service("NodePort")],
        answers="ccocco",
        network=Network(pool=ALLOWED_PORTS),
    ),
    Outer(
        what="without floating address allowed ports of nodes count at the frontend too",
        objects=[
            service(
                notes=TO_NODES | {f"{AZURE}allowed-ip-ranges": PARTNER},
                allocateLoadBalancerNodePorts=False,
            )
        ],
        answers="ooocco",
        network=Network(pool=ALLOWED_PORTS),
    ),
    Outer(
        what="without floating address ranges count at the nodes themselves",
        objects=[service(notes=INTERNAL | TO_NODES, **RANGES)],
        answers="o?occo",
        network=Network(pool=PUBLIC_NODES),
    ),
    Outer(
        what="everybody but ranges by annotation is denied at the frontend",
        objects=[service(notes=DENY | {f"{AZURE}allowed-ip-ranges": PARTNER})],
        answers="o?cccc",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="the annotation without ranges denies nobody at the frontend",
        objects=[service(notes=DENY)],
        answers="ooocco",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="ranges that nodes enforce close nothing by themselves",
        objects=[service(**RANGES)],
        answers="o??cc?",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="what stands for a range is no invalid one",
        objects=[service(notes={f"{AZURE}allowed-ip-ranges": f"{PARTNER},<OFFICE>/32"})],
        answers="o?occo",
        network=Network(rules=FRONTENDS),
    ),
    Outer(
        what="nodes in two subnets: a group that denies closes those of its own alone",
        objects=[service("NodePort")],
        answers="cc?cc?",
        network=Network(second=[rule("no", 100, "Deny", "*")]),
    ),
    Outer(
        what="nodes in two subnets that both deny",
        objects=[service("NodePort")],
        answers="cccccc",
        network=Network(
            rules=[rule("no", 100, "Deny", "*")], second=[rule("no", 100, "Deny", "*")]
        ),
    ),
    Outer(
        what="a rule for the nodes' addresses is for no public frontend",
        objects=[service(allocateLoadBalancerNodePorts=False)],
        answers="ooocco",
        network=Network(
            rules=[
                rule("no", 100, "Deny", "*", destinationAddressPrefix="10.1.0.0/24"),
                rule("yes", 200, "Allow", "Internet"),
            ]
        ),
    ),
    Outer(
        what="a route of the gateway's subnet leads its calls to nodes elsewhere",
        objects=[service("NodePort")],
        answers="ccocc?",
        network=Network(gates=ROUTED, more=[route("10.1.0.0/24")]),
    ),
    Outer(
        what="a default route of the gateway's subnet leads calls to public frontends elsewhere",
        objects=[service(), policy("0.0.0.0/0")],
        answers="ooocc?",
        network=Network(gates=ROUTED, more=[route("0.0.0.0/0")], rules=FRONTENDS),
    ),
    Outer(
        what="routes of the nodes' subnet are for nobody on-premises",
        objects=[service(allocateLoadBalancerNodePorts=False)],
        answers="oooooo",
        network=Network(nodes=ROUTED, more=[route("0.0.0.0/0"), peering(useRemoteGateways=True)]),
    ),
    Outer(
        what="the network's own range counts before a default route of the gateway's subnet",
        objects=[service(notes=INTERNAL)],
        answers="ccocco",
        network=Network(gates=ROUTED, more=[route("0.0.0.0/0")]),
    ),
    Outer(
        what="with a default route the tag of the network may take addresses from the internet's",
        objects=[service()],
        answers="??cccc",
        network=Network(
            nodes=ROUTED,
            more=[route("0.0.0.0/0")],
            rules=[
                rule("yes", 100, "Allow", "Internet"),
                rule("no", 110, "Deny", "VirtualNetwork"),
            ],
        ),
    ),
    Outer(
        what="of pods in the network of their node Azure's engine documents nothing",
        objects=[service("ClusterIP"), policy()],
        answers="cc?cc?",
        pod=", hostNetwork: true",
        engine=Engine.AZURE,
    ),
    Outer(
        what="a host port that the group of the subnet denies",
        objects=[service("ClusterIP")],
        answers="cccccc",
        pod="HOST",
        network=Network(rules=[rule("no", 100, "Deny", "*", destinationPortRange="9000")]),
    ),
    Outer(
        what="a kind of the network that nobody here knows",
        objects=[service("ClusterIP")],
        answers="??????",
        network=Network(more=[resource("Microsoft.Network/networkManagers", "x")]),
    ),
    Outer(
        what="an application gateway with an address of the network behind it",
        objects=[service("ClusterIP")],
        answers="??cccc",
        network=Network(more=[application_gateway("10.1.0.9")]),
    ),
    Outer(
        what="an application gateway with something else behind it",
        objects=[service("ClusterIP")],
        answers="cccccc",
        network=Network(more=[application_gateway("192.0.2.1")]),
    ),
    Outer(
        what="a v2 tier without a network may have any address of the region",
        objects=[service(notes={f"{AZURE}allowed-service-tags": "AzureCloud"})],
        answers="coocco",
        network=Network(tier="StandardV2", gateway={"virtualNetworkType": "None"}),
    ),
    Outer(
        what="what stands for the gateway's address is nobody else's",
        objects=[service(loadBalancerSourceRanges=["<GATEWAY_PUBLIC_IP>/32"])],
        answers="ccocco",
        network=Network(tier="Basic", gateway={"virtualNetworkType": "None"}),
    ),
    Outer(
        what="what stands for another address may be anybody's",
        objects=[service(loadBalancerSourceRanges=["<PARTNER>/32"])],
        answers="??occo",
    ),
    Outer(
        what="a range that is none denies everybody but the others",
        objects=[
            service(
                notes={f"{AZURE}allowed-ip-ranges": f"{PARTNER},partner"},
                allocateLoadBalancerNodePorts=False,
            )
        ],
        answers="o??cc?",
    ),
    Outer(
        what="a host port",
        objects=[service("ClusterIP"), policy()],
        answers="cc?cc?",
        pod="HOST",
    ),
    Outer(
        what="an object that nobody here knows may be a way in",
        objects=[service("ClusterIP"), object_("x.example/v1", "Tunnel", "t", {})],
        answers="???cc?",
    ),
    Outer(
        what="addresses that somebody wrote may be those of any pod",
        objects=[service("ClusterIP"), service(name="other", selector=None), BY_HAND],
        answers="???cc?",
    ),
    Outer(
        what="a route: nobody knows what answers for it",
        objects=[service("ClusterIP"), INGRESS],
        answers="???cc?",
    ),
    Outer(
        what="a route, and policies that let no pod through",
        objects=[service("ClusterIP"), INGRESS, policy()],
        answers="cccccc",
    ),
    Outer(
        what="a controller in the input, public",
        objects=[service("ClusterIP"), INGRESS, controller()],
        answers="ooocco",
    ),
    Outer(
        what="a controller in the input, internal",
        objects=[service("ClusterIP"), INGRESS, controller(INTERNAL)],
        answers="ccocco",
    ),
    Outer(
        what="a controller of another class",
        objects=[service("ClusterIP"), ingress("x"), controller(INTERNAL)],
        answers="???cc?",
    ),
    Outer(
        what="a controller that policies do not admit",
        objects=[service("ClusterIP"), INGRESS, controller(), policy()],
        answers="cccccc",
    ),
    Outer(
        what="a controller that policies admit by its labels, and nobody else",
        objects=[service("ClusterIP"), INGRESS, controller(), policy(pods=NGINX)],
        answers="ooocco",
    ),
    Outer(
        what="a Gateway makes a public load balancer of its own",
        objects=[service("ClusterIP"), HTTP_ROUTE, gateway()],
        answers="ooocco",
    ),
    Outer(
        what="a Gateway that asks for an internal one",
        objects=[service("ClusterIP"), HTTP_ROUTE, gateway(INTERNAL)],
        answers="ccocco",
    ),
    Outer(
        what="a Gateway of a class that nobody knows",
        objects=[service("ClusterIP"), HTTP_ROUTE, gateway(of="x")],
        answers="???cc?",
    ),
    Outer(
        what="a Gateway whose parameters are missing",
        objects=[service("ClusterIP"), HTTP_ROUTE, gateway(parametersRef={"name": "x"})],
        answers="???cc?",
    ),
    Outer(
        what="a Gateway of Istio at the internal gateway of the add-on",
        objects=[service("ClusterIP"), VIRTUAL, istio("internal")],
        answers="ccocco",
    ),
    Outer(
        what="a Gateway of Istio at the external gateway of the add-on",
        objects=[service("ClusterIP"), VIRTUAL, istio("external")],
        answers="ooocco",
    ),
)


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.what)
def test_every_zone_has_the_answer_that_the_rules_give(scene: Outer) -> None:
    assert shown(scene) == scene.answers


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.what)
def test_every_answer_says_what_it_rests_on(scene: Outer) -> None:
    for verdict in verdicts(scene):
        assert verdict.because
        assert all(words and not words.endswith(": ") for words in verdict.because), verdict
        assert (verdict.packet is not None) == (verdict.answer.value == "open")


def test_a_packet_shows_each_hop() -> None:
    scene = Outer(what="", objects=[service(**RANGES)], answers="")
    found = {v.source: v for v in verdicts(scene)}
    assert str(found["{internet}"].packet).startswith("198.51.100.4 to the frontend of Service")
    assert found["{network}"].packet is not None
    assert found["{network}"].packet.port == 30000
    assert NODES not in str(found["{network}"].packet)
    assert "AllowVnetInBound" in " ".join(found["{network}"].because)


def test_the_network_reaches_payments_of_the_bundled_example() -> None:
    scene = read_scene([REPOSITORY / "data" / "workloads" / "contoso-retail" / "manifests"])
    site = Site(scene=scene, azure=Network().read(), engine=Engine.CILIUM)
    outside = surroundings(site)
    (payments,) = (s for s in scene.services if s.id == "payments/payments")
    (found,) = (v for v in outside.verdicts(payments) if v.source == "{network}")
    assert found.answer is Answer.OPEN
    assert "NetworkPolicy payments/payments (payments.yaml line 122" in found.because[-1]


def test_a_client_certificate_stands_beside_an_open_answer() -> None:
    objects = [service("ClusterIP"), VIRTUAL, istio("external", tls={"mode": "MUTUAL"})]
    found = {v.source: v for v in verdicts(Outer(what="", objects=objects, answers=""))}
    assert found["{internet}"].answer is Answer.OPEN
    assert found["{internet}"].credential.startswith("a client certificate, which Gateway apis")
    objects.append(service(name="other"))
    found = {v.source: v for v in verdicts(Outer(what="", objects=objects, answers=""))}
    assert found["{internet}"].credential == ""


@pytest.mark.parametrize(
    ("auth", "other", "asked"),
    [
        ("RequireAndVerifyClientCert", "mutual", True),
        ("VerifyClientCertIfGiven", "mutual", False),
        ("RequireAndVerifyClientCert", "lax", False),
    ],
)
def test_traefik_asks_for_a_certificate_where_every_route_names_the_option(
    auth: str, other: str, asked: bool
) -> None:
    def route(name: str, option: str) -> dict[str, Any]:
        backend = {"name": "api", "port": 80}
        rules = [{"match": "Host(`a.example`)", "kind": "Rule", "services": [backend]}]
        spec = {"routes": rules, "tls": {"options": {"name": option}}}
        return object_("traefik.io/v1alpha1", "IngressRoute", name, spec)

    client = {"clientAuth": {"clientAuthType": auth, "secretNames": ["ca"]}}
    option = object_("traefik.io/v1alpha1", "TLSOption", "mutual", client)
    before = service(name="t", selector={"app.kubernetes.io/name": "traefik"})
    objects = [service("ClusterIP"), route("way", "mutual"), route("more", other), option, before]
    scene = Outer(what="", objects=objects, answers="")
    fronts = {f.name: f.credential for f in site(scene).scene.fronts}
    assert fronts["shop/way"].startswith("a client cert") == asked
    # By which labels its pods are known is not verified, so that nothing of it is certain.
    found = {v.source: v for v in verdicts(scene)}
    assert found["{internet}"].answer is Answer.UNKNOWN


def test_ports_of_tcp_and_udp_with_one_number_have_answers_of_their_own() -> None:
    """As for DNS and HTTP/3: what admits TCP admits no UDP."""
    ports = [{"name": p, "port": 53, "protocol": p, "targetPort": 53} for p in ("TCP", "UDP")]
    admits = policy()
    admits["spec"]["ingress"] = [{"ports": [{"protocol": "TCP", "port": 53}]}]
    found = verdicts(Outer(what="DNS", objects=[service(ports=ports), admits], answers=""))
    answers = {v.port: v.answer for v in found if v.source == "{internet}"}
    assert answers == {"TCP 53": Answer.OPEN, "UDP 53": Answer.CLOSED}
    assert all(v.packet.protocol in v.port for v in found if v.packet)
