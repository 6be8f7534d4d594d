"""Templates read as Azure would: small ones by hand, our own, and Microsoft's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apim_aks.facts import resource_types
from apim_aks.facts.templates import is_unconcerned
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.templates import (
    Resource,
    TemplateFile,
    Unknown,
    first_unknown,
    resources,
    unknowns,
)
from apim_aks.reachability.templates.network import AzureNetwork, azure_network
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    Fronted,
    ManagedCluster,
    Network,
    PrivateEndpoint,
    PublicAddress,
    SecurityGroup,
    SecurityRule,
    Subnet,
    Zone,
    ZoneLink,
    ZoneRecord,
)
from apim_aks.reachability.templates.platforms import engine_of
from apim_aks.reachability.templates.readers import READERS
from apim_aks.reachability.templates.reading import template_files
from tests.support.places import CORPORA, REPOSITORY

GROUP = "/subscriptions/<subscription>/resourceGroups/<group>"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
OWN = sorted(REPOSITORY.glob("tests/golden/*/*/arm"))
MICROSOFT = CORPORA / "arm-templates" / "azure-quickstart-templates"
needs_corpora = pytest.mark.skipif(not MICROSOFT.is_dir(), reason=f"{MICROSOFT} is not there")


def thing(name: str, **further: Any) -> dict[str, Any]:
    return {"type": "Test.Me/things", "apiVersion": "1", "name": name, **further}


def held(*written: Any, given: Any = None, **further: Any) -> tuple[Resource, ...]:
    declared = {"parameters": {name: {} for name in given or {}}}
    template = {"resources": list(written), **declared, **further}
    given = {"parameters": {k: {"value": v} for k, v in (given or {}).items()}}
    return resources([TemplateFile(file="t.json", template=template, parameters=given)])


def values(found: tuple[Resource, ...]) -> list[Any]:
    return [r.properties for r in found]


def test_defaults_and_variables_see_each_other_in_any_case() -> None:
    (found,) = held(
        thing("[variables('FULL')]", properties={"it''s": "[parameters('b')]"}),
        given={"given": "x"},
        parameters={
            "given": {"defaultValue": "unused"},
            "b": {"defaultValue": "[concat(parameters('Given'), '-b')]"},
        },
        variables={"full": "[format('{0}-{1}', variables('part'), 1)]", "part": "p"},
    )
    assert (found.name, found.properties) == ("p-1", {"it''s": "x-b"})
    assert found.id == f"{GROUP}/providers/Test.Me/things/p-1"


def test_copies_of_resources_properties_and_variables() -> None:
    loop = {"name": "parts", "count": 2, "input": "[add-on]"}
    found = held(
        thing(
            "[format('t{0}', copyIndex(1))]",
            copy={"name": "outer", "count": "[length(variables('names'))]"},
            properties={
                "own": "[variables('names')[copyIndex()]]",
                "copy": [
                    loop
                    | {
                        "input": {
                            "at": "[format('{0}{1}', copyIndex('outer'), copyIndex('parts'))]"
                        }
                    }
                ],
            },
        ),
        variables={
            "copy": [{"name": "names", "count": 2, "input": "[format('n{0}', copyIndex('names'))]"}]
        },
    )
    assert [r.name for r in found] == ["t1", "t2"]
    assert values(found)[1] == {"own": "n1", "parts": [{"at": "10"}, {"at": "11"}]}


def test_a_condition_decides_and_one_that_is_unknown_stays_with_the_resource() -> None:
    made = held(
        thing("no", condition="[equals(parameters('on'), 'yes')]"),
        thing("yes", condition="[not(equals(parameters('on'), 'yes'))]"),
        thing("perhaps", condition="[parameters('later')]"),
        thing("there", existing=True),
        thing("many", copy={"name": "c", "count": "[parameters('later')]"}),
        thing("odd", condition="no"),
        thing("far-too-many", copy={"name": "c", "count": 100000}),
        given={"on": "no"},
    )
    told = {r.name: r.maybe and r.maybe.name for r in made}
    assert told == {
        "yes": None,
        "perhaps": "later",
        "many": "later",
        "odd": "condition",
        "far-too-many": "copy",
    }


def inner(name: str, template: Any, scope: str = "inner", **parameters: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "1",
        "name": name,
        "properties": {
            "expressionEvaluationOptions": {"scope": scope},
            "parameters": {k: {"value": v} for k, v in parameters.items()},
            "template": template,
        },
    }


def test_inner_templates_have_parameters_and_outputs_of_their_own() -> None:
    asked = "[reference(resourceId('Microsoft.Resources/deployments', 'one')).outputs.id.value]"
    one = {
        "parameters": {"p": {}},
        "resources": [thing("[parameters('p')]")],
        "outputs": {"id": {"value": "[resourceId('Test.Me/things', parameters('p'))]"}},
    }
    two = {"resources": [thing("b", properties={"to": "[parameters('to')]"})]}
    found = held(
        inner("two", two | {"parameters": {"to": {}}}, to=asked),
        inner("outer", {"resources": [thing("[parameters('p')]")]}, "outer"),
        inner("one", one, p="a"),
        given={"p": "mine"},
    )
    assert {r.name for r in found} == {"b", "mine", "a"}
    assert values(found)[0] == {"to": f"{GROUP}/providers/Test.Me/things/a"}
    assert str(found[0].origin) == "t.json, resources[0].properties.template.resources[0]"


def test_a_resource_says_of_itself_what_is_written_and_no_more() -> None:
    found = held(
        thing("a", properties={"size": 3, "self": "[reference('a').self]"}),
        thing("b", properties={"size": "[reference('a').size]", "key": "[reference('a').key]"}),
        thing("c", properties={"to": "[reference(resourceId('Test.Me/things', 'z')).x]"}),
    )
    assert values(found)[1]["size"] == 3
    names = [u.name for u in unknowns(values(found))]
    assert names == ["reference.self", "reference.key", "reference.x"]


def test_children_belong_to_their_parent_and_the_last_of_one_id_counts() -> None:
    child = {"type": "parts", "apiVersion": "1", "name": "p", "properties": {"n": 1}}
    again = {
        "type": "Test.Me/things/parts",
        "apiVersion": "1",
        "name": "A/P",
        "properties": {"n": 2},
    }
    found = held(thing("a", resources=[child]), again)
    assert [(r.type, r.name) for r in found] == [("Test.Me/things", "a"), (again["type"], "A/P")]
    assert values(found)[1] == {"n": 2}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("[parameters('none')]", "none"),
        ("[unheardOf()]", "unheardOf"),
        ("[concat('a', ]", "[concat('a', ]"),
        ("[resourceId()]", "[resourceId()]"),
        ("[variables('circle')]", "circle"),
        ("[variables('long')]", "range"),
        ("[variables('deep199')]", "deep158"),
    ],
)
def test_what_cannot_be_worked_out_is_unknown_where_it_stands(written: str, name: str) -> None:
    deep = {f"deep{n}": f"[variables('deep{n - 1}')]" for n in range(1, 200)}
    (found,) = held(
        thing("a", properties={"list": [{"x": written, "y": 1}]}),
        variables={"circle": "[variables('circle')]", "long": "[range(0, 99999999)]"} | deep,
    )
    unknown = first_unknown(found.properties)
    assert unknown and unknown.name == name and found.properties["list"][0]["y"] == 1


@pytest.mark.parametrize(
    "odd", [None, 1, "x", [], [1], {"type": 3}, {"copy": 1, "properties": "[parameters('x')]"}]
)
def test_odd_resources_are_named_and_break_nothing(odd: Any) -> None:
    azure = azure_network(
        held(odd, {"type": "Microsoft.Network/virtualNetworks", "properties": odd})
    )
    assert azure.not_understood


def written(folder: Path, name: str, template: Any) -> None:
    text = json.dumps({"$schema": SCHEMA, **template}, indent=1)
    (folder / name).write_text(text, encoding="utf-8")


def test_files_come_in_order_with_their_parameters_and_lines(tmp_path: Path) -> None:
    written(tmp_path, "20-b.json", {"resources": [thing("a", properties={"n": 2})]})
    both = {"resources": [thing("x"), thing("[parameters('p')]")], "parameters": {"p": {}}}
    written(tmp_path, "10-a.json", both)
    given = {"parameters": {"p": {"value": "a"}}}
    (tmp_path / "10-a.parameters.json").write_text(json.dumps(given), encoding="utf-8")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    files, findings = template_files([tmp_path])
    found = resources(files)
    assert [(r.name, r.origin.line) for r in found] == [("x", 4), ("a", 4)]
    assert values(found)[1] == {"n": 2} and found[1].origin.file.endswith("20-b.json")
    assert [f.file.rpartition("/")[2] for f in findings] == ["broken.json"]


def test_what_goes_elsewhere_or_may_not_be_there_is_named() -> None:
    far = inner("far", {"resources": [thing("a")]}) | {"subscriptionId": "other"}
    linked = inner("linked", None)
    perhaps = {"type": "Microsoft.Network/routeTables", "name": "t", "condition": "[f('x')]"}
    azure = azure_network(held(far, linked, perhaps))
    assert [n.what for n in azure.not_understood] == [
        "Microsoft.Resources/deployments",
        "Microsoft.Resources/deployments",
        "Microsoft.Network/routeTables t is there or not by f",
    ]


def test_a_property_that_may_matter_and_is_not_read_is_named() -> None:
    subnet = {
        "addressPrefix": "10.0.0.0/24",
        "sharingScope": "Tenant",
        "serviceEndpoints": [{"service": "x"}],
    }
    azure = azure_network(
        held(
            {
                "type": "Microsoft.Network/virtualNetworks",
                "name": "v",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["[parameters('space')]"]},
                    "subnets": [{"name": "s", "properties": subnet}],
                },
            },
            thing("other"),
        )
    )
    assert [n.what for n in azure.not_understood] == [
        "Microsoft.Network/virtualNetworks: subnets.properties.sharingScope",
        "Test.Me/things",
        "prefixes of v comes from space",
    ]
    assert azure.all(Network)[0].prefixes == (Unknown("space"),)
    assert azure.all(Subnet)[0].network == azure.all(Network)[0].id


@pytest.mark.parametrize("folder", OWN, ids=lambda f: f"{f.parts[-3]}-{f.parts[-2]}")
def test_our_own_templates_leave_nothing_of_the_network_unknown(folder: Path) -> None:
    files, findings = template_files([folder])
    azure = azure_network(resources(files))
    assert (findings, azure.not_understood) == ((), ())
    (gateway,), (cluster,) = azure.all(ApiManagement), azure.all(ManagedCluster)
    assert engine_of(cluster) is Engine.CILIUM
    assert all(azure.find(Subnet, pool.subnet) for pool in cluster.pools)
    assert gateway.subnet == "" or azure.find(Subnet, gateway.subnet)
    linked = {s.id: s.security_group for s in azure.all(Subnet) if s.security_group}
    assert all(azure.find(SecurityGroup, group) for group in linked.values())
    assert gateway.subnet in {"", *linked}
    assert all(azure.find(Zone, r.zone) for r in azure.all(ZoneRecord))
    assert all(azure.find(Network, link.network) for link in azure.all(ZoneLink))
    owners = {o for r in azure.all(ZoneRecord) for o in r.owners}
    assert owners <= {gateway.id} and bool(owners) == (gateway.mode == "Internal")


def test_every_type_that_generators_write_is_read_or_has_no_part_in_it() -> None:
    types = [row.id for row in resource_types()]
    assert [t for t in types if t.lower() not in READERS and not is_unconcerned(t)] == []
    assert [t for t in types if t.lower() in READERS and is_unconcerned(t)] == []


def microsoft(name: str) -> AzureNetwork:
    files, findings = template_files([MICROSOFT / name / "azuredeploy.json"])
    assert findings == () and len(files) == 1
    return azure_network(resources(files))


@needs_corpora
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("aks-advanced-networking", {ManagedCluster: 1}),
        (
            "aks-application-gateway-ingress-controller",
            {Network: 1, Subnet: 4, Fronted: 3, PrivateEndpoint: 3, Zone: 3, ZoneLink: 3}
            | {SecurityGroup: 2, PublicAddress: 2, ManagedCluster: 1},
        ),
        (
            "api-management-create-with-external-vnet-publicip",
            {Network: 1, Subnet: 1, SecurityGroup: 1, PublicAddress: 1, ApiManagement: 1},
        ),
        (
            "api-management-create-with-internal-vnet-publicip",
            {Network: 1, Subnet: 1, SecurityGroup: 1, PublicAddress: 1, ApiManagement: 1},
        ),
    ],
)
def test_microsofts_templates_with_a_network_are_understood(name: str, kinds: Any) -> None:
    azure = microsoft(name)
    assert azure.not_understood == ()
    assert {kind: len(azure.all(kind)) for kind in kinds} == kinds
    for subnet in azure.all(Subnet):
        assert not subnet.security_group or azure.find(SecurityGroup, subnet.security_group)
    for endpoint in azure.all(PrivateEndpoint):
        assert azure.find(Subnet, endpoint.subnet)


@needs_corpora
def test_the_network_that_inner_templates_make_hangs_together() -> None:
    azure = microsoft("aks-application-gateway-ingress-controller")
    (cluster,) = azure.all(ManagedCluster)
    fronts = {f.kind.rpartition("/")[2]: f for f in azure.all(Fronted)}
    assert azure.find(Fronted, cluster.application_gateway) is fronts["applicationGateways"]
    assert all(azure.find(Subnet, pool.subnet) for pool in cluster.pools)
    assert azure.find(PublicAddress, fronts["bastionHosts"].fronts[0].public_address)
    assert fronts["applicationGateways"].ports == (80,)
    assert {r.priority for r in azure.all(SecurityRule) if r.group.endswith("VmSubnetNsg")} == {100}


@needs_corpora
def test_the_others_of_microsofts_are_understood_or_named() -> None:
    named = {n.what for f in MICROSOFT.iterdir() for n in microsoft(f.name).not_understood}
    children = "products/apis users properties groups groups/users openidConnectProviders"
    service = "Microsoft.ApiManagement/service"
    assert named == {f"{service}/{c}" for c in (*children.split(), "identityProviders")}


def test_expressions_that_call_each_other_too_deep_are_unknown() -> None:
    nested = f"{'toLower(' * 45}variables('v{{}}'){')' * 45}"
    many = {f"v{n}": f"[{nested.format(n - 1)}]" for n in range(60)}
    (found,) = held(thing("a", properties={"x": "[variables('v59')]"}), variables=many)
    assert isinstance(found.properties["x"], Unknown)


@pytest.mark.parametrize(
    ("profile", "engine"),
    [
        ({}, Engine.NONE),
        ({"networkPolicy": "none"}, Engine.NONE),
        ({"networkPolicy": "Calico"}, Engine.CALICO),
        ({"networkPolicy": "azure"}, Engine.AZURE),
        ({"networkDataplane": "cilium"}, Engine.CILIUM),
        ({"networkPolicy": "azure", "networkDataplane": "[f()]"}, None),
        ({"networkPolicy": "[f()]"}, None),
        ({"networkPolicy": "specification"}, None),
    ],
)
def test_the_engine_of_a_cluster_is_what_its_template_says(profile: Any, engine: Any) -> None:
    type = "Microsoft.ContainerService/managedClusters"
    written = {"type": type, "name": "c", "properties": {"networkProfile": profile}}
    (cluster,) = azure_network(held(written)).all(ManagedCluster)
    assert engine_of(cluster) is engine
