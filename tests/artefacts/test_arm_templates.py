"""ARM templates: closed schemas, order, limits, existing things, secrets and hostile input."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks import facts
from apim_aks.apis.mapping import map_services
from apim_aks.apis.mapping.products import products
from apim_aks.artefacts.arm_templates import (
    Stage,
    arm_templates,
    built,
    certificate_commands,
    certificates_step,
    prerequisites,
)
from apim_aks.artefacts.arm_templates.expressions import Code, data, joined, parameter, quoted, text
from apim_aks.artefacts.arm_templates.network import prefix
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.self_hosted import definition_id
from apim_aks.artefacts.arm_templates.stages import Draft, stages
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.artefacts.policies import policies
from apim_aks.decision.claimed import claims
from apim_aks.decision.design import Design, Placement, design, placed
from apim_aks.errors import InputError
from apim_aks.facts import controller, ingress_gateways, network_mode, template_limit, tier, tiers
from apim_aks.facts.self_hosted import custom_roles
from apim_aks.options import OPTIONS, Setting, option
from apim_aks.options.choices import Choices
from apim_aks.options.tier_choice import refusal, settings_of
from apim_aks.topology import Kind
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer, Pin, Requirements, ServiceType, Workload
from tests.artefacts.policy_schema import PolicySchema
from tests.support import arm_schema, front_door_schema, toy_option
from tests.support.designs import alone, bundled
from tests.support.scenario import document, service, workload
from tests.support.series import SEED, examples

WORKLOADS = ("contoso-orders", "contoso-retail")
IDS = tuple(o.id for o in OPTIONS)
GROUP = "rg-shared"
CLUSTER = {"cluster": Existing("aks-old", GROUP)}
NETWORK = {"network": Existing("vnet-old", GROUP)}
REST = {
    "api_management": Existing("apim-old", "rg-apim"),
    "key_vault": Existing("kv-old", "rg-kv"),
}
FREE = {"address_space": "10.90.0.0/16"}
THEIRS = {"gateway_subnet": "10.20.3.0/27"}
HUB = {"hub": Existing("vnet-hub", "rg-hub")}
ROOM = {"hub_address_space": "10.0.8.0/24"}
SITUATIONS: dict[str, dict[str, Any]] = {
    "new": {},
    "peered": {"gateway_network": "peered"},
    "existing-network": {"existing": ExistingResources(**NETWORK), **FREE},
    "existing-cluster": {"existing": ExistingResources(**CLUSTER, **NETWORK), **FREE},
    "all-existing": {"existing": ExistingResources(**CLUSTER, **NETWORK, **REST), **FREE, **THEIRS},
    "hub": {"gateway_network": "hub", "existing": ExistingResources(**HUB), **ROOM},
    "firewall": {"egress": "firewall", "firewall_address": "10.0.1.4"},
    "direct": {"egress": "direct"},
    "own-name": {"host_name": "api.contoso.com", "publisher_email": "apis@contoso.com"},
}
ABLE = tuple((o.id, t.name) for o in OPTIONS for t in tiers() if not refusal(o, t))
UNCHECKED = {
    "Microsoft.Insights/dataCollectionRuleAssociations",
    "Microsoft.Insights/dataCollectionRules",
    "Microsoft.Insights/diagnosticSettings",
}
"""No published schema of these is at hand; everything else is checked."""

FUNCTIONS = {
    *("parameters", "format", "resourceId", "reference", "guid", "subscription", "environment"),
    *("subscriptionResourceId", "resourceGroup", "concat", "createArray", "createObject", "map"),
    *("lambda", "lambdaVariables", "copyIndex", "length", "join", "uniqueString", ".", "[]"),
    "extensionResourceId",
}


@cache
def workload_of(name: str, situation: str = "new") -> Workload:
    found = read_workload(name)
    changes = SITUATIONS[situation]
    return replace(found, azure=replace(found.azure, **changes)) if changes else found


COMBINED = [
    (name, situation)
    for name in WORKLOADS
    for situation in SITUATIONS
    if SEED or name == WORKLOADS[0] or situation == "new"
]
"""Every situation with one workload; `make proof` takes both."""


@cache
def design_of(name: str, situation: str = "new") -> Design:
    return bundled(name) if situation == "new" else design(workload_of(name, situation))


def placement(made: Design, id: str, tier_name: str = "", gate: str = "") -> Placement:
    drawn = made.placement(id)
    chosen = tier(tier_name) if tier_name else drawn.tier
    use = controller(gate) if gate else drawn.controller
    return placed(
        Setting(workload=made.workload, mapping=made.mapping, tier=chosen, controller=use),
        option(id),
        True,
    )


@cache
def stages_of(name: str, id: str, situation: str = "new") -> tuple[Stage, ...]:
    made = design_of(name, situation)
    return arm_templates(made.placement(id))


def inner(stages: tuple[Stage, ...] | Stage) -> Iterator[dict[str, Any]]:
    """Every resource, those of deployments into other groups too."""
    for stage in stages if isinstance(stages, tuple) else (stages,):
        for resource in stage.resources:
            if resource["type"] == "Microsoft.Resources/deployments":
                yield from resource["properties"]["template"]["resources"]
            else:
                yield resource


def of_type(stages: tuple[Stage, ...] | Stage, type: str) -> list[dict[str, Any]]:
    return [r for r in inner(stages) if r["type"] == type]


def problems(corpora: Path, stages: tuple[Stage, ...]) -> list[str]:
    found: list[str] = []
    for resource in inner(stages):
        found += arm_schema.schema_errors(corpora, resource)
        found += arm_schema.flag_errors(corpora, resource) or []
        found += front_door_schema.shape_errors(resource)
    return found


@pytest.mark.series
@pytest.mark.parametrize(("name", "situation"), COMBINED)
@pytest.mark.parametrize(("id", "tier_name"), ABLE)
def test_every_body_fits_the_closed_schema(
    corpora: Path, name: str, id: str, tier_name: str, situation: str
) -> None:
    made = design_of(name, situation)
    stages = arm_templates(placement(made, id, tier_name))
    assert problems(corpora, stages) == []
    for stage in stages:
        assert_sound(stage)


@pytest.mark.parametrize("gate", [g.controller for g in ingress_gateways()])
@pytest.mark.parametrize("id", IDS)
def test_every_controller_fits_the_closed_schema(corpora: Path, id: str, gate: str) -> None:
    made = design_of("contoso-orders")
    assert problems(corpora, arm_templates(placement(made, id, gate=gate))) == []


REQUIREMENTS = (
    Requirements(availability_zones=True),
    Requirements(private_api_server=True),
    Requirements(service_mesh=True),
    Requirements(regions=2),
)


@cache
def required(wanted: Requirements) -> Design:
    return design(replace(workload_of("contoso-retail"), requirements=wanted))


@pytest.mark.parametrize("wanted", REQUIREMENTS, ids=str)
@pytest.mark.parametrize("id", IDS)
def test_every_requirement_fits_the_closed_schema(
    corpora: Path, id: str, wanted: Requirements
) -> None:
    made = required(wanted)
    assert problems(corpora, arm_templates(made.placement(id))) == []


ROLE_TYPES = ("Assignments", "Definitions")


def test_only_named_types_have_no_schema(corpora: Path) -> None:
    types = {
        (r["type"], r["apiVersion"])
        for name, situation in COMBINED
        for id in IDS
        for r in inner(stages_of(name, id, situation))
    }
    bare = {t for t, v in types if not arm_schema.used_version(corpora, t, v)}
    assert bare - {f"Microsoft.Authorization/role{n}" for n in ROLE_TYPES} == UNCHECKED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"virtualNetworkTyp": "None"}, "virtualNetworkTyp"),
        ({"virtualNetworkType": "Inside"}, "Inside"),
        ({"publicIPAddresses": ["1.2.3.4"]}, "publicIPAddresses"),
    ],
)
def test_the_schemas_find_mistakes(corpora: Path, change: dict[str, Any], said: str) -> None:
    stages = stages_of("contoso-orders", "vnet-external")
    (gateway,) = of_type(stages, "Microsoft.ApiManagement/service")
    wrong = {**gateway, "properties": {**gateway["properties"], **change}}
    found = arm_schema.schema_errors(corpora, wrong) + (
        arm_schema.flag_errors(corpora, wrong) or []
    )
    assert any(said in e for e in found)


def test_a_missing_sku_is_found(corpora: Path) -> None:
    (gateway,) = of_type(
        stages_of("contoso-orders", "vnet-external"), "Microsoft.ApiManagement/service"
    )
    found = arm_schema.flag_errors(corpora, {k: v for k, v in gateway.items() if k != "sku"})
    assert any("sku is required" in e for e in found or [])


def assert_sound(stage: Stage) -> None:
    """Expressions parse, parameters are declared and used, nothing waits for what is not there."""
    trees = [arm_schema.parsed(e) for e in arm_schema.expressions(stage.template)]
    called = [c for tree in trees for c in arm_schema.calls(tree)]
    assert {name for name, _ in called} <= FUNCTIONS
    used = {args[0] for name, args in called if name == "parameters"}
    assert used == set(stage.template["parameters"])
    assert set(stage.parameters["parameters"]) <= used
    assert_order(stage)


def assert_order(stage: Stage) -> None:
    """Everything waited for is made before, in the order of the template."""
    there: set[str] = set()
    for resource in stage.resources:
        for waited in resource.get("dependsOn", ()):
            assert normal(waited) in there, (stage.name, resource["name"], waited)
        there.add(identity(resource))
    assert len(there) == len(stage.resources), stage.name


def normal(expression: str) -> str:
    return placed_at(arm_schema.parsed(expression))


def placed_at(tree: Any) -> str:
    """Type and names of an id; one that extends another begins with what it extends."""
    if tree[0] == "extensionResourceId":
        on, type, *names = tree[1]
        return repr((type, tuple(names))) + placed_at(on)
    assert tree[0] == "resourceId"
    arguments = tree[1] if "/" in str(tree[1][0]) else tree[1][1:]
    return repr((arguments[0], arguments[1:]))


def extended(scope: str) -> str:
    """What a relative scope names, as an id would."""
    tree = arm_schema.parsed(scope)
    assert tree[0] == "format"
    return repr((re.sub(r"/\{\d+\}", "", tree[1][0]), tuple(tree[1][1:])))


def identity(resource: dict[str, Any]) -> str:
    name = resource["name"]
    if arm_schema.is_expression(name):
        tree = arm_schema.parsed(name)
        whole = tree[0] != "format" or resource["type"].count("/") == 1
        parts = (tree,) if whole else tree[1][1:]
    else:
        parts = tuple(arm_schema.literal(name).split("/"))
    scope = resource.get("scope", "")
    return repr((resource["type"], parts)) + (extended(scope) if scope else "")


def test_what_extends_a_resource_is_waited_for_under_its_whole_id() -> None:
    (cluster,) = (
        r
        for s in stages_of("contoso-orders", "vnet-external")
        for r in s.resources
        if r["type"] == "Microsoft.ContainerService/managedClusters"
    )
    roles = [w for w in cluster["dependsOn"] if "roleAssignments" in w]
    assert roles and all(w.startswith("[extensionResourceId(resourceId(") for w in roles)


def test_a_tier_that_cannot_is_refused_with_source_and_what_could() -> None:
    made = design_of("contoso-orders")
    refused = [(o, t) for o in OPTIONS for t in tiers() if refusal(o, t)]
    assert len(refused) + len(ABLE) == len(OPTIONS) * len(tiers())
    for wanted, small in refused:
        setting = Setting(
            workload=made.workload,
            mapping=made.mapping,
            tier=small,
            controller=controller(wanted.controller),
        )
        with pytest.raises(InputError) as error:
            arm_templates(placed(setting, wanted, True))
        sentence = str(error.value)
        assert small.name in sentence and "(source: " in sentence and " can do this" in sentence


def test_existing_cluster_without_its_network_is_refused() -> None:
    azure = Azure(existing=ExistingResources(**CLUSTER))
    made = design(workload(service("orders", "GET /orders"), azure=azure))
    with pytest.raises(InputError, match="names the cluster aks-old but no network"):
        arm_templates(made.placement("vnet-internal"))
    assert arm_templates(made.placement("public-services"))


def test_a_refusal_names_the_other_way_into_a_network() -> None:
    made = design_of("contoso-orders")
    with pytest.raises(InputError, match="Premium v2 has the network mode .*injection-v2"):
        arm_templates(placement(made, "vnet-internal", "Premium v2"))


def test_peering_with_an_existing_network_is_refused() -> None:
    azure = Azure(existing=ExistingResources(**NETWORK), gateway_network="peered", **FREE)
    where = alone(workload(service("orders", "GET /orders"), azure=azure), "vnet-internal")
    with pytest.raises(InputError, match="gateway_network is peered"):
        arm_templates(where)


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("id", IDS)
def test_stages_come_in_the_order_of_their_names(name: str, id: str) -> None:
    stages = stages_of(name, id)
    names = [s.name for s in stages]
    assert names == sorted(names)
    assert names[0] == "10-foundation" and "20-gateway" in names and "30-apis-01" in names
    for before, after in zip(stages, stages[1:], strict=False):
        assert before.name in after.needs
    assert "manifests" in stages[names.index("30-apis-01")].needs


def test_files_are_named_by_stage_and_hold_json() -> None:
    first = stages_of("contoso-orders", "vnet-internal")[0]
    (template, body), (parameters, given_values) = first.files()
    assert (template, parameters) == (
        "arm/10-foundation.json",
        "arm/10-foundation.parameters.json",
    )
    assert json.loads(body) == first.template
    assert json.loads(given_values) == first.parameters


def test_same_input_same_bytes() -> None:
    def run(made: Design) -> list[str]:
        found = [arm_templates(p) for p in made.placements]
        return [text for stages in found for s in stages for _, text in s.files()]

    assert run(design(read_workload("contoso-retail"))) == run(bundled("contoso-retail"))


RULES = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
NEWER = {"integration": "integration", "injection-v2": "v2-injection"}
"""Modes of the table of 2026, which has the vault in the place of Storage."""


def published(corpora: Path, mode: str) -> list[dict[str, str]]:
    """The rows of a mode; of those that a newer table replaces, what it may have besides."""
    file = corpora.parent / "facts" / "nsg_rules.csv"
    if not file.is_file():
        pytest.skip(f"no {file}")
    if mode not in NEWER:
        return [r for r in table(file) if r["mode"] == mode and "classic" in r["tier_family"]]
    newer = table(file.with_name("nsg_rules_2026.csv"))
    injected = [r for r in table(file) if r["tier_family"] == "Premium v2 (injection)"]
    besides = [{**r, "required": "no"} for r in injected] if mode == "injection-v2" else []
    return [r for r in newer if r["mode"] == NEWER[mode]] + besides


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def as_rule(row: dict[str, str]) -> tuple[str, ...]:
    def place(word: str) -> str:
        if "subnet prefix" in word and ("apim" in word or "integration" in word):
            return "<gateway-subnet>"
        if "client subnet" in word or "client prefix" in word:
            return "<consumers>"
        return "<ingress>" if "AKS" in word else word

    protocol = {"TCP": "Tcp", "UDP": "Udp"}.get(row["protocol"], "*")
    port = row["dest_port"]
    ends = place(row["source_prefix"]), place(row["dest_prefix"])
    return row["direction"], protocol, *ends, "" if "<ingress>" in ends else port


def our_rules(where: Placement) -> list[tuple[str, ...]]:
    """Our rules in the words of the rows: real prefixes stand for exactly one place."""
    ground = site(where)
    words = {prefix(w, ground): w for w in ("<gateway-subnet>", "<ingress>", "<consumers>")}
    group = gateway_group(arm_templates(ground.drawn))
    return [_as_word(r["properties"], words) for r in group["properties"]["securityRules"]]


GROUPS = "Microsoft.Network/networkSecurityGroups"


def gateway_group(stages: tuple[Stage, ...]) -> dict[str, Any]:
    """The security group of the gateway's subnet; an edge has one of its own."""
    return next(g for g in of_type(stages, GROUPS) if g["name"] == "nsg-apim")


def _as_word(rule: dict[str, Any], words: dict[str, str]) -> tuple[str, ...]:
    source, target = rule["sourceAddressPrefix"], rule["destinationAddressPrefix"]
    ports = rule.get("destinationPortRanges") or [rule["destinationPortRange"]]
    ends = words.get(source, source), words.get(target, target)
    port = "" if "<ingress>" in ends else ",".join(ports)
    return rule["direction"], rule["protocol"], *ends, port


BESIDES = {
    ("Outbound", "Tcp", "VirtualNetwork", "Internet", "443"),
    ("Inbound", "*", "*", "*", "*"),
    ("Inbound", "Tcp", "AzureLoadBalancer", "<gateway-subnet>", "80"),
}
"""Not in Microsoft's tables of a mode: the metadata of an issuer that is not Entra ID, the denial,
and the health of an injected gateway, which is in the table of workspace gateways alone."""


@pytest.mark.parametrize("zones", [False, True])
@pytest.mark.parametrize("id", RULES)
def test_security_rules_are_those_of_the_mode_and_none_is_wider(
    corpora: Path, id: str, zones: bool
) -> None:
    wanted = Requirements(availability_zones=zones)
    where = alone(replace(workload_of("contoso-retail"), requirements=wanted), id)
    rows = published(corpora, option(id).mode)
    always = [r for r in rows if re.match("yes(?! if)", r["required"])]
    required = {as_rule(r) for r in always}
    allowed = {as_rule(r) for r in rows}
    ours = our_rules(where)
    assert required - set(ours) == set()
    assert set(ours) - allowed <= BESIDES
    assert len(ours) == len(set(ours))


@pytest.mark.parametrize("id", RULES)
def test_allows_stand_above_the_denial(id: str) -> None:
    for group in of_type(stages_of("contoso-retail", id), GROUPS):
        rules = [r["properties"] for r in group["properties"]["securityRules"]]
        keys = [(r["direction"], r["priority"]) for r in rules]
        assert len(keys) == len(set(keys))
        highest = max((r["priority"] for r in rules if r["access"] == "Allow"), default=0)
        denied = [r for r in rules if r["access"] == "Deny"]
        assert all(r["direction"] == "Inbound" and r["priority"] > highest for r in denied)


SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
NETWORKS = "Microsoft.Network/virtualNetworks"


@pytest.mark.parametrize("situation", ["new", "peered", "existing-network", "existing-cluster"])
@pytest.mark.parametrize("id", IDS)
def test_subnets_are_children_one_after_another(id: str, situation: str) -> None:
    stages = stages_of("contoso-retail", id, situation)
    assert all("subnets" not in n["properties"] for n in of_type(stages, NETWORKS))
    made = [r for r in stages[0].resources if SUBNETS in makes(r)]
    for before, after in zip(made, made[1:], strict=False):
        assert identity(before) in {normal(w) for w in after["dependsOn"]}


def makes(resource: dict[str, Any]) -> set[str]:
    """The types that a resource of a template makes, there or in another group."""
    inside = resource["properties"].get("template", {}).get("resources", [resource])
    return {r["type"] for r in inside}


@pytest.mark.parametrize("id", RULES)
def test_the_gateways_subnet_is_what_its_mode_wants(id: str) -> None:
    made = design_of("contoso-retail")
    mode = network_mode(option(id).mode)
    (subnet,) = [
        s for s in of_type(arm_templates(made.placement(id)), SUBNETS) if "snet-apim" in s["name"]
    ]
    body = subnet["properties"]
    assert IPv4Network(body["addressPrefix"]).prefixlen <= int(mode.subnet_minimum[1:])
    assert "networkSecurityGroup" in body
    delegated = [d["properties"]["serviceName"] for d in body.get("delegations", ())]
    assert delegated == ([mode.delegation] if mode.delegation else [])


def test_networks_that_are_peered_do_not_overlap() -> None:
    stages = stages_of("contoso-retail", "vnet-internal", "peered")
    spaces = [
        [IPv4Network(p) for p in n["properties"]["addressSpace"]["addressPrefixes"]]
        for n in of_type(stages, NETWORKS)
    ]
    assert len(spaces) == 2
    assert not any(a.overlaps(b) for a in spaces[0] for b in spaces[1])
    assert len(of_type(stages, f"{NETWORKS}/virtualNetworkPeerings")) == 2
    links = of_type(stages, f"{ZONES}/virtualNetworkLinks")
    assert len(links) == 2 * len(of_type(stages, ZONES))


ZONES = "Microsoft.Network/privateDnsZones"


@pytest.mark.parametrize("id", RULES)
def test_private_zones_are_exact_names_with_a_record_at_the_apex(id: str) -> None:
    made = design_of("contoso-retail")
    stages = arm_templates(made.placement(id))
    zones = {z["name"] for z in of_type(stages, ZONES)}
    assert zones == {n.name for n in made.placement(id).topology.names if n.private}
    assert not zones & {"azure-api.net", "internal", "contoso-retail.internal"}
    assert {r["name"] for r in of_type(stages, f"{ZONES}/A")} == {f"{z}/@" for z in zones}
    plan = {a.host: a.address for a in site(made.placement(id)).plan.load_balancers}
    for record in of_type(stages[0], f"{ZONES}/A"):
        address = record["properties"]["aRecords"][0]["ipv4Address"]
        assert address == plan[record["name"].removesuffix("/@")]


def test_public_back_ends_have_their_address_before_their_load_balancer() -> None:
    made = design_of("contoso-retail")
    for id in ("public-services", "ingress-mtls"):
        where = made.placement(id)
        plan = site(where).plan
        found = of_type(arm_templates(where), "Microsoft.Network/publicIPAddresses")
        assert [a["name"] for a in found] == [a.name for a in plan.public_addresses] != []
        for address in found:
            assert address["sku"]["name"] == "Standard"
            assert address["properties"]["publicIPAllocationMethod"] == "Static"
            assert address["properties"]["dnsSettings"]["domainNameLabel"]


@pytest.mark.parametrize("id", IDS)
def test_the_cluster_has_what_the_manifests_need(id: str) -> None:
    made = design_of("contoso-retail")
    (cluster,) = of_type(arm_templates(made.placement(id)), CLUSTERS)
    body = cluster["properties"]
    assert body["networkProfile"]["networkPolicy"] == body["networkProfile"]["networkDataplane"]
    assert body["networkProfile"]["networkPluginMode"] == "overlay"
    assert body["securityProfile"]["workloadIdentity"]["enabled"]
    assert body["addonProfiles"]["azureKeyvaultSecretsProvider"]["enabled"]
    assert body["disableLocalAccounts"] and body["aadProfile"]["managed"]
    ingress = made.placement(id).topology.of_kind(Kind.INGRESS)
    assert bool({"serviceMeshProfile", "ingressProfile"} & set(body)) == bool(ingress)


CLUSTERS = "Microsoft.ContainerService/managedClusters"


@pytest.mark.parametrize(
    ("id", "mode"), [("ingress-mtls", "External"), ("vnet-internal", "Internal")]
)
def test_the_mesh_gateway_listens_where_the_design_draws_it(id: str, mode: str) -> None:
    wanted = Requirements(service_mesh=True)
    where = alone(replace(workload_of("contoso-orders"), requirements=wanted), id)
    (cluster,) = of_type(arm_templates(where), CLUSTERS)
    istio = cluster["properties"]["serviceMeshProfile"]["istio"]
    assert istio["components"]["ingressGateways"] == [{"enabled": True, "mode": mode}]


@pytest.mark.parametrize("name", ["s", "a-name-of-thirty-nine-characters-in-all-"])
def test_the_group_of_the_nodes_has_a_name_that_aks_takes(name: str) -> None:
    found = replace(workload_of("contoso-orders"), name=name.strip("-"))
    far = replace(found.azure, name_suffix="", region="x" * 20)
    where = alone(replace(found, azure=far), "ingress-mtls")
    (cluster,) = of_type(arm_templates(where), CLUSTERS)
    function, parts = arm_schema.parsed(cluster["properties"]["nodeResourceGroup"])
    assert function == "format" and parts[0] == "rg-{0}-nodes-{1}"
    ground = site(where)
    assert len(parts[0].format(ground.cluster, "u" * 13)) <= 80


def test_zones_are_the_deployers_to_change_where_a_region_has_none() -> None:
    (first, *_) = stages_of("contoso-orders", "ingress-mtls")
    assert first.template["parameters"]["availabilityZones"]["defaultValue"] == ["1", "2", "3"]
    (cluster,) = of_type(first, CLUSTERS)
    zones = {p["availabilityZones"] for p in cluster["properties"]["agentPoolProfiles"]}
    zones |= {a["zones"] for a in of_type(first, "Microsoft.Network/publicIPAddresses")}
    assert zones == {"[parameters('availabilityZones')]"}


ROLES_BY_ID = (
    *((r.definition, r) for r in facts.arm_roles()),
    *((definition_id("apim-orders01", r), r) for r in custom_roles()),
)


def test_a_role_assignment_says_which_role_its_id_is() -> None:
    for id in IDS:
        for role in of_type(stages_of("contoso-orders", id), ROLES):
            (row,) = {
                r.role for id, r in ROLES_BY_ID if id in role["properties"]["roleDefinitionId"]
            }
            assert role["comments"].startswith(f"{row}: ")


@pytest.mark.parametrize("id", RULES)
def test_a_rule_that_follows_the_back_ends_has_no_port_in_its_name(id: str) -> None:
    group = gateway_group(stages_of("contoso-retail", id))
    names = [r["name"] for r in group["properties"]["securityRules"]]
    assert f"{option(id).mode}-out-ingress" in names
    assert not any("443-ingress" in n for n in names)


def test_a_private_api_server_is_built_where_it_is_asked_for() -> None:
    wanted = Requirements(private_api_server=True)
    where = alone(replace(workload_of("contoso-orders"), requirements=wanted), "vnet-external")
    (cluster,) = of_type(arm_templates(where), CLUSTERS)
    access = cluster["properties"]["apiServerAccessProfile"]
    assert access["enablePrivateCluster"] and "authorizedIPRanges" not in access
    (usual,) = of_type(stages_of("contoso-orders", "vnet-external"), CLUSTERS)
    usual_access = usual["properties"]["apiServerAccessProfile"]
    assert usual_access["authorizedIPRanges"] == "[parameters('authorizedRanges')]"


@pytest.mark.parametrize("situation", ["existing-cluster", "all-existing", "existing-network"])
@pytest.mark.parametrize("id", IDS)
def test_what_is_there_is_never_declared_again(id: str, situation: str) -> None:
    types = {
        "cluster": CLUSTERS,
        "network": NETWORKS,
        "api_management": "Microsoft.ApiManagement/service",
        "key_vault": "Microsoft.KeyVault/vaults",
    }
    stages = stages_of("contoso-retail", id, situation)
    there = SITUATIONS[situation]["existing"]
    for what, kind in types.items():
        assert getattr(there, what) is None or of_type(stages, kind) == [], what
    if situation == "all-existing":
        assert of_type(stages, "Microsoft.ApiManagement/service/policies") == []
        assert of_type(stages, "Microsoft.ApiManagement/service/diagnostics") == []
        beside = [s for s in stages[1:] if s.name != "24-edge"]
        assert {s.resource_group for s in beside} == {"rg-apim"}


def test_what_is_elsewhere_is_reached_by_group() -> None:
    stages = stages_of("contoso-retail", "vnet-internal", "existing-network")
    groups = {
        r["resourceGroup"]
        for r in stages[0].resources
        if r["type"] == "Microsoft.Resources/deployments"
    }
    assert groups == {GROUP}
    (gateway,) = of_type(stages, "Microsoft.ApiManagement/service")
    subnet = gateway["properties"]["virtualNetworkConfiguration"]["subnetResourceId"]
    assert subnet.startswith(f"[resourceId('{GROUP}', ")


@pytest.mark.parametrize("id", IDS)
def test_the_gateway_is_open_when_it_is_created_and_checks_its_back_ends(id: str) -> None:
    stages = stages_of("contoso-retail", id)
    (gateway,) = of_type(stages, "Microsoft.ApiManagement/service")
    assert gateway["properties"]["publicNetworkAccess"] == "Enabled"
    assert gateway["identity"] == {"type": "SystemAssigned"}
    for backend in of_type(stages, "Microsoft.ApiManagement/service/backends"):
        body = backend["properties"]
        assert body["url"].startswith("https://") == ("tls" in body)
        assert all(v is not False for v in body.get("tls", {}).values())
        assert not re.match(r"https?://[\d.]+(:|$)", body["url"])
    assert 'validateCertificateChain": false' not in json.dumps([s.template for s in stages])


def test_certificates_are_read_from_the_vault_without_a_version_in_a_second_pass() -> None:
    stages = stages_of("contoso-retail", "ingress-mtls")
    assert [s.name for s in stages][1:3] == ["20-gateway", "22-gateway-certificates"]
    (certificate,) = of_type(stages[2], "Microsoft.ApiManagement/service/certificates")
    secret = certificate["properties"]["keyVault"]["secretIdentifier"]
    assert arm_schema.parsed(secret)[1][0] == "https://{0}{1}/secrets/{2}"
    role = of_type(stages[1], "Microsoft.Authorization/roleAssignments")
    assert len(role) == 1 and role[0]["properties"]["principalType"] == "ServicePrincipal"
    assert "certificates" in stages[2].needs


def test_the_client_certificate_is_shown_by_the_policy_alone() -> None:
    stages = stages_of("contoso-retail", "ingress-mtls")
    (backend,) = of_type(stages, "Microsoft.ApiManagement/service/backends")
    assert "credentials" not in backend["properties"]
    fragments = of_type(stages, "Microsoft.ApiManagement/service/policyFragments")
    shown = [f for f in fragments if "authentication-certificate" in f["properties"]["value"]]
    assert len(shown) == 1


def test_policies_are_written_as_escaped_xml() -> None:
    for kind in ("policies", "policyFragments", "apis/policies", "apis/operations/policies"):
        found = of_type(
            stages_of("contoso-retail", "ingress-mtls"), f"Microsoft.ApiManagement/service/{kind}"
        )
        assert found
        assert {r["properties"]["format"] for r in found} == {"xml"}
        assert all(ElementTree.fromstring(r["properties"]["value"]) is not None for r in found)


def test_any_method_is_one_operation_for_each() -> None:
    stages = stages_of("contoso-retail", "ingress-mtls")
    operations = of_type(stages, "Microsoft.ApiManagement/service/apis/operations")
    wild = [o["properties"]["method"] for o in operations if o["properties"]["urlTemplate"] == "/*"]
    assert wild == ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
    assert len({o["name"] for o in operations}) == len(operations)


def test_the_policy_of_any_method_belongs_to_each() -> None:
    small = workload(
        service("web", type=ServiceType.LOAD_BALANCER),
        service("catalog", "GET /catalog", "GET /catalog/{id}"),
        apis={"all": {"services": ["web", "catalog"]}},
    )
    stages = arm_templates(alone(small, "vnet-external"))
    kind = "Microsoft.ApiManagement/service/apis/operations"
    operations = [o["name"].removesuffix(")]") for o in of_type(stages, kind)]
    policies = [p["name"] for p in of_type(stages, f"{kind}/policies")]
    found = [p.replace("/{3}", "").removesuffix(", 'policy')]") for p in policies]
    assert len(operations) == 7 + 6  # any call below the root, and at it but for GET
    assert found == operations


def test_an_own_host_name_comes_in_the_second_pass() -> None:
    inside = replace(workload_of("contoso-retail", "own-name"), consumers=(Consumer.SAME_VNET,))
    stages = arm_templates(alone(inside, "vnet-internal"))
    first, second = of_type(stages, "Microsoft.ApiManagement/service")
    assert "hostnameConfigurations" not in first["properties"]
    (host,) = second["properties"]["hostnameConfigurations"]
    assert host["hostName"] == "api.contoso.com"
    unchanged = {k: v for k, v in second["properties"].items() if k != "hostnameConfigurations"}
    assert unchanged == first["properties"]
    assert "api.contoso.com" in {z["name"] for z in of_type(stages, ZONES)}


def test_zones_bring_as_many_units_and_a_public_address() -> None:
    wanted = Requirements(availability_zones=True)
    where = alone(replace(workload_of("contoso-orders"), requirements=wanted), "vnet-internal")
    stages = arm_templates(where)
    (gateway,) = of_type(stages, "Microsoft.ApiManagement/service")
    assert gateway["sku"]["capacity"] >= len(gateway["zones"]) >= 2
    assert "publicIpAddressId" in gateway["properties"]


@pytest.mark.parametrize(
    ("id", "network_type"), [("v2-integration", "External"), ("v2-injection", "Internal")]
)
def test_premium_v2_is_written_in_the_marked_preview(id: str, network_type: str) -> None:
    made = design_of("contoso-orders")
    where = placement(made, id, "Premium v2")
    (gateway,) = of_type(arm_templates(where), "Microsoft.ApiManagement/service")
    assert gateway["apiVersion"].endswith("-preview") and "Preview" in gateway["comments"]
    assert gateway["sku"]["name"] == "PremiumV2"
    assert gateway["properties"]["virtualNetworkType"] == network_type
    assert "publicIpAddressId" not in gateway["properties"]
    (usual,) = of_type(
        stages_of("contoso-orders", "v2-integration"), "Microsoft.ApiManagement/service"
    )
    assert usual["apiVersion"] == "2024-05-01"
    assert usual["properties"]["virtualNetworkType"] == "External"


def with_private_entry() -> tuple[Design, Placement]:
    """A v2 gateway whose consumers come by a private endpoint."""
    pins = (("v2-integration", Pin(inbound="private-endpoint", edge="none")),)
    made = design(replace(workload_of("contoso-orders"), pins=pins))
    return made, made.placement("v2-integration")


def allowed() -> Iterator[tuple[str, Choices]]:
    """Every option with each combination of its choices."""
    plain = workload_of("contoso-orders")
    mapping = map_services(plain)
    for one in OPTIONS:
        for _, setting in settings_of(plain, mapping, one):
            yield one.id, setting.choices


VARIANTS = tuple(allowed())


def test_every_combination_is_one_that_a_design_weighs() -> None:
    weighed = design_of("contoso-orders").variants
    assert [(v.option.id, v.choices) for v in weighed] == list(VARIANTS)


def tried(id: str, choices: Choices, situation: str) -> tuple[str, ...]:
    """The tiers that the combination is built on: all in `make proof`, else the usual one and, in
    an existing cluster, the dearest; no name where nobody pins one."""
    able = [t.name for t in tiers() if takes(t.name, id, choices)]
    if situation not in ("new", "existing-cluster"):
        return ("",)
    return tuple(able) if SEED else ("" if situation == "new" else able[-1],)


def takes(tier_name: str, id: str, choices: Choices) -> bool:
    plain = replace(workload_of("contoso-orders"), pins=((id, pinned(tier_name, choices)),))
    try:
        return bool(settings_of(plain, map_services(plain), option(id)))
    except InputError:
        return False


def pinned(tier_name: str, choices: Choices) -> Pin:
    return Pin(tier_name, edge=choices.edge, inbound=choices.inbound, entry=choices.entry)


def drawn_on(tier_name: str, id: str, choices: Choices, situation: str) -> Placement:
    pins = ((id, pinned(tier_name, choices)),)
    asked = replace(workload_of("contoso-orders", situation), pins=pins)
    return alone(asked, id)


def assert_kept(drawn: Placement) -> None:
    """What the files open is drawn."""
    proof = drawn.proved.proof
    assert proof and not drawn.proved.refused
    services = {s.id: s for s in proof.site.scene.services}
    for id, claim in claims(drawn).items():
        assert not any(map(claim.broken_by, proof.of(services[id])))


@pytest.fixture(scope="module")
def schema(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> PolicySchema:
    return PolicySchema(corpora, tmp_path_factory.mktemp("xsd"))


@pytest.mark.parametrize("situation", ["new", "existing-cluster", "own-name", "all-existing"])
@pytest.mark.parametrize(("id", "choices"), VARIANTS, ids=lambda v: getattr(v, "words", v))
def test_every_combination_of_choices_is_built_as_the_schemas_want_it(
    corpora: Path, schema: PolicySchema, id: str, choices: Choices, situation: str
) -> None:
    drawn = [drawn_on(t, id, choices, situation) for t in tried(id, choices, situation)]
    where = drawn[0]
    assert {w.choices for w in drawn} == {choices}
    if situation == "all-existing" and choices.inbound == "private-endpoint":
        with pytest.raises(InputError, match="public access of an existing instance"):
            arm_templates(where)
        return
    for one in drawn:
        assert problems(corpora, arm_templates(one)) == []
        assert schema.findings(policies(one)) == []
        assert_kept(one)
    stages = arm_templates(where)
    closed = [s.name for s in stages if s.name == "40-close"]
    assert bool(closed) == (choices.inbound == "private-endpoint")
    edges = of_type(stages, "Microsoft.Network/applicationGateways")
    assert bool(edges) == (choices.edge == "application-gateway")
    fronts = of_type(stages, "Microsoft.Cdn/profiles")
    assert bool(fronts) == (choices.edge == "front-door")
    if fronts:
        assert_front_door(where, stages, "api.contoso.com" if situation == "own-name" else "")
    for edge in edges:
        (listener,) = edge["properties"]["httpListeners"]
        own = situation == "own-name"
        assert listener["properties"]["hostName"] == (
            "api.contoso.com" if own else where.topology.names[0].name
        )


def assert_front_door(where: Placement, stages: tuple[Stage, ...], own: str) -> None:
    """A firewall in prevention before every name, the gateway by its name, by HTTPS alone."""
    (wall,) = of_type(stages, "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies")
    assert wall["properties"]["policySettings"]["mode"] == "Prevention"
    (rules,) = wall["properties"]["managedRules"]["managedRuleSets"]
    assert (rules["ruleSetType"], rules["ruleSetAction"]) == ("Microsoft_DefaultRuleSet", "Block")
    (group,) = of_type(stages, "Microsoft.Cdn/profiles/originGroups")
    probe = group["properties"]["healthProbeSettings"]
    assert (probe["probePath"], probe["probeProtocol"]) == ("/status-0123456789abcdef", "Https")
    (origin,) = of_type(stages, "Microsoft.Cdn/profiles/originGroups/origins")
    called = origin["properties"]
    assert called["hostName"] == called["originHostHeader"]
    assert ".azure-api.net" in called["hostName"] and called["enforceCertificateNameCheck"] is True
    private = where.choices.inbound == "private-endpoint"
    assert ("sharedPrivateLinkResource" in called) == private
    (route,) = of_type(stages, "Microsoft.Cdn/profiles/afdEndpoints/routes")
    assert route["properties"]["forwardingProtocol"] == "HttpsOnly"
    assert route["properties"]["supportedProtocols"] == ["Https"]
    assert [d["properties"]["hostName"] for d in of_type(stages, CUSTOM)] == ([own] if own else [])
    (guard,) = of_type(stages, "Microsoft.Cdn/profiles/securityPolicies")
    (names,) = guard["properties"]["parameters"]["associations"]
    assert len(names["domains"]) == (2 if own else 1)
    closing = [s for s in stages if s.name == "40-close"]
    assert [("approval" in s.needs) for s in closing] == ([True] if private else [])
    assert not of_type(stages, "Microsoft.Network/privateEndpoints")
    for rule in (r for g in of_type(stages, GROUPS) for r in g["properties"]["securityRules"]):
        told = rule["properties"]
        if told["direction"] == "Inbound" and told.get("destinationPortRange") == "443":
            assert told["sourceAddressPrefix"] == "AzureFrontDoor.Backend"


CUSTOM = "Microsoft.Cdn/profiles/customDomains"


def test_where_front_door_makes_no_endpoint_the_deployer_names_the_nearest_region() -> None:
    pins = (("v2-integration", Pin(edge="front-door", inbound="private-endpoint")),)
    asked = replace(workload_of("contoso-orders"), pins=pins)
    for region, named in (("westeurope", False), ("spaincentral", True)):
        here = replace(asked, azure=replace(asked.azure, region=region))
        stages = arm_templates(alone(here, "v2-integration"))
        edge = next(s for s in stages if s.name == "24-edge")
        assert ("privateLinkRegion" in edge.asked) == named


@pytest.mark.parametrize("inside", [False, True])
def test_the_edge_is_a_firewall_in_prevention_that_calls_the_gateway_by_its_name(
    corpora: Path, inside: bool
) -> None:
    place = Consumer.SAME_VNET if inside else Consumer.INTERNET
    wanted = Requirements(web_application_firewall=True)
    asked = replace(workload_of("contoso-orders"), consumers=(place,), requirements=wanted)
    where = alone(asked, "vnet-internal")
    stages = arm_templates(where)
    (edge,) = of_type(stages, "Microsoft.Network/applicationGateways")
    kind = "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"
    (firewall,) = of_type(stages, kind)
    assert firewall["properties"]["policySettings"]["mode"] == "Prevention"
    properties = edge["properties"]
    (probe,) = properties["probes"]
    assert probe["properties"]["path"] == "/status-0123456789abcdef"
    (settings,) = properties["backendHttpSettingsCollection"]
    assert settings["properties"]["pickHostNameFromBackendAddress"] is True
    assert properties["sslPolicy"]["policyName"] == "AppGwSslPolicy20220101"
    (listener,) = properties["httpListeners"]
    front = listener["properties"]["frontendIPConfiguration"]["id"]
    assert ("'private'" in front) == inside
    group = next(g for g in of_type(stages, GROUPS) if g["name"] == "nsg-edge")
    rules = {r["name"]: r["properties"] for r in group["properties"]["securityRules"]}
    assert rules["application-gateway-in-65200"]["destinationPortRange"] == "65200-65535"
    assert ("application-gateway-in-443-internet" in rules) == (not inside)
    subnet = site(where).range("edge").prefix
    own = gateway_group(stages)["properties"]["securityRules"]
    (call,) = [r["properties"] for r in own if r["name"] == "internal-in-443"]
    assert call["sourceAddressPrefix"] == subnet
    assert problems(corpora, stages) == []


def test_public_access_is_closed_only_where_a_private_endpoint_is(corpora: Path) -> None:
    made, where = with_private_entry()
    stages = arm_templates(where)
    assert stages[-1].name == "40-close"
    first, last = of_type(stages, "Microsoft.ApiManagement/service")
    accesses = [r["properties"]["publicNetworkAccess"] for r in (first, last)]
    assert accesses == ["Enabled", "Disabled"]
    assert len(of_type(stages, "Microsoft.Network/privateEndpoints")) == 1
    assert problems(corpora, stages) == []
    for name in WORKLOADS:
        for id in IDS:
            assert not any(s.name == "40-close" for s in stages_of(name, id))


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("id", IDS)
def test_children_of_the_gateway_are_written_one_after_another(name: str, id: str) -> None:
    for stage in stages_of(name, id)[1:]:
        children = [r for r in stage.resources if "ApiManagement/service/" in r["type"]]
        for before, after in zip(children, children[1:], strict=False):
            waited = {normal(w) for w in after["dependsOn"]}
            assert identity(before) in waited, (stage.name, after["name"])


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("id", IDS)
def test_every_api_is_imported_linked_and_asks_for_a_key(name: str, id: str) -> None:
    made = design_of(name)
    stages = arm_templates(made.placement(id))
    found = of_type(stages, "Microsoft.ApiManagement/service/apis")
    assert len(found) == len(made.mapping.apis)
    for api in found:
        body = api["properties"]
        assert body["protocols"] == ["https"] and body["subscriptionRequired"] is True
        if "value" in body:
            assert body["format"] == "openapi+json"
            assert body["translateRequiredQueryParameters"] == "query"
            assert json.loads(arm_schema.literal(body["value"]))["openapi"].startswith("3.0")
        assert ("apiVersion" in body) == ("apiVersionSetId" in body)
    links = of_type(stages, "Microsoft.ApiManagement/service/products/apiLinks")
    named = [tuple(arm_schema.parsed(link["name"])[1][2:]) for link in links]
    assert named == [(p.id, a) for p in products(made.workload, made.mapping) for a in p.apis]


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("id", IDS)
def test_operation_policies_address_operations_that_exist(name: str, id: str) -> None:
    stages = stages_of(name, id)
    known: set[tuple[str, str]] = set()
    for api in of_type(stages, "Microsoft.ApiManagement/service/apis"):
        _, _, api_id = arm_schema.parsed(api["name"])[1]
        paths = json.loads(api["properties"].get("value", '{"paths": {}}'))["paths"]
        ids = (o["operationId"] for item in paths.values() for o in item.values())
        known |= {(api_id, re.sub(r"[^a-z0-9]+", "-", i.lower()).strip("-")) for i in ids}
    for operation in of_type(stages, "Microsoft.ApiManagement/service/apis/operations"):
        known.add(arm_schema.parsed(operation["name"])[1][2:])
    for made in of_type(stages, "Microsoft.ApiManagement/service/apis/operations/policies"):
        assert arm_schema.parsed(made["name"])[1][2:4] in known


def test_outputs_and_bodies_hold_no_secret() -> None:
    for name in WORKLOADS:
        for situation in SITUATIONS:
            for id in IDS:
                for stage in stages_of(name, id, situation):
                    words = json.dumps(stage.template) + json.dumps(stage.parameters)
                    assert not re.search(r"list(Keys|Secrets|Credentials)|PRIVATE KEY", words)
                    assert "primaryKey" not in words and "connectionString" not in words
                    assert not re.search(r"[0-9a-f]{8}-0{4}", words)


def many(count: int) -> Workload:
    services = []
    for n in range(count):
        operations = (f"GET /r{n}", f"POST /r{n}", f"GET /r{n}/{{id}}")
        answer = {"responses": {"200": {"description": "done"}}}
        identified = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        paths = {
            f"/r{n}": {"get": answer, "post": answer},
            f"/r{n}/{{id}}": {"get": {"parameters": [identified], **answer}},
        }
        body = {"openapi": "3.0.3", "info": {"title": f"S{n}", "version": "1"}, "paths": paths}
        described = replace(document(*operations), file=f"s{n}.json", body=body)
        services.append(service(f"s{n}", documents=(described,)))
    return workload(*services)


def test_500_services_stay_within_the_limits_of_a_template() -> None:
    found = many(500)
    mapping = map_services(found)
    wanted = [(option(id), tier(t)) for id, t in (("public-services", "Premium"), *BIG)]
    for chosen, size in wanted:
        setting = Setting(
            workload=found, mapping=mapping, tier=size, controller=controller(chosen.controller)
        )
        where = placed(setting, chosen, True)
        stages = arm_templates(where)  # type: ignore[arg-type]
        for stage in stages:
            assert len(stage.resources) <= template_limit("resources").number
            assert len(stage.files()[0][1].encode()) <= template_limit("template").number
            for resource in stage.resources:
                assert len(json.dumps(resource).encode()) <= template_limit("resource").number
            assert_order(stage)
        assert len(of_type(stages, "Microsoft.ApiManagement/service/apis")) == 500


BIG = (("vnet-internal", "Premium"),)


def test_outputs_come_with_the_last_part() -> None:
    resources = tuple(
        Resource(type="Microsoft.Network/virtualNetworks", names=(f"n{n}",)) for n in range(900)
    )
    draft = Draft("10-foundation", resources, "", outputs=(("place", Code("resourceGroup().id")),))
    found = stages(draft, (), "rg")
    assert [s.name for s in found] == ["10-foundation", "10-foundation-02"]
    assert ["outputs" in s.template for s in found] == [False, True]
    assert found[1].needs == ("10-foundation",)


def test_a_big_document_begins_another_template() -> None:
    body = {"properties": {"value": "x" * 900_000}}
    resources = tuple(
        Resource(type="Microsoft.ApiManagement/service/apis", names=(f"a{n}",), body=body)
        for n in range(9)
    )
    found = stages(Draft("30-apis", resources, "", numbered=True), (), "rg")
    assert [s.name for s in found] == ["30-apis-01", "30-apis-02", "30-apis-03"]
    assert all(len(s.files()[0][1]) < 4_000_000 for s in found)


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "[resourceId('x')]",
            "[concat('a', parameters('gatewayName'))]",
            "[[twice]",
            "[open",
            "it's ' quoted '",
            "@(context) {{value}} <b>&\"'",
            "line\nbreak]",
            "]",
            "{0} {1}",
            "[",
        ]
    ),
)


@given(HOSTILE)
def test_text_stays_text(value: str) -> None:
    there = text(value)
    assert not arm_schema.is_expression(there)
    assert arm_schema.literal(there) == value
    assert data({value: [value]}) == {there: [there]}


@given(st.lists(HOSTILE, min_size=1, max_size=3))
def test_text_in_an_expression_stays_text(values: list[str]) -> None:
    made = joined((parameter("gatewayName"), *values))
    name, arguments = arm_schema.parsed(made)
    assert name == "format" and arguments[2:] == tuple(values)
    assert quoted(values[0]) == "'" + values[0].replace("'", "''") + "'"


@examples(20)
@given(HOSTILE, HOSTILE)
def test_input_is_never_evaluated(title: str, summary: str) -> None:
    usual, odd = hostile("Plain", "Plain"), hostile(title, summary)
    for calm, wild in zip(usual, odd, strict=True):
        assert_sound(wild)
        assert shapes(calm) == shapes(wild)


def shapes(stage: Stage) -> list[str]:
    """The functions of every expression, in order: what a template evaluates."""
    trees = [arm_schema.parsed(e) for e in arm_schema.expressions(stage.template)]
    return [" ".join(name for name, _ in arm_schema.calls(tree)) for tree in trees]


def hostile(title: str, summary: str) -> tuple[Stage, ...]:
    body = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": summary},
        "paths": {
            "/orders": {"get": {"summary": summary, "responses": {"200": {"description": title}}}}
        },
    }
    described = replace(document("GET /orders"), title=title, file="a.json", body=body)
    plain = service("web")
    found = workload(service("orders", documents=(described,)), plain)
    found = replace(
        found,
        title=title,
        publish=("shop/orders",),
        apis={},
        azure=Azure(publisher_name=summary, existing=ExistingResources(key_vault=VAULT)),
    )
    return arm_templates(alone(found, "vnet-internal"))


VAULT = Existing("kv'[old]", "rg'[old]")


def test_hostile_titles_are_shown_as_they_are() -> None:
    title = "[concat('a')]"
    stages = hostile(title, "x")
    (product,) = of_type(stages, "Microsoft.ApiManagement/service/products")
    assert arm_schema.literal(product["properties"]["displayName"]) == title


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("id", IDS)
def test_the_certificates_step_names_each_certificate_and_no_secret(name: str, id: str) -> None:
    made = design_of(name)
    where = made.placement(id)
    commands = certificate_commands(certificates_step(where))
    owned = {c.id for c in where.topology.of_kind(Kind.SERVICE)}
    asked = [c for c in where.topology.certificates if c.held_by not in owned]
    assert bool(commands) == bool(asked)
    assert sum(" certificate create " in c or " secret set " in c for c in commands) == len(asked)
    assert all(c.startswith("az ") for c in commands)
    assert not any("--password" in c or "--value" in c for c in commands)
    if commands:
        assert "network-rule remove" in commands[-1]


def test_prerequisites_list_what_an_existing_cluster_lacks() -> None:
    made = design_of("contoso-retail", "all-existing")
    steps = prerequisites(made.placement("ingress-mtls"))
    words = " ".join(s.what for s in steps)
    assert "The cluster aks-old has a network policy engine" in words
    for said in ("network policy engine", "Key Vault provider", "workload identity", "identity"):
        assert said in words
    assert all(s.interruption and s.source for s in steps)
    assert any("aks-old" in s.command and GROUP in s.command for s in steps)
    fresh = design_of("contoso-retail")
    few = prerequisites(fresh.placement("vnet-internal"))
    assert all("Whoever deploys" in s.what for s in few)


def test_an_option_of_the_readers_own_is_built_too(corpora: Path) -> None:
    made = design(read_workload("contoso-orders"), (toy_option.OPTION,))
    stages = arm_templates(made.placement("toy"))
    assert [s.name for s in stages] == ["10-foundation", "20-gateway", "30-apis-01"]
    assert problems(corpora, stages) == []


def test_nobody_guesses_what_only_the_deployer_knows() -> None:
    stages = {s.name: s for s in stages_of("contoso-retail", "vnet-internal")}
    assert "publisherEmail" in stages["20-gateway"].asked
    assert "backendAuthority" in stages["20-gateway"].asked
    named = stages_of("contoso-retail", "vnet-internal", "own-name")
    assert not any("publisherEmail" in s.asked for s in named)


def test_roles_are_ids_and_every_mode_and_controller_has_its_row() -> None:
    for role in facts.arm_roles():
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", role.definition)
    modes = {m.id for m in facts.network_modes()}
    assert {t.id for t in facts.network_types()} == modes
    generated = {c.id for c in facts.controllers() if c.generated != "no"}
    assert generated - {"none"} <= {a.id for a in facts.controller_add_ons()}


def test_a_cluster_waits_for_what_is_made_in_other_groups() -> None:
    stages = stages_of("contoso-retail", "vnet-internal", "existing-network")
    (cluster,) = (r for r in stages[0].resources if r["type"] == CLUSTERS)
    there = [r for r in stages[0].resources if r["type"].endswith("/deployments")]
    waited = {normal(w) for w in cluster["dependsOn"]}
    before = [r for r in there if makes(r) & {SUBNETS, ROLES} and "snet-apim" not in json.dumps(r)]
    assert len(before) == 4
    nodes = [r for r in before if "snet-ingress" not in json.dumps(r)]
    assert {identity(r) for r in nodes} <= waited
    assert {identity(r) for r in before if ROLES in makes(r)} <= waited


ROLES = "Microsoft.Authorization/roleAssignments"


def test_peered_consumers_resolve_the_gateways_names(corpora: Path) -> None:
    found = replace(workload_of("contoso-orders"), consumers=(Consumer.PEERED_VNET,))
    stages = arm_templates(alone(found, "vnet-internal"))
    copies = [z for z in of_type(stages, f"{ZONES}/virtualNetworkLinks") if "copy" in z]
    assert len(copies) == 5
    assert all(c["copy"]["count"] == "[length(parameters('consumerNetworks'))]" for c in copies)
    assert problems(corpora, stages) == []
    for stage in stages:
        assert_sound(stage)


def test_a_v2_tier_names_a_private_authority_at_the_back_end() -> None:
    made = design_of("contoso-retail")
    stages = arm_templates(made.placement("v2-integration"))
    found = of_type(stages, "Microsoft.ApiManagement/service/backends")
    pinned = [b for b in found if "serverX509Names" in b["properties"].get("tls", {})]
    assert pinned and all(b["apiVersion"].endswith("-preview") for b in pinned)
    assert all(b["comments"].startswith("Preview: tls.serverX509Names") for b in pinned)
    assert all(b["apiVersion"] == "2024-05-01" for b in found if b not in pinned)
    classic = arm_templates(made.placement("vnet-external"))
    (gateway,) = of_type(classic, "Microsoft.ApiManagement/service")
    assert gateway["properties"]["certificates"][0]["storeName"] == "Root"


def test_commands_quote_what_comes_from_input() -> None:
    azure = Azure(existing=ExistingResources(key_vault=Existing("kv; rm $(x)", "r")))
    where = alone(workload(service("orders", "GET /orders"), azure=azure), "ingress-mtls")
    for command in certificate_commands(certificates_step(where)):
        assert "kv; rm $(x)" in shlex.split(command) or "$(az keyvault show" in command
        assert "'kv; rm $(x)'" in command


@pytest.mark.parametrize("situation", ["new", "all-existing"])
@pytest.mark.parametrize("id", IDS)
def test_the_table_of_what_is_built_counts_every_resource(id: str, situation: str) -> None:
    stages = stages_of("contoso-retail", id, situation)
    rows = built(stages)
    assert sum(r.count for r in rows) == len(list(inner(stages)))
    assert {r.stage for r in rows} == {s.name for s in stages}
    assert all(r.label and r.owner and r.because for r in rows)


def test_versions_share_a_set_and_a_path(corpora: Path) -> None:
    found = replace(workload_of("contoso-orders"), apis={"orders": {"version": "v1"}})
    stages = arm_templates(alone(found, "public-services"))
    (set_,) = of_type(stages, "Microsoft.ApiManagement/service/apiVersionSets")
    assert set_["properties"]["versioningScheme"] == "Segment"
    versioned = [
        a["properties"]
        for a in of_type(stages, "Microsoft.ApiManagement/service/apis")
        if "apiVersion" in a["properties"]
    ]
    assert [v["apiVersion"] for v in versioned] == ["v1"]
    (id,) = {v["apiVersionSetId"] for v in versioned}
    assert arm_schema.parsed(id)[1][2] == arm_schema.parsed(set_["name"])[1][2]
    assert problems(corpora, stages) == []
    assert built(stages)


REFERENCES = {
    "vnet-external": "api-management-create-with-external-vnet-publicip",
    "vnet-internal": "api-management-create-with-internal-vnet-publicip",
}


def in_line(rule: dict[str, Any], words: dict[str, str]) -> str:
    """A security rule as one line, as in `arm_references.csv`."""
    ends = [rule["sourceAddressPrefix"], rule["destinationAddressPrefix"]]
    source, target = (words.get(e, e) for e in ends)
    listed = rule.get("destinationPortRanges") or [rule["destinationPortRange"]]
    ports = "*" if target == "<ingress>" else ",".join(sorted(listed))
    first = (rule["direction"], rule["access"], rule["protocol"])
    return " ".join((*first, source, target, ports))


@pytest.mark.parametrize("id", REFERENCES)
def test_every_difference_to_the_reference_templates_has_its_reason(corpora: Path, id: str) -> None:
    folder = corpora / "arm-templates" / "azure-quickstart-templates" / REFERENCES[id]
    theirs = json.loads((folder / "azuredeploy.json").read_text(encoding="utf-8"))["resources"]
    wanted = Requirements(availability_zones=True)
    ground = site(alone(replace(workload_of("contoso-retail"), requirements=wanted), id))
    ours = list(inner(arm_templates(ground.drawn)))
    words = {prefix(w, ground): w for w in ("<gateway-subnet>", "<ingress>", "<consumers>")}
    explained = {(d.side, d.id) for d in facts.reference_differences()}
    rules = [{in_line(r["properties"], words) for r in rules_of(found)} for found in (theirs, ours)]
    missing = {("reference", r) for r in rules[0] - rules[1]}
    added = {("ours", r) for r in rules[1] - rules[0]}
    properties = [set(gateway_of(found)["properties"]) for found in (theirs, ours)]
    missing |= {("reference", f"service {p}") for p in properties[0] - properties[1]}
    added |= {("ours", f"service {p}") for p in properties[1] - properties[0]}
    assert (missing | added) - explained == set()


def rules_of(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = [r for r in resources if r["type"] == GROUPS]
    group = next((g for g in named if g["name"] == "nsg-apim"), named[0])
    rules: list[dict[str, Any]] = group["properties"]["securityRules"]
    return rules


def gateway_of(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return next(r for r in resources if r["type"] == "Microsoft.ApiManagement/service")


SERVICE = "Microsoft.ApiManagement/service"


def required_by(stage: Stage) -> dict[str, set[str]]:
    """The id of each resource of a template with everything that is made before it."""
    before: dict[str, set[str]] = {}
    for made in stage.resources:
        direct = {normal(w) for w in made.get("dependsOn", ())}
        before[identity(made)] = direct.union(*(before[d] for d in direct))
    return before


def of_api(made: dict[str, Any]) -> str:
    return arm_schema.parsed(made["name"])[1][2]


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("name", WORKLOADS)
def test_the_policy_of_an_api_waits_for_its_operations_and_their_policies(
    name: str, id: str
) -> None:
    seen = 0
    for stage in stages_of(name, id):
        before = required_by(stage)
        inner_ones = [
            r
            for kind in ("apis", "apis/operations", "apis/operations/policies")
            for r in of_type(stage, f"{SERVICE}/{kind}")
        ]
        for made in of_type(stage, f"{SERVICE}/apis/policies"):
            own = {identity(r) for r in inner_ones if of_api(r) == of_api(made)}
            assert own and own <= before[identity(made)]
            seen += len(own) - 1
    assert seen


def test_operations_of_any_method_and_their_policies_come_before_the_policy_of_the_api() -> None:
    small = workload(
        service("web", type=ServiceType.LOAD_BALANCER),
        service("catalog", "GET /catalog", "GET /catalog/{id}"),
        apis={"all": {"services": ["web", "catalog"]}},
    )
    stages = arm_templates(alone(small, "vnet-external"))
    kinds = [r["type"].removeprefix(f"{SERVICE}/") for r in inner(stages)]
    last_inside = max(n for n, k in enumerate(kinds) if k.startswith("apis/operations"))
    assert kinds.count("apis/operations/policies") == 7 + 6
    assert [n for n, k in enumerate(kinds) if k == "apis/policies"] == [last_inside + 1]
