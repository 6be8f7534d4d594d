"""What-if answers as rows: kinds, signs, order, noise, what is lost and what interrupts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apim_aks.cli.azure.texts import plan_text
from apim_aks.deployment import ChangeType, changes_of, plan
from apim_aks.deployment.project import project
from apim_aks.deployment.what_if import ResourceChange
from apim_aks.options import OPTIONS
from apim_aks.reachability.templates import Evaluation, declared
from tests.support.azure_scenes import (
    GATEWAY,
    GROUP,
    NETWORK,
    Scene,
    id_of,
    piece,
    toy,
)
from tests.support.designs import bundled
from tests.support.replayed import reading, recordings

BASE = "/subscriptions/s/resourceGroups/g/providers"
SERVICE = f"{BASE}/Microsoft.ApiManagement/service/apim"


def change(kind: str, id: str = SERVICE, *delta: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {"resourceId": id, "changeType": kind, "delta": list(delta), **further}


def line(path: str, before: Any = None, after: Any = None, kind: str = "Modify") -> dict[str, Any]:
    return {"path": path, "propertyChangeType": kind, "before": before, "after": after}


def one(*delta: dict[str, Any], id: str = SERVICE) -> ResourceChange:
    return changes_of({"properties": {"changes": [change("Modify", id, *delta)]}})[0]


@pytest.mark.parametrize("kind", list(ChangeType))
def test_every_kind_has_a_sign_and_a_word_of_its_own(kind: ChangeType) -> None:
    assert len({k.sign for k in ChangeType}) == len({k.label for k in ChangeType}) == 8
    assert changes_of({"changes": [change(kind.value)]})[0].kind is kind


def test_an_unknown_kind_is_not_predictable() -> None:
    assert changes_of({"changes": [change("Wobble")]})[0].kind is ChangeType.NOT_PREDICTABLE


def test_potential_changes_are_not_predictable() -> None:
    found = changes_of({"properties": {"changes": [], "potentialChanges": [change("Create")]}})
    assert [(c.kind, c.because) for c in found] == [
        (ChangeType.NOT_PREDICTABLE, "Azure can only say when the deployment runs")
    ]


def test_an_unresolved_reference_is_not_predictable() -> None:
    reason = "The id has a reference() that cannot be worked out."
    found = changes_of({"changes": [change("Unsupported", unsupportedReason=reason)]})[0]
    assert found.kind is ChangeType.NOT_PREDICTABLE and found.because == reason


def test_ignored_says_that_it_may_be_the_size() -> None:
    assert "too large" in changes_of({"changes": [change("Ignore")]})[0].because


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("properties.virtualNetworkType", "moves between networks"),
        ("properties.virtualNetworkConfiguration.subnetResourceId", "another subnet"),
        ("sku.name", "the tier changes"),
        ("sku.capacity", "units are added"),
        ("properties.hostnameConfigurations", "host names"),
    ],
)
def test_what_interrupts_traffic_is_called_out(path: str, words: str) -> None:
    (found,) = one(line(path, "a", "b")).interrupting
    assert words in found.interrupts


def test_nested_children_are_joined_to_a_path() -> None:
    child = line("virtualNetworkType", "External", "Internal")
    inner = {"path": "properties", "propertyChangeType": "Modify", "children": [child]}
    (found,) = one(inner).interrupting
    assert found.text == "~ properties.virtualNetworkType: External -> Internal"


def test_a_place_in_a_list_keeps_its_number_and_still_matches() -> None:
    id = f"{BASE}/Microsoft.Network/networkSecurityGroups/nsg"
    rule = {
        "path": "0",
        "propertyChangeType": "Modify",
        "children": [line("properties.priority", 1, 2)],
    }
    outer = {"path": "properties.securityRules", "propertyChangeType": "Array", "children": [rule]}
    (found,) = one(outer, id=id).interrupting
    assert found.path == "properties.securityRules[0].properties.priority"


@pytest.mark.parametrize(
    "path",
    ["properties.provisioningState", "etag", "systemData.createdAt", "properties.gatewayUrl"],
)
def test_noise_is_folded(path: str) -> None:
    found = one(line(path, "a", "b"))
    assert found.shown == () and found.folded == 1 and found.only_noise


def leaves(value: Any, path: str = "properties") -> Iterator[str]:
    if not isinstance(value, dict):
        yield path
        return
    for key, inner in value.items():
        yield from leaves(inner, f"{path}.{key}")


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
def test_nothing_that_a_template_declares_is_folded_as_a_default(option: str) -> None:
    made = bundled("contoso-retail")
    found = [d for p in project(made, made.placement(option), "1").pieces for d in p.declared()]
    declares = {(d.type, path): d for d in found for path in leaves(d.body.get("properties"))}
    cluster = "Microsoft.ContainerService/managedClusters"
    assert (cluster, "properties.nodeResourceGroup") in declares
    folded = {
        (type, path): change.noise
        for (type, path), d in declares.items()
        for change in one(line(path, "a", "b"), id=d.id("s")).properties
    }
    assert folded[cluster, "properties.kubernetesVersion"] == ""
    assert [k for k, noise in folded.items() if noise == "a default"] == []


def test_no_effect_is_noise_and_expressions_too() -> None:
    found = one(
        line("properties.x", "a", "b", "NoEffect"), line("properties.y", "a", "[reference('z')]")
    )
    assert found.folded == 2


def test_a_deleted_property_is_never_noise_by_its_kind_alone() -> None:
    found = one(line("properties.customProperties", "a", None, "Delete"))
    assert [p.text for p in found.deleted] == ["- properties.customProperties: a"]


def test_lost_comes_first_then_what_interrupts_then_the_rest() -> None:
    ids = [f"{BASE}/Microsoft.ApiManagement/service/{n}" for n in ("a", "b", "c", "d")]
    found = changes_of(
        {
            "changes": [
                change("NoChange", ids[0]),
                change("Create", ids[1]),
                change("Modify", ids[2], line("sku.name", "a", "b")),
                change("Modify", ids[3], line("properties.x", "a", None, "Delete")),
            ]
        }
    )
    assert [c.name for c in found] == ["d", "c", "b", "a"]


def test_a_secret_in_a_property_is_masked() -> None:
    (found,) = one(line("properties.primaryKey", "hunter2hunter2", "swordfish1")).properties
    assert "hunter2" not in found.text and "swordfish" not in found.text


# Against the server


def deployed(live: Scene, **gateway: Any) -> None:
    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": toy().tags}
    body = {k: GATEWAY[k] for k in ("type", "location", "sku", "properties")}
    live.arm.put(id_of(GATEWAY), **{**body, "tags": toy().tags, **gateway})


def test_a_changed_network_type_leads_the_plan(live: Scene) -> None:
    deployed(live, properties={"virtualNetworkType": "External"})
    made = plan(live.client, toy())
    assert [(s, c.name) for s, c in made.interrupting] == [("20-gateway", "apim-sample")]
    text = plan_text(made)
    assert "Interrupts traffic: 20-gateway: Microsoft.ApiManagement/service apim-sample" in text
    assert "~ properties.virtualNetworkType: External -> Internal" in text


def test_an_equal_resource_is_no_change(live: Scene) -> None:
    deployed(live)
    made = plan(live.client, toy())
    (stage,) = (s for s in made.stages if s.stage == "20-gateway")
    assert [c.kind for c in stage.changes] == [ChangeType.NO_CHANGE]


def test_a_stage_that_needs_an_earlier_one_is_not_predictable(live: Scene) -> None:
    from tests.support.arm_server import Fault, error

    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": {}}
    missing = error("ResourceNotFound", "apim-sample was not found.")
    live.arm.faults = [Fault("POST", "30-apis-01.*/whatIf", 404, missing)]
    (stage,) = (s for s in plan(live.client, toy()).stages if s.stage == "30-apis-01")
    assert [c.kind for c in stage.changes] == [ChangeType.NOT_PREDICTABLE]
    assert stage.basis.startswith("an earlier stage")


def test_a_refused_template_is_a_sentence_and_the_other_stages_are_planned(live: Scene) -> None:
    from tests.support.arm_server import Fault, error

    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": {}}
    bad = error("InvalidTemplate", "Line 7 is wrong.")
    live.arm.faults = [Fault("POST", "20-gateway.*/validate", 400, bad)]
    made = plan(live.client, toy())
    assert [bool(s.refusal) for s in made.stages] == [False, True, False]
    assert "Line 7 is wrong. Likely cause" in made.stages[1].refusal


def test_a_template_that_azure_finds_wrong_in_a_good_answer_is_refused(live: Scene) -> None:
    from tests.support.arm_server import Fault, error

    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": {}}
    bad = error("InvalidTemplate", "Line 7 is wrong.")
    live.arm.faults = [Fault("POST", "20-gateway.*/validate", 200, bad)]
    made = plan(live.client, toy())
    assert [bool(s.refusal) for s in made.stages] == [False, True, False]
    assert made.stages[1].refusal.startswith("Validating ")
    assert "Line 7 is wrong" in made.stages[1].refusal


def test_an_empty_answer_to_a_validation_is_no_consent(live: Scene) -> None:
    from apim_aks.remote.azure.refusal import VerdictUnknown
    from tests.support.arm_server import Fault

    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": {}}
    live.arm.faults = [Fault("POST", "20-gateway.*/validate", 200, None)]
    with pytest.raises(VerdictUnknown, match="Azure's answer was lost"):
        plan(live.client, toy())


def test_the_plan_shows_nothing_of_the_ids(live: Scene) -> None:
    deployed(live)
    made = plan(live.client, toy())
    assert live.client.subscription not in plan_text(made)


def test_names_are_worked_out_without_azure() -> None:
    seen = Evaluation(parameters={"a": "x", "b": ["p", "q"]})
    assert seen.value("[format('{0}/{1}', parameters('a'), 'it''s')]") == "x/it's"
    assert seen.value("[parameters('b')[1]]") == "q"
    assert seen.value("[[text]") == "[text]"
    assert seen.value("[reference('x').y.z]").name == "reference.y.z"
    made = piece("s", NETWORK).declared()[0]
    assert made.id("s").endswith("/Microsoft.Network/virtualNetworks/vnet-sample")


def test_lists_are_joined_and_never_with_a_text_that_only_azure_knows() -> None:
    seen = Evaluation(parameters={"a": ["p"], "b": ["q", "r"]})
    assert seen.value("[concat(parameters('a'), parameters('b'))]") == ["p", "q", "r"]
    assert seen.value("[concat('p', '-', 1)]") == "p-1"
    assert seen.value("[concat(parameters('a'), reference('x').list)]").name == "concat"
    assert seen.value("[concat(reference('x').list, parameters('a'))]").name == "concat"


def test_a_guid_is_told_by_what_it_is_made_of() -> None:
    seen = Evaluation()
    first, again, other = (seen.value(f"[guid('a', '{b}')]") for b in ("b", "b", "c"))
    assert first == again != other
    assert re.fullmatch(r"<guid [0-9a-f]{8}>", str(first))


def test_each_copy_knows_which_it_is() -> None:
    body = {
        "type": "Microsoft.Test/things",
        "name": "[format('t-{0}', parameters('names')[copyIndex()])]",
        "copy": {"name": "things", "count": "[length(parameters('names'))]"},
        "properties": {"own": "[parameters('names')[copyIndex()]]", "place": "[copyIndex(1)]"},
    }
    seen = Evaluation(parameters={"names": ["a", "b"]})
    found = list(declared({"resources": [body]}, seen))
    assert [d.name for d in found] == ["t-a", "t-b"]
    worked_out = [d.seen.value(d.body["properties"]) for d in found]
    assert worked_out == [{"own": "a", "place": 1}, {"own": "b", "place": 2}]


@pytest.mark.parametrize("option", ["ingress-mtls", "vnet-internal"])
def test_an_offline_plan_tells_role_assignments_apart(option: str) -> None:
    made = bundled("contoso-retail")
    planned = plan(None, project(made, made.placement(option), "1"))
    roles = [c.id for s in planned.stages for c in s.changes if c.type.endswith("/roleAssignments")]
    assert len(roles) == len(set(roles)) > 2


# Recorded


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WhatIf_ModifyResources_ReturnsModifyChanges", "what-if: 1 modify"),
        ("WhatIf_BlankTemplate_ReturnsNoChange", "what-if: nothing"),
        ("test_management_group_level_what_if", "what-if: 4 create"),
    ],
)
def test_recorded_what_ifs_read_as_expected(corpora: Path, name: str, expected: str) -> None:
    (path,) = (p for p in recordings(corpora) if p.stem == name)
    assert expected in reading(path).lines
