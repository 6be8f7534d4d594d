"""The gateway gets through: a hop that is broken in the files is named, and nothing else fails."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml

from apim_aks.artefacts.arm_templates import Stage, site_templates
from apim_aks.artefacts.manifests import ManifestFile, manifests
from apim_aks.decision import proved
from apim_aks.decision.design import Placement, design
from apim_aks.topology.check import State
from apim_aks.verification.backends import gateway_reaches_backends
from apim_aks.verification.checks import settled
from apim_aks.verification.verdict import Verdict
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from tests.support.designs import bundled, only
from tests.support.markdown import table
from tests.support.scenario import workload

CHECK = "gateway-reaches-backends"
INTERNAL, MTLS, PUBLIC, V2 = "vnet-internal", "ingress-mtls", "public-services", "v2-integration"
Objects = list[dict[str, Any]]
Change = Callable[[Objects, Objects], object]
"""What is done to the resources of the templates and to the objects of the manifests."""


@pytest.mark.parametrize("name", ["contoso-retail", "contoso-orders"])
def test_every_bundled_option_lets_the_gateway_through(name: str) -> None:
    for placement in bundled(name).placements:
        found = gateway_reaches_backends(bundled(name), placement)
        assert found.state is State.PASS, found
        outside = placement.topology.self_hosted is None
        assert ("name resolution, outbound, front," in found.seen) == outside
        assert "name resolution" in found.seen and "pod" in found.seen


def verdicts(placement: Placement) -> dict[str, Verdict]:
    """What the files alone say of every promise of an option."""
    found = (
        (e.id, settled(bundled("contoso-orders"), placement, e))
        for e in placement.topology.expectations
    )
    return {id: verdict for id, verdict in found if verdict}


@cache
def untouched(option: str) -> dict[str, Verdict]:
    return verdicts(bundled("contoso-orders").placement(option))


def changed(monkeypatch: pytest.MonkeyPatch, option: str, change: Change) -> Placement:
    """The small workload's placement, proved anew once its files were changed."""
    placement = bundled("contoso-orders").placement(option)
    stages: tuple[Stage, ...] = copy.deepcopy(site_templates(placement))
    files: tuple[ManifestFile, ...] = copy.deepcopy(manifests(placement))
    made = [r for stage in stages for r in stage.template["resources"]]
    change(made, [o for file in files for o in file.objects])
    for stage in stages:
        stage.template["resources"][:] = [r for r in stage.template["resources"] if r]
    monkeypatch.setattr(proved, "site_templates", lambda _: stages)
    monkeypatch.setattr(proved, "manifests", lambda _: files)
    again = proved.Proofs(placement.workload).of(placement)
    return replace(placement, proved=again)


def of_type(made: Objects, kind: str) -> dict[str, Any]:
    """The first resource or object of a kind."""
    found = (o for o in made if str(o.get("type", o.get("kind"))).endswith(kind))
    return next(found)


def address(value: str) -> Change:
    return lambda made, _: of_type(made, "privateDnsZones/A")["properties"].update(
        aRecords=[{"ipv4Address": value}]
    )


def another_address(made: Objects, _: Objects) -> None:
    first, second = (r for r in made if r["type"].endswith("privateDnsZones/A")).__iter__(), None
    one, second = next(first), next(first)
    one["properties"]["aRecords"] = second["properties"]["aRecords"]


def dropped(kind: str) -> Change:
    return lambda made, _: of_type(made, kind).clear()


def denied(prefix: str, priority: int, *ports: str) -> Change:
    rule = {"priority": priority, "direction": "Outbound", "access": "Deny", "protocol": "*"}
    rule |= {"sourceAddressPrefix": "*", "sourcePortRange": "*"}
    rule |= {"destinationAddressPrefix": prefix, "destinationPortRanges": list(ports)}
    return lambda made, _: _group(made).append({"name": "no", "properties": rule})


def _group(made: Objects) -> list[Any]:
    group = next(r for r in made if r.get("name") == "nsg-apim")
    rules: list[Any] = group["properties"]["securityRules"]
    return rules


def routed(hop: str, prefix: str = "10.40.4.0/24") -> Change:
    def change(made: Objects, _: Objects) -> None:
        route = {"name": "away", "properties": {"addressPrefix": prefix, "nextHopType": hop}}
        table = {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01"}
        made_table = table | {"name": "rt", "properties": {"routes": [route]}}
        subnet = next(r for r in made if "snet-apim" in r["name"] and r["type"].endswith("subnets"))
        id = "[resourceId('Microsoft.Network/routeTables', 'rt')]"
        subnet["properties"]["routeTable"] = {"id": id}
        _extra(made, made_table)

    return change


def _extra(made: Objects, resource: dict[str, Any]) -> None:
    """One resource more, in the place of one that says nothing here."""
    other = next(r for r in made if r["type"].endswith("diagnosticSettings"))
    other.clear()
    other.update(resource)


def url(ending: str) -> Change:
    def change(made: Objects, _: Objects) -> None:
        told = of_type(made, "service/backends")["properties"]
        told["url"] += ending

    return change


def in_manifests(kind: str, *path: str | int, value: Any) -> Change:
    """The value at a path of every object of a kind that has it."""

    def change(_: Objects, objects: Objects) -> None:
        held = [o for o in objects if o["kind"] == kind]
        assert [_put(o, path, value) for o in held]

    return change


def _put(node: Any, path: tuple[str | int, ...], value: Any) -> None:
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


def label(made: Objects, _: Objects) -> None:
    for one in made:
        if one["type"].endswith("publicIPAddresses"):
            one["properties"]["dnsSettings"]["domainNameLabel"] += "-2"


def envoy(_: Objects, objects: Objects) -> None:
    told = next(o for o in objects if o["kind"] == "ConfigMap")["data"]
    told["envoy.yaml"] = told["envoy.yaml"].replace(".orders.svc", ".billing.svc")


DNS = {"dhcpOptions": {"dnsServers": ["10.40.0.9"]}}
NO_FROM = "10.99.0.0/24"
ROUTED = ("spec", "http", 0, "route", 0, "destination")
POLICY = ("spec", "ingress", 0, "ports", 0, "port")
BROKEN: dict[str, tuple[str, Change, str]] = {
    "a record to an address of nobody's": (INTERNAL, address("10.40.4.99"), "name resolution: "),
    "a record to the address of another Service": (
        INTERNAL,
        another_address,
        "route: Service orders/",
    ),
    "a record missing": (
        INTERNAL,
        dropped("privateDnsZones/A"),
        "name resolution: the private DNS",
    ),
    "a zone's link to the gateway's network missing": (
        INTERNAL,
        dropped("virtualNetworkLinks"),
        "name resolution: the private DNS",
    ),
    "outbound calls to the network denied": (
        INTERNAL,
        denied("VirtualNetwork", 105, "*"),
        "outbound: security group nsg-apim: ",
    ),
    "a route that drops calls to the frontends": (
        INTERNAL,
        routed("None"),
        "outbound: route away (arm/10-foundation.json",
    ),
    "loadBalancerSourceRanges of others": (
        INTERNAL,
        in_manifests("Service", "spec", "loadBalancerSourceRanges", value=[NO_FROM]),
        "front: an internal load balancer",
    ),
    "the URL of a back end on another port": (INTERNAL, url(":8081"), "front: Service orders/"),
    "a NetworkPolicy with another port": (
        INTERNAL,
        in_manifests("NetworkPolicy", *POLICY, value=9999),
        "pod: into orders/",
    ),
    "a back end missing": (
        INTERNAL,
        dropped("service/backends"),
        "back end: the input makes no",
    ),
    "outbound calls to port 443 denied before the rule for Key Vault": (
        V2,
        denied("*", 90, "443"),
        "Key Vault: outbound: security group nsg-apim: no",
    ),
    "outbound calls to the internet denied, and no rule for Entra ID": (
        V2,
        denied("Internet", 4096, "443"),
        "Entra ID: outbound: security group nsg-apim",
    ),
    "routes for another host": (
        MTLS,
        in_manifests("VirtualService", "spec", "hosts", value=["other.example"]),
        "route: no route of Gateway aks-istio-ingress/apis",
    ),
    "routes to another port of a Service": (
        MTLS,
        in_manifests("VirtualService", *ROUTED, "port", "number", value=81),
        "route: it names port 81 of Service orders/",
    ),
    "routes to a Service that is not there": (
        MTLS,
        in_manifests("VirtualService", *ROUTED, "host", value="old.orders.svc.cluster.local"),
        "route: no route of Gateway aks-istio-ingress/apis",
    ),
    "a Gateway for another host": (
        MTLS,
        in_manifests("Gateway", "spec", "servers", 0, "hosts", value=["other.example"]),
        "route: Gateway aks-istio-ingress/apis",
    ),
    "a NetworkPolicy with another port behind the ingress": (
        MTLS,
        in_manifests("NetworkPolicy", *POLICY, value=9999),
        "pod: into",
    ),
    "public addresses with other DNS labels": (
        PUBLIC,
        label,
        "name resolution: no frontend has the name",
    ),
    "a token check that sends calls on elsewhere": (PUBLIC, envoy, "relay: orders/"),
    "a NetworkPolicy with another port behind the token check": (
        PUBLIC,
        in_manifests("NetworkPolicy", *POLICY, value=9999),
        "pod: ",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_hop_is_named_and_nothing_else_fails(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    option, change, hop = BROKEN[name]
    found = verdicts(changed(monkeypatch, option, change))
    broken = found[f"{option}.{CHECK}"]
    assert broken.state is State.FAIL and hop in broken.seen, broken
    others = {id: v.state for id, v in untouched(option).items() if not id.endswith(CHECK)}
    assert {id: found[id].state for id in others} == others


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (routed("VirtualAppliance"), State.NOT_RUN),
        (routed("VnetLocal"), State.PASS),
        (denied("Internet", 3000, "1433"), State.PASS),
        (lambda made, _: of_type(made, "virtualNetworks")["properties"].update(DNS), State.NOT_RUN),
    ],
)
def test_what_is_not_known_is_not_run_and_what_concerns_nobody_passes(
    change: Change, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = verdicts(changed(monkeypatch, INTERNAL, change))[f"{INTERNAL}.{CHECK}"]
    assert found.state is state, found


def test_each_share_of_divided_calls_gets_through() -> None:
    listed = [*ROLLOUT, *(run for name in SHARES for run in running(name))]
    read = services_of(parse(yaml.safe_dump_all(listed).encode(), "all.yaml").documents)
    made = workload(*read.services, documents=read.documents)
    found = design(made)
    assert found.mapping.shares("shop/offers") == (("shop/offers", 90), ("shop/offers-next", 10))
    for placement in found.placements:
        verdict = gateway_reaches_backends(found, placement)
        assert verdict.state is State.PASS and "of 2 Services" in verdict.seen, verdict


@pytest.mark.parametrize("option", ["vnet-external", MTLS])
def test_a_port_of_udp_with_the_same_number_is_not_called(option: str) -> None:
    """HTTP/3 has the number of HTTPS; calls of the gateway are TCP, and its policies admit that."""
    quic = {"name": "quic", "port": 80, "protocol": "UDP"}
    service, deployment = running("offers")
    service["spec"]["ports"].append(quic)
    read = services_of(parse(yaml.safe_dump_all([service, deployment]).encode(), "a").documents)
    found = only(workload(*read.services, documents=read.documents), option)
    verdict = gateway_reaches_backends(found, found.placement(option))
    assert verdict.state is State.PASS, verdict


SHARES = ("offers", "offers-next")
ROLLOUT = [
    {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "offers", "namespace": "shop"},
        "spec": {
            "rules": [
                {
                    "matches": [{"path": {"value": "/offers"}}],
                    "backendRefs": [
                        {"name": name, "port": 80, "weight": weight}
                        for name, weight in zip(SHARES, (9, 1), strict=True)
                    ],
                }
            ]
        },
    }
]


def running(name: str) -> Objects:
    """A Service with the pods behind it."""
    metadata = {"name": name, "namespace": "shop"}
    labels, ports = {"app": name}, [{"name": "http", "port": 80}]
    container = {"name": "a", "image": "a:1", "ports": [{"containerPort": 80}]}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    template = {"selector": {"matchLabels": labels}, "template": pods}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    return [
        service | {"spec": {"selector": labels, "ports": ports}},
        deployment | {"spec": template},
    ]


def as_markdown() -> str:
    """What was broken in the files, and the hop or dependency that the check names."""
    rows = ((name, option, hop.partition(": ")[0]) for name, (option, _, hop) in BROKEN.items())
    return table(("what was broken", "option", "hop that the check names"), rows)
