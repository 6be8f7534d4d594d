"""What each phase has to be allowed to do: exactly its rows are enough, and each of them counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apim_aks.artefacts.manifests import Phase
from apim_aks.artefacts.manifests.file import WayBack, manifest_file
from apim_aks.deployment.preflight import ROLES_AT_NODES, roles_of
from apim_aks.deployment.roles import allowed
from apim_aks.facts.deployments import phase_actions
from apim_aks.topology.check import State
from tests.support.arm_server import Arm
from tests.support.azure_scenes import GROUP, Scene, scene, toy, with_cluster
from tests.support.places import REPOSITORY

CLUSTER = "/providers/microsoft.containerservice/managedclusters/aks-sample"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, with_cluster(Arm())) as found:
        found.arm.groups[GROUP] = {"id": found.arm.scope(GROUP), "name": GROUP}
        yield found


def rows(phase: str, way: str) -> list[str]:
    """The actions of a phase for the toy, whose types all stand in one group."""
    other = {"run-command": "kubeconfig", "kubeconfig": "run-command"}[way]
    types = {r.type for r in toy().declared}
    plain = sorted(t for t in types if not t.startswith("Microsoft.Authorization/"))
    found = [
        r.action
        for r in phase_actions()
        if phase in r.phases and r.scope in ("group", "home", "cluster") and r.when != other
        if r.when in ("", way) or r.when in types
    ]
    return [a.replace("<type>", t) for a in found for t in (plain if "<type>" in a else ("",))]


@pytest.mark.parametrize("way", ["run-command", "kubeconfig"])
@pytest.mark.parametrize("phase", ["deploy", "cutover", "rollback", "close", "remove"])
def test_each_action_of_a_phase_is_needed_and_all_are_enough(
    live: Scene, phase: str, way: str
) -> None:
    disabled = {"apiServerAccessProfile": {"disableRunCommand": way == "kubeconfig"}}
    live.arm.resources[live.arm.scope(GROUP).lower() + CLUSTER]["properties"] = disabled
    actions = rows(phase, way)
    live.arm.permissions = [{"actions": actions, "notActions": []}]
    assert {f.state for f in roles_of(live.client, toy(), phase)} == {State.PASS}
    dropped = actions[-1]
    live.arm.permissions = [{"actions": [a for a in actions if a != dropped], "notActions": []}]
    (finding,) = roles_of(live.client, toy(), phase)
    assert finding.state is State.FAIL and f"missing: {dropped}" in finding.seen
    assert "suitable built-in roles: " in finding.next_step


def test_a_phase_that_only_moves_callers_needs_no_right_on_the_templates(live: Scene) -> None:
    assert not [a for a in rows("cutover", "run-command") if a.startswith("Microsoft.ApiM")]
    assert len(rows("cutover", "run-command")) < len(rows("deploy", "run-command"))


def test_a_removal_says_what_is_not_allowed_before_it_begins(live: Scene) -> None:
    live.arm.permissions = [{"actions": ["*/read"], "notActions": []}]
    live.remove(toy(), apply=False)
    assert any("of remove missing" in line for line in live.told)


def test_taking_aks_mark_from_an_address_is_allowed_in_the_group_of_the_nodes(live: Scene) -> None:
    """https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"""
    live.arm.resources[live.arm.scope(GROUP).lower() + CLUSTER]["properties"] = {
        "nodeResourceGroup": "MC_sample"
    }
    way = WayBack("Service shop/web", True, "AKS made its address", "by hand", owned_by_aks=True)
    closing = manifest_file("50.yaml", (), "Closes.", phase=Phase.CLOSE, ways_back=(way,))
    made = replace(toy(), files=(*toy().files, closing))
    live.arm.permissions = [{"actions": ["*"], "notActions": ["Microsoft.Resources/tags/write"]}]
    found = {f.id: f for f in roles_of(live.client, made, "close")}
    assert found[ROLES_AT_NODES].state is State.FAIL
    assert "Tag Contributor" in found[ROLES_AT_NODES].next_step
    assert ROLES_AT_NODES not in {f.id for f in roles_of(live.client, toy(), "close")}


def test_zones_and_the_subscription_are_looked_at_too(live: Scene) -> None:
    zone = f"{live.arm.scope('rg-dns')}/providers/Microsoft.Network/dnsZones/contoso.example"
    live.arm.permissions = [{"actions": ["*/read"], "notActions": []}]
    found = {f.what: f for f in roles_of(live.client, toy(), "cutover", (zone,))}
    named = next(f for what, f in found.items() if "contoso.example" in what)
    assert named.state is State.FAIL and "DNS Zone Contributor" in named.next_step
    assert "privateDnsZones" not in named.seen
    live.remove(toy(), apply=False, purge=True)
    assert any("the subscription: 2 of purge missing" in line for line in live.told)


def test_a_star_stands_for_any_part() -> None:
    assert allowed("A.B/c/write", [{"actions": ["a.b/*"], "notActions": ["*/delete"]}])
    assert not allowed("A.B/c/delete", [{"actions": ["a.b/*"], "notActions": ["*/delete"]}])


def test_the_page_for_operations_names_every_role_of_a_phase() -> None:
    page = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    table = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if "| " in line}
    for row in phase_actions():
        for phase in row.phases:
            shown = next(line for named, line in table.items() if phase in named.replace(",", " "))
            later = phase == "close" and row.scope == "cluster"
            assert row.role in shown or (later and "as deploy" in shown), (phase, row.role)
