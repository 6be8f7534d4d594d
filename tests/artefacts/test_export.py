"""Every format describes the same resources as the ARM templates that our own `deploy` sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export import FORMATS, export_format, exported
from apim_aks.artefacts.export.terraform.changes import difference
from apim_aks.artefacts.export.terraform.expressions import variable
from apim_aks.decision.design import Placement
from apim_aks.errors import InputError
from apim_aks.facts.exports import export_defaults
from apim_aks.options import OPTIONS
from apim_aks.template_expression import Call
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from tests.support import bicep, hcl, terraform
from tests.support.designs import alone, bundled
from tests.support.exported import (
    Made,
    as_a_whole,
    of_templates,
    outputs_of_templates,
    steps_of,
    typed,
    values,
)
from tests.support.scenario import shop
from tests.support.series import at_length
from tests.support.systems import drafted

THERE = ExistingResources(
    cluster=Existing("aks-old", "rg-shared"),
    network=Existing("vnet-old", "rg-shared"),
    api_management=Existing("apim-old", "rg-apim"),
    key_vault=Existing("kv-old", "rg-kv"),
)
HUB: dict[str, Any] = {
    "gateway_network": "hub",
    "existing": ExistingResources(hub=Existing("vnet-hub", "rg-hub")),
    "hub_address_space": "10.0.8.0/24",
}
ROOM = {"gateway_subnet": "10.20.3.0/27", "address_space": "10.90.0.0/16"}
SITUATIONS: dict[str, tuple[str, Azure]] = {
    "in a hub": ("vnet-internal", Azure(**HUB)),
    "all there": ("v2-injection", Azure(existing=THERE, **ROOM)),
    "own name": ("ingress-mtls", Azure(host_name="api.contoso.com")),
}


def built(placement: Placement) -> Artefacts:
    return Artefacts(drawn=placement, stages=arm_templates(placement))


def as_terraform(made: Artefacts) -> tuple[tuple[Made, ...], Mapping[str, Any]]:
    """What Terraform's files say: a later stage changes what an earlier one made."""
    files = exported(export_format("terraform"), made)
    given = {variable(n): v for n, v in values(made.stages).items()}
    steps = steps_of(made.stages)
    found, outputs = hcl.module(files, {**given, **({"steps_done": steps} if steps else {})})
    return as_a_whole(found), outputs


def as_bicep(made: Artefacts) -> tuple[tuple[Made, ...], Mapping[str, Any]]:
    """What Bicep's files say, with the values that their parameters file gives."""
    files = exported(export_format("bicep"), made)
    given = values(made.stages)
    said = bicep.parameters_of(files["main.bicepparam"], lambda name: f"${name}")
    asked = {n for s in made.stages for n in s.asked}
    assert {n: v for n, v in said.items() if n not in asked} == {
        n: v["value"] for s in made.stages for n, v in s.parameters["parameters"].items()
    }
    assert said.keys() >= asked
    steps = steps_of(made.stages)
    whole = {**given, **({"stepsDone": steps} if steps else {})}
    found = bicep.deployed(files, "main.bicep", made.stages[0].resource_group, whole)
    return found.made, found.outputs


def assert_the_same(made: Artefacts) -> int:
    """Both formats say what the templates say: count, order, ids, versions, bodies, outputs.

    A file of Terraform has its resources by kind: their order is what they wait for.
    """
    wanted = list(of_templates(made.stages))
    given = outputs_of_templates(made.stages)
    at = {(m.stage, m.id): number for number, m in enumerate(wanted)}
    in_terraform, its_outputs = as_terraform(made)
    ordered = tuple(sorted(in_terraform, key=lambda m: at[m.stage, m.id]))
    for found, outputs in (as_bicep(made), (ordered, its_outputs)):
        heads = [(m.stage, m.id, m.version) for m in found]
        assert heads == [(m.stage, m.id, m.version) for m in wanted]
        for own, template in zip(found, wanted, strict=True):
            assert own.body == template.body, own.id
            assert own.waits >= template.waits, own.id
        assert list(map(str, outputs.values())) == list(map(str, given.values()))
    return len(wanted)


@pytest.mark.parametrize("id", [o.id for o in OPTIONS])
@pytest.mark.parametrize("name", ["contoso-orders", "contoso-retail"])
def test_formats_describe_the_same_resources(name: str, id: str) -> None:
    assert assert_the_same(built(bundled(name).placement(id))) > 30


@pytest.mark.parametrize("situation", SITUATIONS)
def test_so_they_do_where_something_is_there_already(situation: str) -> None:
    id, azure = SITUATIONS[situation]
    assert assert_the_same(built(alone(shop(azure=azure), id))) > 15


@pytest.mark.parametrize("system", ["retail-store", "aks-store-demo"])
def test_so_they_do_for_systems_of_others(corpora: Path, system: str) -> None:
    found = drafted(corpora / "microservices" / system).workload
    assert found and assert_the_same(built(alone(found, "vnet-external"))) > 30


def test_texts_of_input_stay_texts() -> None:
    """What would be an expression in one of the languages, in what consumers and callers read."""
    odd = "${var.x} %{if} 'q' \\n [parameters('x')] ${"
    made = built(alone(replace(shop(), title=odd), "public-services"))
    assert assert_the_same(made) > 20
    bodies = [m.body["properties"] for m in of_templates(made.stages)]
    assert odd in [b.get("displayName") for b in bodies]
    assert odd in [b.get("publisherName") for b in bodies]


def test_bicep_reads_a_long_document_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(export_defaults(), bicep_text_characters=400)
    monkeypatch.setattr("apim_aks.artefacts.export.bicep.export_defaults", lambda: short)
    made = built(bundled("contoso-orders").placement("ingress-mtls"))
    files = exported(export_format("bicep"), made)
    loaded = {p: t for p, t in files.items() if p.partition("/")[0] in ("openapi", "policies")}
    assert max(map(len, loaded.values())) == 400 and any(p.endswith(".2.json") for p in loaded)
    bodies = {m.id: m.body for m in of_templates(made.stages)}
    assert {m.id: m.body for m in as_bicep(made)[0]} == bodies


ARGUMENTS = {
    "azapi_resource": "type name parent_id location tags identity body response_export_values "
    "ignore_other_items_in_list list_unique_id_property",
    "azapi_update_resource": "type name parent_id resource_id body response_export_values",
}
"""Of those of azapi 2.12 the ones that the files use: docs/resources/resource.md and
update_resource.md of Azure/terraform-provider-azapi."""


@pytest.mark.parametrize("situation", ["own name", "in a hub"])
def test_terraform_is_given_documented_arguments_alone(situation: str) -> None:
    id, azure = SITUATIONS[situation]
    files = exported(export_format("terraform"), built(alone(shop(azure=azure), id)))
    for name, text in files.items():
        resources = json.loads(text).get("resource", {}) if name.endswith(".tf.json") else {}
        for kind, known in ARGUMENTS.items():
            for block in resources.get(kind, {}).values():
                assert block.keys() - set(terraform.META) <= set(known.split())
    again = [n for n, t in files.items() if '"resource_id"' in t]
    assert again == (["22-gateway-certificates.tf.json"] if situation == "own name" else [])


@pytest.mark.parametrize("format", FORMATS, ids=lambda f: f.id)
def test_each_file_says_how_it_was_made(format: Any) -> None:
    made = built(bundled("contoso-orders").placement("ingress-mtls"))
    files = exported(format, made)
    line = f"apim-aks export {format.id} --workload contoso-orders --option ingress-mtls"
    assert line in files["README.md"]
    for name, text in files.items():
        if name.endswith((".bicep", ".bicepparam", ".tf.json")):
            assert line in text.replace("\n// ", " "), name
    assert files == exported(format, made)


@pytest.mark.parametrize("format", ["arm", "bicep", "terraform"])
def test_a_readme_names_steps_by_hand(format: str) -> None:
    made = built(alone(shop(azure=SITUATIONS["own name"][1]), "vnet-internal"))
    readme = exported(export_format(format), made)["README.md"]
    assert "(`az account show`), and its resource group has to be there: rg-" in readme
    assert readme.count("**certificates**: ") == readme.count("**manifests**: ") == 1
    assert "`MY_OBJECT_ID` is " in readme and "`MY_ADDRESS` the " in readme
    if format == "arm":
        order = ("--name 10-", "**certificates**", "--name 24-", "**manifests**", "--name 30-")
        assert sorted(order, key=readme.index) == list(order)


def test_of_a_workload_of_your_own_the_command_names_the_file() -> None:
    made = built(alone(shop(), "ingress-mtls"))
    said = exported(FORMATS[0], made)["README.md"]
    assert "apim-aks export arm --workload workload.yaml --option ingress-mtls" in said
    copied = replace(bundled("contoso-orders").placement("ingress-mtls").workload, digests=())
    said = exported(FORMATS[0], built(alone(copied, "ingress-mtls")))["README.md"]
    assert "--workload workload.yaml" in said, "a copy under the name of a bundled one"


def test_a_title_writes_nothing_else_into_a_readme() -> None:
    title = "Shop\n\n```sh\nrm x\n```\n<b>[a](b)"
    made = built(alone(replace(shop(), title=title), "ingress-mtls"))
    head, rest, *_ = exported(FORMATS[0], made)["README.md"].split("\n\n")
    assert r"Shop \`\`\`sh rm x \`\`\` \<b>\[a](b)" in head and "resource group" in rest


def test_no_format_is_made_of_half_a_placement() -> None:
    made = replace(built(bundled("contoso-orders").placement("ingress-mtls")), refused=("Why.",))
    with pytest.raises(InputError, match="Why"):
        exported(FORMATS[0], made)


def test_a_later_stage_says_only_what_is_new() -> None:
    before = {"sku": {"name": "a", "capacity": 1}, "properties": {"open": True, "x": Call("f")}}
    after = {"sku": {"name": "a", "capacity": 1}, "properties": {"open": False, "x": Call("f")}}
    assert difference(before, after) == {"properties": {"open": False}}
    with pytest.raises(InputError, match="no longer says sku"):
        difference(before, {"properties": after["properties"]})


@at_length
@pytest.mark.skipif(terraform.TERRAFORM is None, reason="terraform is not installed")
@pytest.mark.parametrize("id", [o.id for o in OPTIONS])
@pytest.mark.parametrize("name", ["contoso-orders", "contoso-retail"])
def test_terraform_applies_the_module(name: str, id: str, tmp_path: Path) -> None:
    """Terraform itself reads, plans and applies it, with a built-in resource for each of azapi."""
    made = built(bundled(name).placement(id))
    files = exported(export_format("terraform"), made)
    given = json.loads(files["terraform.tfvars.json"])
    asked = {variable(n): v for n, v in values(made.stages).items() if variable(n) not in given}
    steps = steps_of(made.stages)
    applied = terraform.applied(tmp_path, files, {**asked, "steps_done": steps})
    found, _ = as_terraform(made)
    resources = {a: v for a, v in applied.items() if a.startswith("azapi_")}
    types = [v["input"][terraform.GIVEN]["type"] for v in resources.values()]
    assert sorted(types) == sorted(f"{typed(m.id)}@{m.version}" for m in found)


@at_length
def test_formats_describe_the_same_resources_in_any_region() -> None:
    workload = read_workload("contoso-orders")
    for region in ("uksouth", "swedencentral"):
        there = replace(workload, azure=replace(workload.azure, region=region))
        for option in OPTIONS:
            assert assert_the_same(built(alone(there, option.id))) > 30
