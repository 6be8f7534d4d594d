"""What the deployed resources show of each promise: what stands passes, each broken thing is seen.

`python -m tests.verification.test_azure_resources` prints the mutation table and the matrix.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apim_aks import page
from apim_aks.artefacts.manifests import manifests, placeholders
from apim_aks.deployment import WorkloadChoice
from apim_aks.deployment.project import tagged
from apim_aks.options import OPTIONS
from apim_aks.options.expectations import DEPLOYED_PROMISES
from apim_aks.remote.azure import redacted
from apim_aks.topology import Aspect
from apim_aks.topology.check import State
from apim_aks.verification import DriftState, drift, live, verify
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.azure_resources import ASPECTS
from apim_aks.verification.azure_resources.policy_text import canonical, same_policy
from apim_aks.verification.azure_resources.security_rules import normal, overlaps
from apim_aks.verification.azure_resources.security_rules import rule as security_rule
from apim_aks.verification.drift import Drift
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer, Pin, Workload
from tests.support.arm_server import OBJECT, SUBSCRIPTION, TENANT, Arm, Fault
from tests.support.azure_scenes import scene as served
from tests.verification.deployed import (
    CLUSTER_PRINCIPAL,
    GATEWAY_PRINCIPAL,
    KEY,
    NODES,
    TODAY,
    Standing,
    answered,
    certify,
    changed,
    designed,
    finish,
    frontend,
    refused,
    serve,
    standing,
    status_of,
)

Json = dict[str, Any]
SERVICE = "Microsoft.ApiManagement/service"
NETWORK = "Microsoft.Network"
GROUPS = f"{NETWORK}/networkSecurityGroups"
SUBNETS = f"{NETWORK}/virtualNetworks/subnets"
TABLES = f"{NETWORK}/routeTables"
PEERINGS = f"{NETWORK}/virtualNetworks/virtualNetworkPeerings"
ZONES = f"{NETWORK}/privateDnsZones"
ADDRESSES = f"{NETWORK}/publicIPAddresses"
BALANCERS = f"{NETWORK}/loadBalancers"
CLUSTERS = "Microsoft.ContainerService/managedClusters"
ROLES = "Microsoft.Authorization/roleAssignments"
SETTINGS = "Microsoft.Insights/diagnosticSettings"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
ALL = tuple(o.id for o in OPTIONS)


def orders() -> Workload:
    return read_workload("contoso-orders")


def private_server() -> Workload:
    required = replace(orders().requirements, private_api_server=True)
    return replace(orders(), requirements=required)


def some_ranges() -> Workload:
    return changed(orders(), authorized_ranges=("203.0.113.0/24",))


def zoned() -> Workload:
    required = replace(orders().requirements, availability_zones=True)
    return replace(orders(), requirements=required)


def named() -> Workload:
    return changed(orders(), host_name="apis.contoso.example")


def peered() -> Workload:
    workload = changed(orders(), gateway_network="peered")
    return replace(workload, consumers=(Consumer.PEERED_VNET,))


def in_hub() -> Workload:
    """The gateway stands in a hub of another group, which has the zones as well."""
    hub = ExistingResources(hub=Existing("vnet-hub", "rg-hub"))
    room = {"existing": hub, "hub_address_space": "10.0.8.0/24"}
    return changed(orders(), gateway_network="hub", **room)


def endpoint() -> Workload:
    """A gateway outside the network whose consumers come by a private endpoint."""
    required = replace(orders().requirements, private_gateway=True)
    return replace(orders(), consumers=(Consumer.SAME_VNET,), requirements=required)


def edged() -> Workload:
    """The same with consumers on the internet, and an Application Gateway for them."""
    pin = Pin(edge="application-gateway")
    pins = tuple((id, pin) for id in ("v2-integration", "ingress-mtls"))
    return replace(endpoint(), consumers=(Consumer.INTERNET,), pins=pins)


def fronted() -> Workload:
    """Front Door by a private endpoint of its own, under a name of the reader's."""
    pins = (("v2-integration", Pin(edge="front-door", inbound="private-endpoint")),)
    return replace(named(), pins=pins)


def one_ingress() -> Workload:
    """One ingress inside the network, whose certificate a private authority signed."""
    return replace(orders(), pins=(("v2-integration", Pin(entry="one-gateway")),))


def open_behind_front_door() -> Workload:
    """Front Door before a gateway that stays public."""
    inbounds = {"v2-integration": "public", "vnet-external": "injected"}
    pins = tuple((id, Pin(edge="front-door", inbound=way)) for id, way in inbounds.items())
    return replace(orders(), pins=pins)


def firewall_inside() -> Workload:
    """An Application Gateway that listens inside the network."""
    required = replace(orders().requirements, web_application_firewall=True)
    return replace(orders(), consumers=(Consumer.SAME_VNET,), requirements=required)


def tunnelled() -> Workload:
    """Every subnet leaves by a firewall, and an Application Gateway stands before the gateway."""
    return changed(orders(), egress="firewall", firewall_address="10.0.1.4")


def translated() -> Workload:
    """The subnet of a v2 gateway's calls leaves by a NAT gateway."""
    return changed(orders(), egress="direct")


SOURCES: dict[str, Callable[[], Workload]] = {
    f.__name__: f
    for f in (
        orders,
        private_server,
        some_ranges,
        zoned,
        named,
        peered,
        in_hub,
        endpoint,
        edged,
        fronted,
        one_ingress,
        open_behind_front_door,
        firewall_inside,
        tunnelled,
        translated,
    )
}
CONSUMERS = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-c/providers/{NETWORK}/virtualNetworks/c"
)
THUMBPRINT = "0123456789ABCDEF" * 2 + "01234567"
GIVEN: dict[str, dict[str, Any]] = {
    "peered": {"consumerNetworks": [CONSUMERS]},
    "one_ingress": {"backendAuthorityThumbprint": THUMBPRINT},
}
"""What a deployer gives a source, beyond words that stand for it."""


class Stages:
    """Standing options, each built once and put back before it is handed out."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self.folders = folders
        self.held = ExitStack()
        self.open: dict[tuple[str, str], Standing] = {}

    def __call__(self, option: str, source: str = "orders") -> Standing:
        key = (source, option)
        if key not in self.open:
            folder = self.folders.mktemp(source)
            values = GIVEN.get(source, {})
            made = standing(folder, SOURCES[source](), option, **values)
            self.open[key] = self.held.enter_context(made)
        self.open[key].restore()
        return self.open[key]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    found = Stages(tmp_path_factory)
    with found.held:
        yield found


# What stands passes


def test_every_aspect_that_is_promised_can_be_asked() -> None:
    assert [p.aspect for p in DEPLOYED_PROMISES] == list(ASPECTS) == list(Aspect)


@pytest.mark.parametrize("option", ALL)
def test_everything_passes_where_the_option_stands(stages: Stages, option: str) -> None:
    found = stages(option).checks()
    assert {a: c.observed for a, c in found.items() if c.state is not State.PASS} == {}
    assert all(c.observed for c in found.values())


@pytest.mark.parametrize("option", ALL)
def test_nothing_differs_where_the_option_stands(stages: Stages, option: str) -> None:
    found = drift(stages(option).scene())
    assert {d for d in found if d.state is not DriftState.SAME} == set()
    assert len(found) > 35


@pytest.mark.parametrize(
    ("source", "option"),
    [
        ("private_server", "vnet-internal"),
        ("some_ranges", "vnet-external"),
        ("zoned", "vnet-internal"),
        ("named", "vnet-internal"),
        ("peered", "vnet-internal"),
        ("in_hub", "vnet-internal"),
        ("endpoint", "v2-integration"),
        ("endpoint", "public-services"),
        ("edged", "v2-integration"),
        ("edged", "ingress-mtls"),
        ("firewall_inside", "vnet-internal"),
        ("fronted", "v2-integration"),
        ("one_ingress", "v2-integration"),
        ("open_behind_front_door", "v2-integration"),
        ("open_behind_front_door", "vnet-external"),
        ("tunnelled", "vnet-internal"),
        ("translated", "v2-integration"),
    ],
)
def test_other_requirements_and_settings_pass_too(stages: Stages, source: str, option: str) -> None:
    there = stages(option, source)
    assert {a: c.observed for a, c in there.checks().items() if c.state is not State.PASS} == {}
    assert {d for d in drift(there.scene()) if d.state in WRONG} == set()


WRONG = (DriftState.DIFFERS, DriftState.MISSING, DriftState.ADDED)


def test_a_larger_workload_passes_too(tmp_path: Path) -> None:
    with standing(tmp_path, "contoso-retail", "vnet-internal") as there:
        assert set(there.states().values()) == {State.PASS}
        assert {d for d in drift(there.scene()) if d.state in WRONG} == set()


@pytest.mark.parametrize("option", ["public-services", "vnet-internal"])
def test_what_a_real_deployment_leaves_passes(tmp_path: Path, option: str) -> None:
    found = designed("contoso-orders")
    placement = found.placement(option)
    names = [p.text.strip("<>") for p in placeholders(manifests(placement))]
    values = {name: f"{n}.example" for n, name in enumerate(names)}
    made = answered(found, placement)
    with served(tmp_path, Arm(finishing=finish, services=set(made.services))) as there:
        given = {"certificates_done": True, "workload": WorkloadChoice.LATER}
        assert there.deploy(made, values=values, **given).finished
        certify(there.arm, made)
        serve(there.arm, placement)
        stand = Standing(found, placement, made, there)
        assert set(stand.states().values()) == {State.PASS}
        assert {d for d in drift(stand.scene()) if d.state is not DriftState.SAME} == set()


# What is broken is seen


@dataclass(frozen=True)
class Mutation:
    """What was broken in the answers, in which option, and exactly which checks went red."""

    broken: str
    option: str
    change: Callable[[Standing], Any]
    red: tuple[str, ...]
    source: str = "orders"
    today: date = TODAY


INSIDE, MTLS, V2, PUBLIC = "vnet-internal", "ingress-mtls", "v2-integration", "public-services"
HOSTED, GATES = "self-hosted-gateway", f"{SERVICE}/gateways"


def held(type: str, name: str = "") -> Callable[[Standing], Json]:
    """The properties of a resource."""
    return lambda there: there.of(type, name)["properties"]


def put(type: str, name: str = "", **properties: Any) -> Callable[[Standing], Any]:
    return lambda there: held(type, name)(there).update(properties)


def drop(type: str, name: str, *properties: str) -> Callable[[Standing], Any]:
    return lambda there: [held(type, name)(there).pop(p) for p in properties]


def remove(type: str, name: str = "") -> Callable[[Standing], Any]:
    return lambda there: there.remove(type, name)


def beside(there: Standing) -> None:
    """The APIs were not taken off the gateway that Azure runs."""
    managed = f"{there.of(SERVICE)['id']}/gateways/managed"
    there.arm.put(managed, properties={})
    there.arm.put(f"{managed}/apis/orders", properties={})


def sku(**changes: Any) -> Callable[[Standing], Any]:
    return lambda there: there.of(SERVICE)["sku"].update(changes)


def rule(name: str, **changes: Any) -> Callable[[Standing], Any]:
    """A designed rule changed; without changes taken away."""

    def change(there: Standing) -> None:
        rules = held(GROUPS)(there)["securityRules"]
        found = next(r for r in rules if r["name"] == name)
        if changes:
            found["properties"] |= changes
        else:
            rules.remove(found)

    return change


def route(table: str, name: str, **changes: Any) -> Callable[[Standing], Any]:
    """A designed route changed; without changes taken away."""

    def change(there: Standing) -> None:
        listed = held(TABLES, f"/{table}")(there)["routes"]
        found = next(r for r in listed if r["name"] == name)
        if changes:
            found["properties"] |= changes
        else:
            listed.remove(found)

    return change


def extra_rule(access: str, priority: int, **changes: Any) -> Callable[[Standing], Any]:
    properties = {
        "direction": "Inbound",
        "access": access,
        "priority": priority,
        "protocol": "*",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    } | changes
    row = {"name": "by-hand", "properties": properties}
    return lambda there: held(GROUPS)(there)["securityRules"].append(row)


def child(kind: str, name: str, **properties: Any) -> Callable[[Standing], Any]:
    """Something in API Management that nobody designed."""
    return lambda there: there.put(
        f"{there.of(SERVICE)['id']}/{kind}/{name}", properties=properties
    )


def address(there: Standing) -> None:
    id = f"{there.arm.scope(there.project.home)}/providers/{ADDRESSES}/pip-by-hand"
    there.put(id, properties={"publicIPAllocationMethod": "Static"})


def balancer(there: Standing) -> None:
    held(BALANCERS)(there)["frontendIPConfigurations"].append(frontend("x", "loadBalancingRules"))


def outbound_only(there: Standing) -> None:
    held(BALANCERS)(there)["frontendIPConfigurations"].append(frontend("y", "outboundRules"))


def pools(**changes: Any) -> Callable[[Standing], Any]:
    return lambda there: held(CLUSTERS)(there)["agentPoolProfiles"][0].update(changes)


def vault(**attributes: Any) -> Callable[[Standing], Any]:
    """The first certificate of the vault changed; without attributes taken away."""

    def change(there: Standing) -> None:
        name = sorted(there.arm.certificates)[0]
        if attributes:
            there.arm.certificates[name]["attributes"] |= attributes
        else:
            del there.arm.certificates[name]

    return change


def last_status(code: str) -> Callable[[Standing], Any]:
    kind = f"{SERVICE}/certificates"
    return lambda there: held(kind)(there)["keyVault"]["lastStatus"].update(code=code)


def policy(kind: str, name: str, text: str) -> Callable[[Standing], Any]:
    return put(f"{SERVICE}/{kind}", name, value=text)


OPEN_DOOR = "<policies><inbound /><backend><forward-request /></backend><outbound /></policies>"


def open_product(there: Standing) -> None:
    gateway = there.of(SERVICE)["id"]
    there.put(f"{gateway}/products/open", properties={"subscriptionRequired": False})
    link = f"{gateway}/products/open/apiLinks/orders"
    there.put(link, properties={"apiId": f"{gateway}/apis/orders"})


def whose(principal: str, **changes: Any) -> Callable[[Standing], Any]:
    """The role assignments of one principal changed; without changes taken away."""

    def change(there: Standing) -> None:
        for id, found in list(there.arm.resources.items()):
            held = found.get("properties") or {}
            if "/roleassignments/" in id and held["principalId"] == principal:
                if changes:
                    held.update(changes)
                else:
                    there.arm.remove(found["id"])

    return change


def no_identity(there: Standing) -> None:
    del there.of(SERVICE)["identity"]


def side(**changes: Any) -> Callable[[Standing], Any]:
    kind = f"{SERVICE}/diagnostics"
    return lambda there: held(kind)(there)["frontend"]["request"].update(changes)


def unkept(there: Standing) -> None:
    id = there.of(SERVICE)["id"]
    for found in there.arm.resources.values():
        if found["id"].startswith(f"{id}/providers/{SETTINGS}"):
            found["properties"]["logs"][0]["enabled"] = False


def dependency(**changes: Any) -> Callable[[Standing], Any]:
    def change(there: Standing) -> None:
        (key,) = there.arm.lists
        there.arm.lists[key][0]["networkStatus"]["connectivityStatus"][0].update(changes)

    return change


def unsaid(there: Standing) -> None:
    """A failed dependency that does not say whether it is required."""
    (key,) = there.arm.lists
    found = there.arm.lists[key][0]["networkStatus"]["connectivityStatus"][2]
    del found["isOptional"]


def profile(**changes: Any) -> Callable[[Standing], Any]:
    return lambda there: held(CLUSTERS)(there)["networkProfile"].update(changes)


def server(**changes: Any) -> Callable[[Standing], Any]:
    return lambda there: held(CLUSTERS)(there)["apiServerAccessProfile"].update(changes)


def provider_off(there: Standing) -> None:
    add_ons = held(CLUSTERS)(there)["addonProfiles"]
    add_ons["azureKeyvaultSecretsProvider"]["enabled"] = False


def mesh(**changes: Any) -> Callable[[Standing], Any]:
    def change(there: Standing) -> None:
        istio = held(CLUSTERS)(there)["serviceMeshProfile"]["istio"]
        istio["components"]["ingressGateways"][0].update(changes)

    return change


def a_records(name: str, *addresses: str) -> Callable[[Standing], Any]:
    listed = [{"ipv4Address": a} for a in addresses]
    return lambda there: held(f"{ZONES}/A", last_record(there, name))(there).update(aRecords=listed)


def last_record(there: Standing, zone: str) -> str:
    return next(id for id in there.arm.resources if f"/{zone}/a/" in id)


def attribute_order(there: Standing) -> None:
    found = there.of(f"{SERVICE}/policyFragments")["properties"]
    found["value"] = found["value"].replace("    ", "\t").replace("\n", "\r\n")


PLACED = "placeorder.orders.contoso-orders.internal"
LINK = f"{ZONES}/virtualNetworkLinks"
IN_443, OUT_SQL = "internal-in-443", "internal-out-1433-sql"
BACKEND = f"{SERVICE}/backends"
DIAGNOSTICS = f"{SERVICE}/diagnostics"
ANYWHERE = {"sourceAddressPrefix": "*"}
STRANGER = "9a7e0000-1111-4222-8333-94445555affe"
EDGES = f"{NETWORK}/applicationGateways"
FIREWALLS = f"{NETWORK}/ApplicationGatewayWebApplicationFirewallPolicies"
LETS = {"action": "Allow", "name": "all"}


def firewall(**changes: Any) -> Callable[[Standing], Any]:
    return lambda there: held(FIREWALLS)(there)["policySettings"].update(changes)


NEED_GATEWAY = (
    "tier",
    "network-type",
    "subnet",
    "private-names",
    "back-ends",
    "policies",
    "subscription-required",
    "identity",
    "diagnostics",
    "network-status",
)


def M(
    broken: str,
    option: str,
    change: Callable[[Standing], Any],
    *red: str,
    source: str = "orders",
    today: date = TODAY,
) -> Mutation:
    return Mutation(broken, option, change, red, source, today)


CDN = "Microsoft.Cdn/profiles"
ORIGINS, ROUTES = f"{CDN}/originGroups/origins", f"{CDN}/afdEndpoints/routes"
FRONT_WALLS = f"{NETWORK}/FrontDoorWebApplicationFirewallPolicies"
UNAPPROVED = {"status": "Pending"}


def front_wall(**changes: Any) -> Callable[[Standing], Any]:
    return lambda there: held(FRONT_WALLS)(there)["policySettings"].update(changes)


def unapproved(there: Standing) -> None:
    """Nobody has approved Front Door's private endpoint yet."""
    held(ORIGINS)(there)["sharedPrivateLinkResource"].update(UNAPPROVED)
    (connection,) = held(SERVICE)(there)["privateEndpointConnections"]
    connection["properties"]["privateLinkServiceConnectionState"].update(UNAPPROVED)


def bare_name(there: Standing) -> None:
    """The firewall stands before one of two names."""
    (association,) = held(f"{CDN}/securityPolicies")(there)["parameters"]["associations"]
    association["domains"].pop()


def no_header(there: Standing) -> None:
    """The document of the whole gateway without the check of Front Door's header."""
    told = held(f"{SERVICE}/policies")(there)
    told["value"] = re.sub("<check-header.*?</check-header>", "", told["value"], flags=re.S)


def F(broken: str, change: Callable[[Standing], Any], *red: str) -> Mutation:
    """Broken at Front Door, which comes by a private endpoint."""
    return M(broken, V2, change, *(red or ("edge",)), source="fronted")


def S(broken: str, change: Callable[[Standing], Any]) -> Mutation:
    """Broken at a back end whose certificate a private authority signed."""
    return M(broken, V2, change, "back-ends", source="one_ingress")


def signed_for(**properties: str) -> Callable[[Standing], Any]:
    """What the back end is told of a certificate that a private authority signed."""
    return lambda there: held(BACKEND)(there)["tls"]["serverX509Names"][0].update(properties)


OPEN = "open_behind_front_door"
AT_FRONT_DOOR = (
    F("Front Door gone", remove(CDN)),
    F("Front Door's firewall only looks", front_wall(mode="Detection")),
    F("Front Door's firewall off", front_wall(enabledState="Disabled")),
    F("Front Door's rules missing", put(FRONT_WALLS, managedRules={})),
    F("Front Door's rule lets through", put(FRONT_WALLS, customRules={"rules": [LETS]})),
    F("a name without firewall", bare_name),
    F("another host header", put(ORIGINS, originHostHeader="x.contoso.com")),
    F("any certificate will do", put(ORIGINS, enforceCertificateNameCheck=False)),
    F("called by the public name", drop(ORIGINS, "", "sharedPrivateLinkResource")),
    F("Front Door's endpoint not approved", unapproved, "network-type", "edge"),
    F("public access left open", put(SERVICE, publicNetworkAccess="Enabled"), "network-type"),
    F("Front Door's probe asks for nothing", put(f"{CDN}/originGroups", healthProbeSettings={})),
    F("called on by HTTP", put(ROUTES, forwardingProtocol="MatchRequest")),
    F("answered by HTTP", put(ROUTES, supportedProtocols=["Http", "Https"])),
    F("answers kept at the edge", put(ROUTES, cacheConfiguration={"cached": "all"})),
    F("a name not validated", put(f"{CDN}/customDomains", domainValidationState="Pending")),
    M("the header not asked for", V2, no_header, "policies", source=OPEN),
    M("another Front Door admitted", V2, put(CDN, frontDoorId="another"), "policies", source=OPEN),
    M(
        "everybody admitted beside Front Door",
        "vnet-external",
        rule("external-in-443", sourceAddressPrefix="Internet"),
        "security-rules",
        source=OPEN,
    ),
)

MUTATIONS = (
    *AT_FRONT_DOOR,
    M("network type External", INSIDE, put(SERVICE, virtualNetworkType="External"), "network-type"),
    M("network type None", V2, put(SERVICE, virtualNetworkType="None"), "network-type"),
    M(
        "public network access off",
        INSIDE,
        put(SERVICE, publicNetworkAccess="Disabled"),
        "network-type",
    ),
    M(
        "public network access on beside a private endpoint",
        V2,
        put(SERVICE, publicNetworkAccess="Enabled"),
        "network-type",
        source="endpoint",
    ),
    M(
        "private endpoint not approved",
        V2,
        put(SERVICE, privateEndpointConnections=[]),
        "network-type",
        source="endpoint",
    ),
    M("another tier", INSIDE, sku(name="Developer"), "tier"),
    M("no units", INSIDE, sku(capacity=0), "tier"),
    M("a change of it failed", INSIDE, put(SERVICE, provisioningState="Failed"), "tier"),
    M(
        "one zone instead of two",
        INSIDE,
        lambda there: there.of(SERVICE).update(zones=["1"]),
        "tier",
        source="zoned",
    ),
    M(
        "subnet of another range",
        INSIDE,
        put(SUBNETS, "/snet-apim", addressPrefix="10.40.9.0/24"),
        "subnet",
    ),
    M(
        "gateway in the nodes' subnet",
        INSIDE,
        lambda there: held(SERVICE)(there)["virtualNetworkConfiguration"].update(
            subnetResourceId=there.of(SUBNETS, "/snet-nodes")["id"]
        ),
        "subnet",
    ),
    M("delegation missing", V2, put(SUBNETS, "/snet-apim", delegations=[]), "subnet"),
    M(
        "delegation where there must be none",
        INSIDE,
        put(
            SUBNETS,
            "/snet-apim",
            delegations=[{"properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
        ),
        "subnet",
    ),
    M(
        "security group detached",
        INSIDE,
        drop(SUBNETS, "/snet-apim", "networkSecurityGroup"),
        "subnet",
    ),
    M("security group gone", INSIDE, remove(GROUPS), "security-rules"),
    M("a rule missing", INSIDE, rule(OUT_SQL), "security-rules"),
    M("a wider source", INSIDE, rule(IN_443, **ANYWHERE), "security-rules"),
    M("a wider port", INSIDE, rule(IN_443, destinationPortRange="443-8443"), "security-rules"),
    M("another protocol", INSIDE, rule(IN_443, protocol="*"), "security-rules"),
    M("a rule that now denies", INSIDE, rule(OUT_SQL, access="Deny"), "security-rules"),
    M("an extra rule that allows", INSIDE, extra_rule("Allow", 300), "security-rules"),
    M("a denial in front of a rule", INSIDE, extra_rule("Deny", 105), "security-rules"),
    M(
        "the denial of the rest moved to the front",
        INSIDE,
        rule("internal-in-deny", priority=101),
        "security-rules",
    ),
    M("a denial behind every rule", INSIDE, extra_rule("Deny", 4000)),
    M(
        "a denial in front that meets no rule",
        INSIDE,
        extra_rule("Deny", 99, destinationPortRange="22"),
    ),
    M(
        "a rule written in the plural",
        INSIDE,
        rule(
            IN_443,
            sourceAddressPrefix="",
            sourceAddressPrefixes=["10.40.6.0/24"],
            destinationPortRange="",
            destinationPortRanges=["443-443"],
        ),
    ),
    *(
        M(broken, INSIDE, change, "routes", source="tunnelled")
        for broken, change in {
            "no route for the control plane": route("rt-apim", "gateway-management"),
            "the control plane's answers by the firewall": route(
                "rt-apim", "gateway-management", nextHopType="VirtualAppliance"
            ),
            "nodes by another firewall": route(
                "rt-nodes", "nodes-default", nextHopIpAddress="10.0.1.5"
            ),
            "learned routes on the edge's subnet": put(
                TABLES, "/rt-edge", disableBgpRoutePropagation=False
            ),
            "a route by hand": lambda there: held(TABLES, "/rt-nodes")(there)["routes"].append(
                {"name": "by-hand", "properties": {"addressPrefix": "10.9.0.0/16"}}
            ),
            "a route table gone": remove(TABLES, "/rt-nodes"),
            "the nodes' subnet without its table": drop(SUBNETS, "/snet-nodes", "routeTable"),
        }.items()
    ),
    M(
        "a peering that one side has not made",
        INSIDE,
        put(PEERINGS, "/to-apim", peeringState="Initiated"),
        "subnet",
        source="peered",
    ),
    M(
        "no NAT gateway",
        V2,
        drop(SUBNETS, "/snet-apim", "natGateway"),
        "routes",
        source="translated",
    ),
    M("a zone missing", INSIDE, remove(ZONES, f"/{PLACED}"), "private-names"),
    M("a record to another address", INSIDE, a_records(PLACED, "10.40.4.9"), "private-names"),
    M(
        "a second address in a record",
        INSIDE,
        a_records(PLACED, "10.40.4.6", "203.0.113.9"),
        "private-names",
    ),
    M("a record missing", INSIDE, remove(f"{ZONES}/A", f"/{PLACED}/a/@"), "private-names"),
    M(
        "a link missing",
        INSIDE,
        remove(LINK, f"{PLACED}/virtualnetworklinks/cluster"),
        "private-names",
    ),
    M(
        "a link in progress",
        INSIDE,
        put(LINK, f"{PLACED}/virtualnetworklinks/cluster", virtualNetworkLinkState="InProgress"),
        "private-names",
    ),
    M(
        "the gateway at another private address",
        INSIDE,
        put(SERVICE, privateIPAddresses=["10.40.5.9"]),
        "private-names",
    ),
    M(
        "a consumers' network without link",
        INSIDE,
        remove(LINK, "apim-orders01.azure-api.net/virtualnetworklinks/consumers-0"),
        "private-names",
        source="peered",
    ),
    M(
        "the private endpoint's name outside its subnet",
        V2,
        a_records("privatelink.azure-api.net", "203.0.113.9"),
        "private-names",
        source="endpoint",
    ),
    M("a public address by hand", INSIDE, address, "public-addresses"),
    M("a public frontend by hand", INSIDE, balancer, "public-addresses"),
    M("one public frontend too many", PUBLIC, balancer, "public-addresses"),
    M("a further frontend that only lets nodes out", INSIDE, outbound_only),
    M("nodes with public addresses", INSIDE, pools(enableNodePublicIP=True), "public-addresses"),
    M(
        "another DNS label",
        PUBLIC,
        lambda there: held(ADDRESSES)(there)["dnsSettings"].update(domainNameLabel="other"),
        "public-addresses",
    ),
    M("a designed public address gone", PUBLIC, remove(ADDRESSES), "public-addresses"),
    M(
        "a public address that changes",
        PUBLIC,
        put(ADDRESSES, publicIPAllocationMethod="Dynamic"),
        "public-addresses",
    ),
    M(
        "the gateway's certificate expired",
        MTLS,
        put(f"{SERVICE}/certificates", expirationDate="2026-11-22T00:00:00Z"),
        "certificates",
    ),
    M(
        "the gateway's certificate about to expire",
        MTLS,
        put(f"{SERVICE}/certificates", expirationDate="2026-12-05T00:00:00Z"),
        "certificates",
    ),
    M(
        "three weeks before everything expires",
        MTLS,
        lambda there: None,
        "certificates",
        today=date(2027, 12, 8),
    ),
    M(
        "a vault certificate that API Management cannot read",
        MTLS,
        last_status("Forbidden"),
        "certificates",
    ),
    M("a certificate of the vault expired", MTLS, vault(exp=1_790_000_000), "certificates"),
    M("a certificate of the vault gone", MTLS, vault(), "certificates"),
    M("the gateway's certificate gone", MTLS, remove(f"{SERVICE}/certificates"), "certificates"),
    M(
        "the host name's certificate expired",
        MTLS,
        lambda there: held(SERVICE)(there)["hostnameConfigurations"][1]["certificate"].update(
            expiry="2026-11-01T00:00:00Z"
        ),
        "certificates",
        source="named",
    ),
    M(
        "a back end to another URL",
        INSIDE,
        put(BACKEND, "/placeorder-orders", url="http://evil.example"),
        "back-ends",
    ),
    M(
        "TLS check of a back end off",
        MTLS,
        lambda there: held(BACKEND)(there)["tls"].update(validateCertificateChain=False),
        "back-ends",
    ),
    S("a private authority for another name", signed_for(name="elsewhere.example")),
    S("a private authority without thumbprint", signed_for(issuerCertificateThumbprint="")),
    S(
        "no private authority for the back end",
        lambda there: held(BACKEND)(there)["tls"].pop("serverX509Names"),
    ),
    M("TLS check of a back end unsaid", MTLS, drop(BACKEND, "", "tls"), "back-ends"),
    M("a back end gone", INSIDE, remove(BACKEND, "/placeorder-orders"), "back-ends"),
    M(
        "a back end by hand",
        INSIDE,
        child("backends", "by-hand", url="http://elsewhere.example"),
        "back-ends",
    ),
    M("the policy of the service replaced", INSIDE, policy("policies", "", OPEN_DOOR), "policies"),
    M(
        "the policy of an API replaced",
        INSIDE,
        policy("apis/policies", "/apis/orders/policies/policy", OPEN_DOOR),
        "policies",
    ),
    M(
        "a fragment gone",
        INSIDE,
        remove(f"{SERVICE}/policyFragments", "/validate-caller"),
        "policies",
    ),
    M(
        "the policy of an operation gone",
        INSIDE,
        remove(f"{SERVICE}/apis/operations/policies"),
        "policies",
    ),
    M("a policy with other indentation", INSIDE, attribute_order),
    M(
        "no subscription for an API",
        INSIDE,
        put(f"{SERVICE}/apis", "/apis/orders", subscriptionRequired=False),
        "subscription-required",
    ),
    M(
        "no subscription for the product",
        INSIDE,
        put(f"{SERVICE}/products", subscriptionRequired=False),
        "subscription-required",
    ),
    M(
        "an API by hand without subscription",
        INSIDE,
        child("apis", "echo", subscriptionRequired=False),
        "subscription-required",
    ),
    M(
        "an API by hand with subscription",
        INSIDE,
        child("apis", "echo", subscriptionRequired=True),
    ),
    M("an open product with an API in it", INSIDE, open_product, "subscription-required"),
    M(
        "an API that does not say whether it demands one",
        INSIDE,
        drop(f"{SERVICE}/apis", "/apis/orders", "subscriptionRequired"),
        "subscription-required",
    ),
    M("identity removed", INSIDE, no_identity, "identity"),
    M("the gateway's role on the vault gone", MTLS, whose(GATEWAY_PRINCIPAL), "identity"),
    M(
        "the gateway's role given to another",
        MTLS,
        whose(GATEWAY_PRINCIPAL, principalId=STRANGER),
        "identity",
    ),
    M("diagnostics gone", INSIDE, remove(DIAGNOSTICS), "diagnostics"),
    M(
        "a secret header logged",
        INSIDE,
        side(headers=["x-correlation-id", "Authorization"]),
        "diagnostics",
    ),
    M("secret headers no longer masked", INSIDE, side(dataMasking={}), "diagnostics"),
    M("no correlation id in the log", INSIDE, side(headers=[]), "diagnostics"),
    M("bodies logged", INSIDE, side(body={"bytes": 512}), "diagnostics"),
    M(
        "one call in ten logged",
        INSIDE,
        put(DIAGNOSTICS, sampling={"samplingType": "fixed", "percentage": 10}),
        "diagnostics",
    ),
    M(
        "a logger of another type",
        INSIDE,
        put(f"{SERVICE}/loggers", loggerType="azureEventHub"),
        "diagnostics",
    ),
    M("the workspace gets no calls", INSIDE, unkept, "diagnostics"),
    M("a required dependency fails", INSIDE, dependency(status="failure"), "network-status"),
    M("a failed dependency that may be required", INSIDE, unsaid, "network-status"),
    M("no network policy engine", INSIDE, profile(networkPolicy="none"), "cluster"),
    M("the engine unsaid", INSIDE, profile(networkPolicy=None), "cluster"),
    M(
        "a public API server where a private one is required",
        INSIDE,
        server(enablePrivateCluster=False),
        "cluster",
        source="private_server",
    ),
    M(
        "everybody may call the API server",
        "vnet-external",
        server(authorizedIPRanges=["0.0.0.0/0"]),
        "cluster",
        source="some_ranges",
    ),
    M("the cluster stopped", INSIDE, put(CLUSTERS, powerState={"code": "Stopped"}), "cluster"),
    M("Key Vault provider off", INSIDE, provider_off, "cluster"),
    M(
        "workload identity off",
        INSIDE,
        put(CLUSTERS, securityProfile={"workloadIdentity": {"enabled": False}}),
        "cluster",
    ),
    M("the mesh's ingress inside only", MTLS, mesh(mode="Internal"), "cluster"),
    M("the Istio add-on off", MTLS, drop(CLUSTERS, "", "serviceMeshProfile"), "cluster"),
    M("the cluster gone", INSIDE, remove(CLUSTERS), "cluster", "public-addresses"),
    M("API Management gone", INSIDE, remove(SERVICE), *NEED_GATEWAY, "certificates"),
    M("the edge gone", INSIDE, remove(EDGES), "edge"),
    M("the firewall gone", INSIDE, remove(FIREWALLS), "edge"),
    M("the firewall only looks", INSIDE, firewall(mode="Detection"), "edge"),
    M("the firewall off", INSIDE, firewall(state="Disabled"), "edge"),
    M("rules of the firewall missing", INSIDE, put(FIREWALLS, managedRules={}), "edge"),
    M("a rule that lets calls through", INSIDE, put(FIREWALLS, customRules=[LETS]), "edge"),
    M("the edge without firewall", INSIDE, put(EDGES, firewallPolicy={}), "edge"),
    M("the edge calls another host", INSIDE, put(EDGES, backendAddressPools=[]), "edge"),
    M("the edge asks for another path", INSIDE, put(EDGES, probes=[]), "edge"),
    M("the edge listens nowhere", INSIDE, put(EDGES, httpListeners=[]), "edge"),
    M("the edge takes old TLS", INSIDE, put(EDGES, sslPolicy={}), "edge"),
    M("the edge's rules missing", INSIDE, remove(GROUPS, "nsg-edge"), "security-rules"),
    M(
        "the edge's subnet without its group",
        INSIDE,
        drop(SUBNETS, "snet-edge", "networkSecurityGroup"),
        "security-rules",
    ),
    M(
        "rules that hold for no private endpoint",
        V2,
        put(SUBNETS, "snet-endpoints", privateEndpointNetworkPolicies="Disabled"),
        "security-rules",
        source="endpoint",
    ),
    M("the gateway in the cluster unknown", HOSTED, remove(GATES), "gateway-in-cluster"),
    M("an API it does not serve", HOSTED, remove(f"{GATES}/apis", "orders"), "gateway-in-cluster"),
    M(
        "another name of the gateway in the cluster",
        HOSTED,
        put(f"{GATES}/hostnameConfigurations", "consumers", hostname="other.example"),
        "gateway-in-cluster",
    ),
    M("an API that the gateway of Azure serves too", HOSTED, beside, "gateway-in-cluster"),
)


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda m: m.broken.replace(" ", "-"))
def test_exactly_the_checks_of_what_was_broken_go_red(stages: Stages, one: Mutation) -> None:
    there = stages(one.option, one.source)
    one.change(there)
    found = there.checks(one.today)
    red = {a: c.observed for a, c in found.items() if c.state is State.FAIL}
    assert set(red) == set(one.red), red
    assert {c.state for a, c in found.items() if a not in one.red} <= {State.PASS}


# What may not be read hides only what it is about

GATEWAY_PATH = r"/service/apim-orders01$"


@dataclass(frozen=True)
class Refusal:
    """What may not be read, in which option, and exactly which checks were not run."""

    path: str
    option: str
    hidden: tuple[str, ...]
    source: str = "orders"


REFUSALS = (
    Refusal(r"/routeTables/rt-nodes$", INSIDE, ("routes",), "tunnelled"),
    Refusal(
        GATEWAY_PATH,
        INSIDE,
        (
            "tier",
            "network-type",
            "subnet",
            "private-names",
            "certificates",
            "identity",
            "network-status",
        ),
    ),
    Refusal(r"/subnets/snet-apim$", INSIDE, ("subnet",)),
    Refusal(r"/networkSecurityGroups/nsg-apim$", INSIDE, ("security-rules",)),
    Refusal(rf"/privateDnsZones/{PLACED}$", INSIDE, ("private-names",)),
    Refusal(rf"/privateDnsZones/{PLACED}/A/@$", INSIDE, ("private-names",)),
    Refusal(rf"/resourceGroups/{NODES}/providers/{BALANCERS}$", INSIDE, ("public-addresses",)),
    Refusal(rf"/providers/{ADDRESSES}$", PUBLIC, ("public-addresses",)),
    Refusal(r"^/certificates/", MTLS, ("certificates",)),
    Refusal(r"/service/apim-orders01/certificates/", MTLS, ("certificates",)),
    Refusal(r"/backends/ingress$", MTLS, ("back-ends",)),
    Refusal(r"/policyFragments/validate-caller$", INSIDE, ("policies",)),
    Refusal(r"/apis/orders/products$", INSIDE, ("subscription-required",)),
    Refusal(rf"/providers/{ROLES}$", MTLS, ("identity",)),
    Refusal(rf"/providers/{SETTINGS}$", INSIDE, ("diagnostics",)),
    Refusal(r"/applicationGateways/agw-edge$", INSIDE, ("edge",)),
    Refusal(r"/networkstatus$", INSIDE, ("network-status",)),
    Refusal(r"/gateways/cluster/apis$", HOSTED, ("gateway-in-cluster",)),
    Refusal(r"/managedClusters/aks-orders01$", INSIDE, ("public-addresses", "cluster")),
)


@pytest.mark.parametrize("one", REFUSALS, ids=lambda r: r.path)
def test_a_refusal_hides_only_the_checks_that_need_it(stages: Stages, one: Refusal) -> None:
    there = stages(one.option, one.source)
    there.arm.faults.append(refused(one.path))
    found = there.checks()
    hidden = {a for a, c in found.items() if c.state is State.NOT_RUN}
    assert hidden == set(one.hidden)
    assert {c.state for a, c in found.items() if a not in hidden} == {State.PASS}
    assert all("AuthorizationFailed" in found[a].reason for a in hidden)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_stays_busy_is_not_run_and_says_so(stages: Stages, status: int) -> None:
    there = stages(INSIDE)
    path = r"/networkSecurityGroups/nsg-apim$"
    there.arm.faults.append(refused(path, status, "Busy"))
    found = there.checks()
    assert found["security-rules"].state is State.NOT_RUN
    assert "Busy" in found["security-rules"].reason
    assert list(found.values()).count(found["security-rules"]) == 1
    assert sum(c.state is State.PASS for c in found.values()) == len(found) - 1


def test_a_vault_out_of_reach_shows_what_was_seen(stages: Stages) -> None:
    there = stages(MTLS)
    first, *_ = sorted(there.arm.certificates)
    there.arm.faults.append(refused(rf"^/certificates/(?!{first})", 403, "ForbiddenByFirewall"))
    check = there.checks()["certificates"]
    assert check.state is State.NOT_RUN
    assert f"{first} until 2027-12-28" in check.observed
    assert "ForbiddenByFirewall" in check.reason


def test_an_expired_certificate_counts_also_where_the_vault_is_out_of_reach(
    stages: Stages,
) -> None:
    there = stages(MTLS)
    there.arm.faults.append(refused(r"^/certificates/"))
    put(f"{SERVICE}/certificates", expirationDate="2026-01-01T00:00:00Z")(there)
    assert there.checks()["certificates"].state is State.FAIL


def test_certificates_that_azure_does_not_keep_are_not_taken_for_valid(stages: Stages) -> None:
    there = stages(PUBLIC)
    found = replace_project(there, replace(there.project, certificates=())).checks()
    assert found["certificates"].state is State.NOT_RUN
    assert (
        found["certificates"].reason
        == "no certificate is kept in Azure: the Services hold their own"
    )
    assert "not read: tls-check-orders-customers" in found["certificates"].observed


def test_a_tier_without_network_status_is_not_run(stages: Stages) -> None:
    there = stages(V2)
    there.arm.faults.append(refused(r"/networkstatus$", 404, "NotFound"))
    check = there.checks()["network-status"]
    assert (check.state, check.reason) == (
        State.NOT_RUN,
        "Standard v2 reports no network status",
    )


@cache
def matrix() -> dict[str, set[State]]:
    """How each aspect ended in the tables above."""
    found: dict[str, set[State]] = {a: {State.PASS} for a in Aspect}
    for one in MUTATIONS:
        for aspect in one.red:
            found[aspect].add(State.FAIL)
    for refusal in REFUSALS:
        for aspect in refusal.hidden:
            found[aspect].add(State.NOT_RUN)
    return found


def test_every_aspect_passes_fails_and_is_hidden_at_least_once() -> None:
    assert {a: s for a, s in matrix().items() if s != set(State)} == {}


# Nothing passes on an answer that says nothing

GARBAGE: tuple[Any, ...] = ({}, None, "text", [], 7, [1, None], {"value": []})


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
@pytest.mark.parametrize("option", [INSIDE, MTLS, V2])
def test_resources_without_properties_never_pass(stages: Stages, option: str, garbage: Any) -> None:
    there = stages(option)
    for found in there.arm.resources.values():
        for key in ("properties", "sku", "identity", "zones"):
            found[key] = garbage
        found["properties"] = {"value": "<policies />"} if garbage == {} else garbage
    for path in there.arm.lists:
        there.arm.lists[path] = [garbage] if isinstance(garbage, dict) else garbage
    there.arm.certificates.clear()
    assert State.PASS not in there.states().values()
    assert DriftState.SAME in {d.state for d in drift(there.scene())} or garbage != {}


@pytest.mark.parametrize("key", ["properties", "sku", "identity"])
def test_half_an_answer_is_a_sentence(stages: Stages, key: str) -> None:
    there = stages(INSIDE)
    for found in there.arm.resources.values():
        inner = found.get(key)
        if isinstance(inner, dict):
            found[key] = {k: (None if n % 2 else v) for n, (k, v) in enumerate(inner.items())}
    assert set(there.states().values()) <= set(State)
    assert drift(there.scene())


@pytest.mark.parametrize("body", [[], {}, [[]], {"value": "text"}, {"value": [1]}], ids=str)
def test_answers_of_another_shape_never_pass(stages: Stages, body: Any) -> None:
    there = stages(INSIDE)
    there.arm.faults.append(Fault("GET", "/providers/", 200, body, times=10_000))
    there.arm.certificates.clear()
    assert State.PASS not in there.states().values()
    states = {d.state for d in drift(there.scene())}
    assert DriftState.SAME not in states


def test_each_question_is_asked_once(stages: Stages) -> None:
    there = stages(INSIDE)
    there.arm.log.clear()
    scene = there.scene()
    for aspect in ASPECTS.values():
        aspect(scene)
    drift(scene)
    pages = [line for line in there.arm.log if line.startswith("GET")]
    assert there.arm.count("GET", GATEWAY_PATH) == 1
    assert there.arm.count("GET", r"/managedClusters/aks-orders01$") == 1
    assert len(pages) < 200


def test_a_refusal_is_asked_once_too(stages: Stages) -> None:
    there = stages(INSIDE)
    there.arm.log.clear()
    there.arm.faults.append(refused(GATEWAY_PATH))
    there.checks()
    assert there.arm.count("GET", GATEWAY_PATH) == 1


def test_nothing_secret_is_seen(stages: Stages) -> None:
    there = stages(INSIDE)
    secrets = (KEY, SUBSCRIPTION, TENANT, OBJECT, GATEWAY_PRINCIPAL, CLUSTER_PRINCIPAL)
    put(BACKEND, "/placeorder-orders", url=f"http://x.example/?code={KEY}&sig={KEY}")(there)
    put(DIAGNOSTICS, loggerId=f"/subscriptions/{SUBSCRIPTION}/loggers/{OBJECT}")(there)
    put(SUBNETS, "/snet-apim", addressPrefix=KEY)(there)
    rule(IN_443, sourceAddressPrefix=f"Bearer {KEY}")(there)
    a_records(PLACED, KEY)(there)
    child("backends", "by-hand", url=f"https://u:{KEY}@x.example/?sig={KEY}")(there)
    sku(name=KEY)(there)
    texts = [f"{c.observed} {c.reason}" for c in there.checks().values()]
    found = drift(there.scene())
    texts += [str(d) for d in found] + [str(page.drift_table(found))]
    assert [s for s in secrets for t in texts if s in t] == []


# Drift


def wrong(there: Standing) -> list[Drift]:
    return [d for d in drift(there.scene()) if d.state is not DriftState.SAME]


@pytest.mark.parametrize(
    ("change", "state", "resource", "property"),
    [
        (put(SERVICE, virtualNetworkType="External"), "differs", SERVICE, "virtualNetworkType"),
        (sku(capacity=2), "differs", SERVICE, "sku.capacity"),
        (rule(IN_443, **ANYWHERE), "differs", GROUPS, "[internal-in-443].properties.source"),
        (remove(BACKEND, "/placeorder-orders"), "missing", BACKEND, ""),
        (whose(CLUSTER_PRINCIPAL, principalId=STRANGER), "missing", "role on", ""),
        (child("apis", "echo", subscriptionRequired=True), "not designed", f"{SERVICE}/apis", ""),
        (extra_rule("Deny", 4000), "not designed", GROUPS, ""),
        (open_product, "not designed", f"{SERVICE}/products", ""),
        (policy("policies", "", OPEN_DOOR), "differs", f"{SERVICE}/policies", "value"),
        (a_records(PLACED, "10.40.4.9"), "differs", f"{ZONES}/A", "aRecords"),
        (remove(f"{SERVICE}/apis/operations", "/getorder"), "missing", "operations", "GET /"),
        (
            lambda t: t.put(
                f"{t.of(SERVICE)['id']}/apis/orders/operations/x",
                properties={"method": "DELETE", "urlTemplate": "/{orderId}"},
            ),
            "not designed",
            "operations",
            "DELETE /{orderId}",
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_one_change_gives_one_row(
    stages: Stages, change: Callable[[Standing], Any], state: str, resource: str, property: str
) -> None:
    there = stages(INSIDE)
    change(there)
    found = {d for d in wrong(there) if "role on" not in d.resource or resource == "role on"}
    rows = [d for d in found if d.state == state]
    assert len(found) == len(rows) and rows, found
    assert len({d.resource for d in rows}) == len(rows)
    assert all(resource in d.resource and property in d.property for d in rows)
    assert len(rows) == 1 or resource in ("role on", f"{SERVICE}/products")


def test_a_refused_read_is_one_row_with_the_sentence(stages: Stages) -> None:
    there = stages(INSIDE)
    there.arm.faults.append(refused(r"/networkSecurityGroups/nsg-apim$"))
    (row,) = wrong(there)
    assert row.state is DriftState.UNKNOWN
    assert "AuthorizationFailed" in row.because


def test_what_only_the_deployer_knows_is_one_row_a_resource(tmp_path: Path) -> None:
    with standing(tmp_path, "contoso-orders", INSIDE) as there:
        from apim_aks.deployment import project

        bare = project(there.design, there.placement, "1.0", {})
        found = wrong(replace_project(there, bare))
        assert {d.state for d in found} == {DriftState.UNKNOWN}
        assert len({d.resource for d in found}) == len(found)
        assert any("publisherEmail" in d.property for d in found)


def replace_project(there: Standing, made: Any) -> Standing:
    return Standing(there.design, there.placement, made, there.live)


def test_every_state_of_drift_is_reached(stages: Stages) -> None:
    there = stages(INSIDE)
    sku(capacity=2)(there)
    remove(BACKEND, "/placeorder-orders")(there)
    child("apis", "echo", subscriptionRequired=True)(there)
    there.arm.faults.append(refused(r"/networkSecurityGroups/nsg-apim$"))
    found = drift(there.scene())
    assert {d.state for d in found} == set(DriftState)
    text = str(page.drift_table(found))
    assert text.index("missing") < text.index("as designed")
    assert "~ " in text and "sku.capacity" in text
    assert "<details>" in text


def test_a_table_without_differences_says_so(stages: Stages) -> None:
    text = str(page.drift_table(drift(stages(INSIDE).scene())))
    assert "Nothing differs from the design." in text
    assert "Nothing was compared" in str(page.drift_table(()))


def test_names_from_azure_are_escaped_in_the_table(stages: Stages) -> None:
    there = stages(INSIDE)
    child("apis", "x", displayName="<script>alert(1)</script>")(there)
    text = str(page.drift_table(drift(there.scene())))
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_a_later_design_changes_the_tags_of_everything_in_one_row(stages: Stages) -> None:
    there = stages(INSIDE)
    later = answered(there.design, there.placement, publisherEmail="value-of-publisherEmail")
    pieces = tuple(
        replace(p, template=tagged(p.template, {**later.tags, "digest": "later"}))
        for p in later.pieces
    )
    (row,) = wrong(replace_project(there, replace(later, pieces=pieces)))
    assert (row.property, row.designed) == ("tags.digest", "later")
    assert row.resource.startswith("tags of ")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (a_records(PLACED, "10.40.4.6", "203.0.113.9"), "aRecords[203.0.113.9]"),
        (
            lambda there: held(CLUSTERS)(there)["agentPoolProfiles"].append({"name": "gpu"}),
            "agentPoolProfiles[gpu]",
        ),
        (extra_rule("Allow", 300), "securityRules[by-hand]"),
    ],
    ids=["record", "pool", "rule"],
)
def test_a_further_member_of_a_list_is_one_row(
    stages: Stages, change: Callable[[Standing], Any], path: str
) -> None:
    there = stages(INSIDE)
    change(there)
    (row,) = wrong(there)
    assert (row.state, row.property) == (DriftState.ADDED, f"properties.{path}")


# Existing things

SHARED = "rg-shared"


def shared_gateway(there: Standing, subnet: str = "") -> str:
    """API Management of another team, as it answers."""
    id = there.client.id(SHARED, f"{SERVICE}/apim-shared")
    network = {"virtualNetworkConfiguration": {"subnetResourceId": subnet}} if subnet else {}
    properties = {
        "provisioningState": "Succeeded",
        "virtualNetworkType": "External" if subnet else "None",
        "publicNetworkAccess": "Enabled",
        **network,
    }
    identity = {"type": "SystemAssigned", "principalId": GATEWAY_PRINCIPAL}
    sku = {"name": there.placement.tier.arm_name, "capacity": 1}
    there.put(id, sku=sku, identity=identity, properties=properties)
    setting = {"workspaceId": "theirs", "logs": [{"category": "GatewayLogs", "enabled": True}]}
    there.put(f"{id}/providers/{SETTINGS}/theirs", properties=setting)
    return id


EXISTING = ExistingResources(api_management=Existing("apim-shared", SHARED))


def test_what_others_keep_on_a_shared_gateway_is_not_judged(tmp_path: Path) -> None:
    workload = changed(orders(), existing=EXISTING)
    with standing(tmp_path, workload, PUBLIC) as there:
        shared = shared_gateway(there)
        there.put(f"{shared}/apis/theirs", properties={"subscriptionRequired": False})
        there.put(f"{shared}/backends/theirs", properties={"url": "http://theirs.example"})
        seen = {a: c.observed for a, c in there.checks().items() if c.state is not State.PASS}
        assert seen == {}
        assert [d for d in wrong(there) if d.state in WRONG] == []


def test_the_subnet_and_rules_of_a_shared_gateway_are_looked_at_where_they_are(
    tmp_path: Path,
) -> None:
    workload = changed(orders(), existing=EXISTING, gateway_subnet="10.99.0.0/27")
    with standing(tmp_path, workload, "vnet-external") as there:
        network = there.client.id(SHARED, f"{NETWORK}/virtualNetworks/vnet-hub")
        group = there.client.id(SHARED, f"{GROUPS}/nsg-hub")
        inside = {"addressPrefixes": ["10.99.0.0/27"], "networkSecurityGroup": {"id": group}}
        there.put(f"{network}/subnets/apim", properties=inside)
        shared = shared_gateway(there, f"{network}/subnets/apim")
        there.arm.lists[f"{shared}/networkstatus".lower()] = [status_of("West Europe")]
        ours = designed("contoso-orders").placement("vnet-external").topology.rules
        rows = [theirs(r, n) for n, r in enumerate(ours)]
        there.put(group, properties={"securityRules": rows})
        seen = {a: c.observed for a, c in there.checks().items() if c.state is not State.PASS}
        assert seen == {}
        left = next(n for n, r in enumerate(ours) if r.direction == "Outbound")
        gone = rows.pop(left)
        assert "security-rules" not in failing(there)  # Azure lets it out all the same
        denied = {**gone["properties"], "access": "Deny", "priority": 4001}
        rows.append({"name": "deny-out", "properties": denied})
        assert failing(there) == {"security-rules"}
        rows[-1] = gone
        rows.pop(next(n for n, r in enumerate(ours) if r.direction == "Inbound"))
        assert failing(there) == {"security-rules"}


def failing(there: Standing) -> set[str]:
    return {a for a, c in there.checks().items() if c.state is State.FAIL}


def theirs(rule: Any, number: int) -> Json:
    """A rule of the design under a name of their own, with the addresses of their network."""
    places = {"<gateway-subnet>": "10.99.0.0/27", "<ingress>": "10.40.4.0/24"}
    properties = {
        "direction": rule.direction,
        "access": rule.access,
        "priority": 100 + number if rule.access == "Allow" else 4000,
        "protocol": rule.protocol,
        "sourceAddressPrefix": places.get(rule.source, rule.source),
        "destinationAddressPrefix": places.get(rule.destination, rule.destination),
        "destinationPortRanges": rule.port.split(","),
        "sourcePortRange": "*",
    }
    return {"name": f"hub-{number}", "properties": properties}


def test_an_existing_cluster_is_judged_by_what_the_design_needs(tmp_path: Path) -> None:
    existing = ExistingResources(
        cluster=Existing("aks-shared", SHARED), network=Existing("vnet-shared", SHARED)
    )
    workload = changed(orders(), existing=existing, address_space="10.40.0.0/16")
    with standing(tmp_path, workload, INSIDE) as there:
        held = {
            "powerState": {"code": "Running"},
            "provisioningState": "Succeeded",
            "nodeResourceGroup": NODES,
            "networkProfile": {"networkPolicy": "calico"},
            "agentPoolProfiles": [{"name": "theirs", "enableNodePublicIP": False}],
            "securityProfile": {"workloadIdentity": {"enabled": True}},
            "oidcIssuerProfile": {"enabled": True},
        }
        there.put(there.client.id(SHARED, f"{CLUSTERS}/aks-shared"), properties=held)
        balancer = there.client.id(NODES, f"{BALANCERS}/kubernetes")
        front = frontend("theirs", "loadBalancingRules")
        there.put(balancer, properties={"frontendIPConfigurations": [front]})
        seen = {a: c.observed for a, c in there.checks().items() if c.state is not State.PASS}
        assert seen == {}
        held["networkProfile"]["networkPolicy"] = "none"
        assert {a for a, s in there.states().items() if s is State.FAIL} == {"cluster"}


# Recorded answers


@pytest.mark.parametrize(
    ("file", "state"),
    [
        (
            "arm-recordings/azure-sdk-for-net/ApiManagementServiceTests/"
            "CreateInVirtualNetworkTests.json",
            State.FAIL,
        ),
        (
            "rest-api-specs/apimanagement-2022-08-01/ApiManagementServiceGetNetworkStatus.json",
            State.PASS,
        ),
    ],
    ids=["recorded in 2020 with a failure", "example of the specification"],
)
def test_a_recorded_network_status_is_read(
    stages: Stages, corpora: Path, file: str, state: State
) -> None:
    there = stages(INSIDE)
    (key,) = there.arm.lists
    there.arm.lists[key] = network_status_in(json.loads((corpora / file).read_text("utf-8-sig")))
    check = there.checks()["network-status"]
    assert check.state is state
    assert state is State.PASS or "Scm ended failure" in check.observed


def network_status_in(recorded: Json) -> Any:
    if "responses" in recorded:
        return recorded["responses"]["200"]["body"]
    answers = (e for e in recorded["Entries"] if "networkstatus" in e["RequestUri"].lower())
    return json.loads(next(answers)["ResponseBody"])


# Rules


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["10.0.0.1"], ["10.0.0.1/32"]),
        (["10.0.0.0/24", "10.1.0.0/24"], ["10.1.0.0/24", "10.0.0.0/24"]),
        (["0.0.0.0/0"], ["*"]),
        (["Any"], ["*"]),
        (["0-65535"], ["*"]),
        (["443", "1886"], ["443,1886"]),
        (["VIRTUALNETWORK"], ["VirtualNetwork"]),
        (["443-443"], ["443"]),
    ],
)
def test_ways_of_writing_the_same_are_the_same(one: list[str], two: list[str]) -> None:
    assert normal(one) == normal(two)


@pytest.mark.parametrize(
    ("one", "two", "meet"),
    [
        (("*", "*", "443"), ("VirtualNetwork", "VirtualNetwork", "443"), True),
        (("Internet", "*", "443"), ("VirtualNetwork", "*", "443"), False),
        (("10.40.5.0/28", "*", "443"), ("10.40.5.0/24", "*", "80-500"), True),
        (("10.40.5.0/28", "*", "443"), ("10.40.6.0/24", "*", "443"), False),
        (("10.40.5.0/28", "*", "443"), ("VirtualNetwork", "*", "443"), True),
        (("ApiManagement", "*", "3443"), ("AzureCloud", "*", "3443"), True),
        (("ApiManagement", "*", "3443"), ("AzureLoadBalancer", "*", "3443"), False),
        (("*", "*", "22"), ("*", "*", "443"), False),
        (("20.1.2.0/24", "*", "443"), ("Internet", "*", "443"), True),
    ],
)
def test_rules_meet_where_a_call_can_match_both(
    one: tuple[str, ...], two: tuple[str, ...], meet: bool
) -> None:
    first, second = (
        security_rule("Inbound", "Deny", "Tcp", *((p,) for p in r)) for r in (one, two)
    )
    assert overlaps(first, second) is meet
    assert overlaps(second, first) is meet
    assert not overlaps(first, replace(second, direction="outbound"))


# Policies


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ('<a b="1" c="2"/>', "<a c='2'\r\n b='1'></a>", True),
        ("<a>x</a>", "<a>\r\n\tx\r\n</a>", True),
        ("<a><!-- why --><b/></a>", "<a><b /></a>", True),
        (
            '<a v="@(x(&quot;1&quot;) &amp;&amp; y&lt;z&gt;())"/>',
            '<a v="@(x("1") && y<z>())" />',
            True,
        ),
        (
            '<v>@{ if (a &lt; b) { return "}"; } }</v>',
            '<v>@{ if (a < b) { return "}"; } }</v>',
            True,
        ),
        ('<a v="@(@&quot;a&quot;&quot;b)&quot;)"/>', '<a v="@(@"a""b)")" />', True),
        ("<a><b/><c/></a>", "<a><c/><b/></a>", False),
        ("<a>x</a>", "<a>y</a>", False),
        ('<a b="1"/>', '<a b="2"/>', False),
        ("<a/>", "<a", False),
        ("<a/>", "", False),
    ],
)
def test_policies_are_compared_by_what_they_say(one: str, two: str, same: bool) -> None:
    assert same_policy(one, two) is same
    assert same_policy(two, one) is same


@pytest.mark.parametrize("form", ["xml", "rawxml"])
def test_every_policy_of_ours_survives_the_answer(stages: Stages, form: str) -> None:
    from tests.support.arm_server import in_form

    there = stages(MTLS)
    kinds = ("/policies/policy", "/policyfragments/")
    ours = [r for id, r in there.arm.resources.items() if any(k in id for k in kinds)]
    assert len(ours) > 6
    for found in ours:
        text = found["properties"]["value"]
        assert canonical(text) == canonical(in_form(found, form)["properties"]["value"]), text


# All of it


def test_verify_shows_checks_and_drift(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    there = stages(MTLS)
    monkeypatch.setattr(live, "AzureReader", lambda client: AzureReader(client, there.vault))
    found = verify(there.client, there.design, there.placement, there.project)
    resources = {c.id.split(".deployed-")[1]: c for c in found.live if ".deployed-" in c.id}
    assert {c.state for c in resources.values()} <= {State.PASS, State.FAIL}
    assert {a for a, c in resources.items() if c.state is State.PASS} >= {"tier", "identity"}
    assert {d.state for d in found.drift} == {DriftState.SAME}


def test_a_shared_sentence_carries_no_id(stages: Stages) -> None:
    there = stages(INSIDE)
    there.arm.faults.append(refused(GATEWAY_PATH))
    reasons = {c.reason for c in there.checks().values() if c.reason}
    assert reasons and all(redacted(r) == r and SUBSCRIPTION not in r for r in reasons)


def as_markdown() -> str:
    """The mutation table, the refusals and the matrix."""
    lines = ["| what was broken | option | checks that went red |", "|---|---|---|"]
    lines += [f"| {m.broken} | {m.option} | {', '.join(m.red) or 'none'} |" for m in MUTATIONS]
    lines += ["", "| what may not be read | option | checks not run |", "|---|---|---|"]
    lines += [f"| `{r.path}` | {r.option} | {', '.join(r.hidden)} |" for r in REFUSALS]
    lines += ["", "| check | pass | fail | not run |", "|---|---|---|---|"]
    for aspect in Aspect:
        red = sum(aspect in m.red for m in MUTATIONS)
        hidden = sum(aspect in r.hidden for r in REFUSALS)
        options = sum(
            any(e.id.endswith(f".deployed-{aspect}") for e in p.topology.expectations)
            for p in designed("contoso-orders").placements
        )
        lines.append(f"| {aspect} | {options} options | {red} | {hidden} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_markdown())
