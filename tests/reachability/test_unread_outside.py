"""What is not modelled, or broken, around a cluster turns closed into unknown, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any

import pytest

from apim_aks.reachability.files import read_scene
from apim_aks.reachability.leaving import Leaving
from apim_aks.reachability.places import Places
from apim_aks.reachability.proof import prove, surroundings
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import ranges_of
from apim_aks.reachability.templates.tags import intersected
from apim_aks.reachability.verdicts import Verdict
from apim_aks.workload.documents import parse
from tests.support.outside_scenes import (
    AZURE,
    BY_HAND,
    HTTP_ROUTE,
    INGRESS,
    INTERNAL,
    NET,
    PODS,
    Network,
    Outer,
    application_gateway,
    controller,
    gateway,
    ingress,
    istio,
    object_,
    peering,
    policy,
    resource,
    rule,
    service,
    verdicts,
)

CLOSED = [service("ClusterIP")]
DENY = [rule("no", 200, "Deny", "*")]
SHUT = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    "metadata: {name: shut, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n"
)
UNKNOWN = "[parameters('who')]"
ELSEWHERE = "[reference('/subscriptions/x/y').z]"


@dataclass(frozen=True, kw_only=True)
class Unread:
    """One thing beside what is closed to a zone, and what its reason says."""

    words: str
    objects: Sequence[Mapping[str, Any]] = ()
    network: Network = Network()
    closed: Sequence[Mapping[str, Any]] = ()
    before: Network = Network()
    zone: str = "network"
    engine: Engine | None = Engine.CILIUM
    pod: str = ""


def _kind(version: str, kind: str, spec: Any = None) -> dict[str, Any]:
    return object_(version, kind, "x", spec or {})


def _balanced(notes: Mapping[str, str] | None = None, **spec: Any) -> list[dict[str, Any]]:
    return [service(notes=INTERNAL | dict(notes or {}), **spec)]


def _table(hop: str) -> dict[str, Any]:
    told = {"name": "r", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": hop}}
    return resource(f"{NET}/routeTables", "rt", routes=[told])


def _of_any_priority() -> dict[str, Any]:
    made = rule("odd", 100, "Allow", "*")
    made["properties"]["priority"] = UNKNOWN
    return made


ROUTED = {"routeTable": {"id": f"[resourceId('{NET}/routeTables', 'rt')]"}}
NODE_PORT = [service("NodePort")]
PUBLIC = {"enableNodePublicIP": True}
UNREAD = {
    "an add-on that nobody knows": Unread(
        words="the add-on httpApplicationRouting is switched on",
        network=Network(profiles={"addonProfiles": {"httpApplicationRouting": {"enabled": True}}}),
    ),
    "an operator's own kind": Unread(words="Tunnel 'x'", objects=[_kind("x.example/v1", "Tunnel")]),
    "a Service of Knative": Unread(
        words="serving.knative.dev", objects=[_kind("serving.knative.dev/v1", "Service")]
    ),
    "another network for pods": Unread(
        words="NetworkAttachmentDefinition",
        objects=[_kind("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition")],
    ),
    "a virtual machine": Unread(
        words="VirtualMachine", objects=[_kind("kubevirt.io/v1", "VirtualMachine")]
    ),
    "a route kind that nobody follows": Unread(
        words="TCPRoute",
        objects=[
            _kind(
                "gateway.networking.k8s.io/v1alpha2",
                "TCPRoute",
                {"rules": [{"backendRefs": [{"name": "api", "port": 80}]}]},
            )
        ],
    ),
    "a mapping of another gateway": Unread(
        words="Mapping 'x'", objects=[_kind("getambassador.io/v2", "Mapping", {"service": "api"})]
    ),
    "another class of load balancer": Unread(
        words="class x/y",
        objects=_balanced(loadBalancerClass="x/y"),
        closed=_balanced(),
        zone="internet",
    ),
    "an annotation of Azure that nobody knows": Unread(
        words="azure-new-thing",
        objects=_balanced({f"{AZURE}new-thing": "x"}),
        closed=_balanced(),
        zone="internet",
    ),
    "ranges in two places": Unread(
        words="azure-allowed-ip-ranges",
        objects=_balanced(
            {f"{AZURE}allowed-ip-ranges": "10.0.0.0/8"}, loadBalancerSourceRanges=["10.0.0.0/8"]
        ),
        closed=_balanced(),
        zone="internet",
    ),
    "a Private Link Service": Unread(
        words="Private Link Service",
        objects=_balanced({f"{AZURE}pls-create": "true"}),
        closed=_balanced(),
        zone="region",
    ),
    "an external address": Unread(
        words="192.0.2.1", objects=[service("ClusterIP", externalIPs=["192.0.2.1"])]
    ),
    "addresses that somebody wrote": Unread(
        words="somebody wrote", objects=[*CLOSED, service(name="other", selector=None), BY_HAND]
    ),
    "a route without what answers for it": Unread(
        words="what answers for it is not in the input", objects=[*CLOSED, INGRESS]
    ),
    "a controller of another class": Unread(
        words="Ingress shop/way", objects=[*CLOSED, ingress("x"), controller(INTERNAL)]
    ),
    "a Gateway of an unknown class": Unread(
        words="HTTPRoute shop/way", objects=[*CLOSED, HTTP_ROUTE, gateway(of="x")]
    ),
    "a Gateway whose parameters are missing": Unread(
        words="its parameters are not in the input",
        objects=[*CLOSED, HTTP_ROUTE, gateway(parametersRef={"name": "x"})],
    ),
    "a Gateway of Istio at pods of nobody": Unread(
        words="VirtualService",
        objects=[
            *CLOSED,
            istio("neither"),
            object_(
                "networking.istio.io/v1",
                "VirtualService",
                "way",
                {
                    "hosts": ["*"],
                    "gateways": ["ingress/apis"],
                    "http": [{"route": [{"destination": {"host": "api"}}]}],
                },
            ),
        ],
    ),
    "a host port behind a policy": Unread(
        words="hostPort", objects=[*CLOSED, policy()], closed=[*CLOSED, policy()], pod="HOST"
    ),
    "nobody who enforces policies": Unread(
        words="who enforces network policies",
        objects=[*NODE_PORT, policy()],
        closed=[*NODE_PORT, policy()],
        engine=None,
    ),
    "an engine of which little is documented": Unread(
        words="which source policies see",
        objects=[*NODE_PORT, policy()],
        closed=[*NODE_PORT, policy()],
        engine=Engine.CALICO,
    ),
    "a network manager": Unread(
        words="networkManagers", network=Network(more=[resource(f"{NET}/networkManagers", "x")])
    ),
    "a kind of network that nobody knows": Unread(
        words="virtualWans", network=Network(more=[resource(f"{NET}/virtualWans", "x")])
    ),
    "a template that is elsewhere": Unread(
        words="deployments",
        network=Network(
            more=[
                resource("Microsoft.Resources/deployments", "x", templateLink={"uri": "https://x"})
            ]
        ),
    ),
    "a script of a template": Unread(
        words="deploymentScripts",
        network=Network(more=[resource("Microsoft.Resources/deploymentScripts", "x")]),
    ),
    "objects that Flux brings into the cluster": Unread(
        words="fluxConfigurations",
        network=Network(
            more=[resource("Microsoft.KubernetesConfiguration/fluxConfigurations", "x")]
        ),
    ),
    "an extension of the cluster": Unread(
        words="extensions",
        network=Network(more=[resource("Microsoft.KubernetesConfiguration/extensions", "x")]),
    ),
    "a field of the cluster's network that nobody knows": Unread(
        words="newField", network=Network(cluster={"newField": True})
    ),
    "a mode of the network plugin that nobody gave": Unread(
        words="whether pods have addresses", network=Network(cluster={"networkPluginMode": UNKNOWN})
    ),
    "an older network plugin": Unread(
        words="kubenet",
        network=Network(cluster={"networkPlugin": "kubenet", "networkPluginMode": None}),
    ),
    "public nodes that nobody decided": Unread(
        words="whether nodes have public addresses",
        objects=_balanced({f"{AZURE}disable-load-balancer-floating-ip": "true"}),
        closed=_balanced({f"{AZURE}disable-load-balancer-floating-ip": "true"}),
        network=Network(
            pool={
                "enableNodePublicIP": UNKNOWN,
                "networkProfile": {
                    "allowedHostPorts": [{"portStart": 1, "portEnd": 65535, "protocol": "TCP"}]
                },
            }
        ),
        zone="internet",
    ),
    "a rule with a source that nobody gave": Unread(
        words="odd",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(rules=[rule("odd", 100, "Allow", UNKNOWN), *DENY]),
        before=Network(rules=DENY),
    ),
    "a rule with a function that nobody works out": Unread(
        words="odd",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(rules=[rule("odd", 100, "Allow", ELSEWHERE), *DENY]),
        before=Network(rules=DENY),
    ),
    "a rule for application groups": Unread(
        words="odd",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(
            rules=[
                rule(
                    "odd",
                    100,
                    "Allow",
                    "*",
                    destinationApplicationSecurityGroups=[{"id": "/x/y"}],
                ),
                *DENY,
            ]
        ),
        before=Network(rules=DENY),
    ),
    "a rule with a service tag that nobody knows": Unread(
        words="odd",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(rules=[rule("odd", 100, "Allow", "Storage"), *DENY]),
        before=Network(rules=DENY),
    ),
    "a rule of a priority that nobody gave": Unread(
        words="odd",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(rules=[_of_any_priority(), *DENY]),
        before=Network(rules=DENY),
    ),
    "a rule for some ports of the caller": Unread(
        words="odd",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(rules=[rule("odd", 100, "Allow", "*", sourcePortRange="1024"), *DENY]),
        before=Network(rules=DENY),
    ),
    "a security group that is not there": Unread(
        words="group y is not in the input",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(nodes={"networkSecurityGroup": {"id": "/x/networkSecurityGroups/y"}}),
        before=Network(rules=DENY),
    ),
    "a route to an appliance": Unread(
        words="VirtualAppliance",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(nodes=ROUTED, more=[_table("VirtualAppliance")]),
        zone="internet",
    ),
    "a route table that is not there": Unread(
        words="route table rt is not in the input",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(nodes=ROUTED),
        zone="internet",
    ),
    "an application gateway": Unread(
        words="applicationGateways agw",
        network=Network(more=[application_gateway("10.1.0.9")]),
        zone="internet",
    ),
    "a peered network without addresses": Unread(
        words="addresses of a peered network",
        objects=NODE_PORT,
        closed=NODE_PORT,
        network=Network(
            rules=[rule("some", 100, "Allow", "10.9.0.0/16"), *DENY],
            more=[peering(remoteAddressSpace={"addressPrefixes": [UNKNOWN]})],
        ),
        before=Network(rules=DENY),
        zone="peered",
    ),
}
"""What stands beside the objects and templates that are closed."""


@pytest.mark.parametrize("name", UNREAD)
def test_closed_becomes_unknown_with_the_name(name: str) -> None:
    case = UNREAD[name]
    before = Outer(what=name, objects=case.closed or CLOSED, answers="", network=case.before)
    objects = [*([] if case.objects else CLOSED), *case.objects]
    if case.objects and not any(
        o["kind"] == "Service" and "selector" in o["spec"] for o in objects
    ):
        objects = [*CLOSED, *objects]
    after = Outer(
        what=name,
        objects=objects,
        answers="",
        network=case.network,
        engine=case.engine,
        pod=case.pod,
    )
    found = [
        {v.source.strip("{}"): v for v in verdicts(scene)}[case.zone] for scene in (before, after)
    ]
    assert [v.answer.value for v in found] == ["closed", "unknown"]
    assert case.words in " ".join(found[1].because)


FILES = {
    "broken.yaml": ("kind: [\n", "not YAML"),
    "template.yaml": ("{{ if .Values.on }}\nkind: Pod\n{{ end }}\n", "Helm template"),
    "kustomization.yaml": ("resources: [a.yaml]\n", "kustomization"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_read_is_named(tmp_path: Path, name: str) -> None:
    text, words = FILES[name]
    (tmp_path / "a.yaml").write_text(PODS.replace("MORE", ""), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(dumps(service("ClusterIP")), encoding="utf-8")
    assert {v.answer.value for v in _outside(tmp_path)} == {"closed"}
    (tmp_path / name).write_text(text, encoding="utf-8")
    for found in _outside(tmp_path):
        assert found.answer.value == "unknown"
        assert words in " ".join(found.because)


def _outside(folder: Path) -> tuple[Verdict, ...]:
    scene = read_scene([folder])
    site = Site(scene=scene, azure=Network().read(), engine=Engine.CILIUM)
    return prove(site).of(scene.services[0])


def test_add_ons_that_lead_nobody_to_a_service_and_those_that_are_off_are_understood() -> None:
    on, off = {"enabled": True}, {"enabled": False}
    held = {"omsagent": on, "azurepolicy": on, "httpApplicationRouting": off}
    scene = scene_of(parse(PODS.replace("MORE", "").encode(), "a.yaml").documents)
    site = Site(scene=scene, azure=Network(profiles={"addonProfiles": held}).read())
    assert surroundings(site).crossing.doubts == ()


def test_nodes_with_windows_leave_open_what_policies_close() -> None:
    objects = f"{PODS.replace('MORE', '')}\n---\n{dumps(service('NodePort'))}\n---\n{SHUT}"
    scene = scene_of(parse(objects.encode(), "a.yaml").documents)
    answers = []
    for system in ("Linux", "Windows"):
        azure = Network(pool={"osType": system}).read()
        proof = prove(Site(scene=scene, azure=azure, engine=Engine.CILIUM))
        found = next(v for v in proof.of(scene.services[0]) if v.source == "{network}")
        answers.append((found.answer.value, "may run Windows" in " ".join(found.because)))
    assert answers == [("closed", False), ("unknown", True)]


@pytest.mark.parametrize("forwards", [False, True])
def test_a_peer_that_forwards_calls_may_bring_those_of_others(forwards: bool) -> None:
    azure = Network(more=[peering(allowForwardedTraffic=forwards)]).read()
    places = Places(Site(scene=Scene(), azure=azure)).all
    peered = next(place for place in places if place.name == "{peered}")
    elsewhere = ranges_of("10.200.0.0/16") or ()
    assert bool(intersected(peered.may, elsewhere)) is forwards
    assert intersected(peered.sure, elsewhere) == ()
    assert ("allowForwardedTraffic" in peered.said) is forwards


@pytest.mark.parametrize(("kept_out", "answer"), [(False, "unknown"), (True, "open")])
def test_a_table_that_takes_no_learned_routes_is_believed(kept_out: bool, answer: str) -> None:
    to = {"name": "r", "properties": {"addressPrefix": "10.50.0.0/16", "nextHopType": "None"}}
    told = {"disableBgpRoutePropagation": kept_out, "routes": [to]}
    table = resource(f"{NET}/routeTables", "rt", **told)
    joined = resource(f"{NET}/virtualNetworks/subnets", "vnet/GatewaySubnet")
    azure = Network(gates=ROUTED, more=[table, joined]).read()
    site = Site(scene=Scene(), azure=azure)
    assert site.gateway
    hop = Leaving(site, Places(site), site.gateway).to_address("10.1.0.9", 443)
    assert hop.answer.value == answer, hop


def test_there_are_more_than_twenty_five_of_them() -> None:
    assert len(UNREAD) > 25
