"""One run at a time by a lease in Azure, and a record in Azure that a colleague goes on with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apim_aks.deployment import DeploymentState, Fate, state_path
from apim_aks.deployment.lease import LeaseHeld, lease_zone
from apim_aks.deployment.record import project_state, record_name
from apim_aks.deployment.saved_objects import held_before, keep_before
from apim_aks.deployment.state import StageEntry, together, write_state
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureRefused, Lease, LeaseLost, Leases
from tests.support.arm_server import SUBSCRIPTION, Fault, error
from tests.support.azure_scenes import (
    FILES,
    GROUP,
    ROLE,
    Scene,
    again,
    id_of,
    toy,
)


def elsewhere(live: Scene, name: str = "colleague") -> Scene:
    """The same Azure from another machine: nothing of the first one's files is there."""
    other = again(live)
    other.told.clear()
    folder = str(live.folder / name)
    other.run = lambda **given: Scene.run(other, **{"folder": folder} | given)  # type: ignore[method-assign]
    return other


def leases(live: Scene) -> Leases:
    return Leases(live.client, GROUP, lease_zone(toy()))


def dead(live: Scene) -> None:
    """A run that is killed when the gateway is made: nothing leaves its machine any more."""

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    def tell(line: str) -> None:
        if line.startswith("10-foundation: done"):
            live.client.connection.transport.send = killed

    live.tell = tell
    with pytest.raises(KeyboardInterrupt):
        live.deploy(toy())


def test_a_second_run_is_kept_away_and_told_by_whom(live: Scene) -> None:
    second = elsewhere(live)
    refusals: list[str] = []

    def tell(line: str) -> None:
        if line.startswith("10-foundation: done") and not refusals:
            for change in (second.deploy, second.remove):
                with pytest.raises(LeaseHeld) as refused:
                    change(toy())
                refusals.append(str(refused.value))

    live.tell = tell
    assert live.deploy(toy()).finished
    held, again_ = refusals
    assert "Another run holds the lease " in held and "a user …e5f6 on " in held
    assert ", deploy since 2" in held and "--take-over " in held and held == again_
    assert leases(live).read() is None, "given back at the end"
    assert second.deploy(toy()).finished


def test_a_dead_run_is_replaced_by_the_name_of_its_lease_alone(live: Scene) -> None:
    dead(live)
    second = elsewhere(live)
    lease = leases(second).read()
    assert lease and lease.doing == "deploy"
    for wrong in ("", "00000000"):
        with pytest.raises(LeaseHeld, match=f"--take-over {lease.id}"):
            second.deploy(toy(), take_over=wrong)
    assert second.deploy(toy(), take_over=lease.id).finished
    assert any(line.endswith("is taken over.") for line in second.told)
    assert set(live.arm.writes.values()) == {1}


def test_a_lease_runs_out_by_itself(live: Scene) -> None:
    dead(live)
    second = elsewhere(live)
    lease = leases(second).read()
    assert lease
    leases(second).write(replace(lease, until="2026-01-01T00:00:00+00:00"), lease.etag)
    assert second.deploy(toy()).finished
    assert any("expired at 2026-01-01" in line for line in second.told)


def test_a_run_whose_lease_was_taken_over_stops_before_the_next_change(live: Scene) -> None:
    second = elsewhere(live)

    def tell(line: str) -> None:
        if line.startswith("10-foundation: done"):
            lease = leases(second).read()
            assert lease
            leases(second).write(replace(lease, id="other", holder="a colleague"), lease.etag)

    live.tell = tell
    with pytest.raises(LeaseHeld, match="taken over by a colleague; this run stops here"):
        live.deploy(toy())
    assert live.arm.count("PUT", "/deployments/apim-aks-sample-toy-20") == 0
    assert leases(second).read(), "the lease of somebody else is not given back"


def test_of_two_that_reach_for_it_one_gets_it(live: Scene) -> None:
    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP}
    both = leases(live), leases(elsewhere(live))
    mine = Lease(id="a", holder="A", doing="deploy", since="s", until="u")
    both[0].place({})
    both[1].place({})
    first = both[0].write(mine)
    with pytest.raises(LeaseLost):
        both[1].write(replace(mine, id="b"))
    both[1].give_back(replace(first, etag="other"))
    assert both[0].read() == first


def test_an_answer_that_was_lost_on_the_way_is_no_other_run(live: Scene) -> None:
    live.arm.faults = [Fault("PUT", "/TXT/lease", cut=True, done_first=True)]
    assert live.deploy(toy()).finished and live.arm.faults[0].hit == 1


# The record


def test_a_colleague_goes_on_and_removes_everything(live: Scene) -> None:
    live.deploy(toy())
    record = live.arm.deployments[
        f"{live.arm.scope(GROUP)}/providers/microsoft.resources/deployments/{record_name(toy())}".lower()
    ]
    assert SUBSCRIPTION not in str(record["properties"]["parameters"]) and not record["operations"]
    second = elsewhere(live)
    assert {s.state for s in second.deploy(toy()).steps} == {"already"}
    found = elsewhere(live, "third").remove(toy())
    assert id_of(ROLE) in live.arm.gone, "no tag says so: the record does"
    assert not found.waits_for and not live.arm.deployments
    assert not [r for r in live.arm.resources if "aks-sample" not in r or "lease" in r]


def test_a_record_that_could_not_be_kept_is_said_and_kept_with_the_next_step(live: Scene) -> None:
    refusal = error("AuthorizationFailed", "No.")
    live.arm.faults = [Fault("PUT", f"{record_name(toy())}$", 403, refusal)]
    assert live.deploy(toy()).finished
    assert any("The record in Azure is outdated" in line for line in live.told)
    other = project_state(live.client, toy(), str(live.folder / "nothing"))
    here = project_state(live.client, toy(), str(live.folder / "state"))
    assert other == here and len(other.created) == 6


def test_a_damaged_record_is_a_sentence(live: Scene) -> None:
    live.deploy(toy())
    found = next(d for id, d in live.arm.deployments.items() if id.endswith("-record"))
    found["properties"]["parameters"]["text"]["value"] = ["{"]
    with pytest.raises(InputError, match="Deployment apim-aks-sample-toy-record: .* Restore it"):
        elsewhere(live).remove(toy())


def test_ids_of_another_subscription_are_left(live: Scene) -> None:
    live.deploy(toy())
    foreign = "/subscriptions/ffff/resourceGroups/x/providers/Microsoft.Network/privateDnsZones/A/b"
    state = project_state(live.client, toy(), str(live.folder / "state"))
    forged = state.with_stage(entry("10-foundation", foreign))
    path = state_path(live.folder / "state", "sample", "toy")
    write_state(path, replace(forged, revision=state.revision + 1))
    left = {i.because for i in live.remove(toy()).of(Fate.LEFT)}
    assert "it is in another subscription" in left


def entry(name: str, *created: str) -> StageEntry:
    return StageEntry(name=name, deployment="d", group="g", state="Succeeded", created=created)


def test_a_copy_that_was_ahead_is_joined_with_a_record_that_went_on() -> None:
    blank = DeploymentState(workload="w", option="o")
    here = replace(blank.with_stage(entry("a", "/1")), revision=5, kept=4, steps={"x": "here"})
    there = replace(
        blank.with_stage(entry("a", "/2")), revision=7, steps={"x": "there"}, groups=("g",)
    )
    both = together(here, there)
    assert set(both.created) == {"/1", "/2"} and both.steps == {"x": "there"}
    assert (both.revision, both.kept, both.groups) == (7, 7, ("g",))
    assert together(replace(here, kept=5), there) == replace(there, kept=7)
    assert together(here, None) == here
    assert together(here, replace(there, revision=4)) == here


# What the cluster held before


WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "uid": "1", "managedFields": []},
    "spec": {"template": {"spec": {"containers": [{"env": [{"name": "A", "value": "hush"}]}]}}},
    "status": {"replicas": 1},
}


def test_what_the_cluster_held_is_kept_once_and_without_values(live: Scene) -> None:
    live.arm.cluster = [WEB]
    made = toy(cluster_is_there=True)
    live.deploy(made)
    other = elsewhere(live)
    held = held_before(other.client, made, "30-ingress.yaml")
    assert held and held.partly == ("Deployment shop/web",) and held.absent == ()
    assert held.objects[0]["metadata"] == {"name": "web", "namespace": "shop"}
    assert "status" not in held.objects[0] and "hush" not in str(live.arm.deployments)
    routes = held_before(other.client, made, "40-routes.yaml")
    assert routes and routes.absent == ("Ingress shop/all",) and routes.objects == ()
    assert keep_before(other.client, made, FILES[0], ()) == held, (
        "what was first is what is gone back to"
    )


def test_nothing_is_changed_where_what_is_there_cannot_be_kept(live: Scene) -> None:
    live.arm.cluster, live.arm.longest_logs = [WEB], 40
    with pytest.raises(AzureRefused, match="30-ingress.yaml: what the cluster holds of it was not"):
        live.deploy(toy(cluster_is_there=True))
    assert live.arm.commands == []


def test_a_new_cluster_is_not_asked_what_it_held(live: Scene) -> None:
    live.deploy(toy())
    assert held_before(live.client, toy(), "30-ingress.yaml") is None
