"""Deploying and removing through the real clients against the server of `arm_server`."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from apim_aks.__main__ import main
from apim_aks.artefacts.arm_templates import CertificateRequest
from apim_aks.artefacts.manifests import Action, Phase, manifests, placeholders
from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.cli.azure.texts import deployed_text
from apim_aks.decision.design import design
from apim_aks.deployment import (
    ChangeType,
    DeploymentFailed,
    Fate,
    GateOpen,
    WorkloadChoice,
    deploy,
    do_certificates,
    order,
    plan,
    preflight,
    project,
    read_state,
    remove,
    state_path,
)
from apim_aks.deployment.following import following
from apim_aks.deployment.lease import lease_zone
from apim_aks.errors import InputError
from apim_aks.options import OPTIONS
from apim_aks.remote.azure import (
    AzureRefused,
    Certificates,
    Deployments,
    Leases,
    StillRunning,
    VerdictUnknown,
)
from apim_aks.topology import Expectation, Probe, ProbeOutcome, ProbeRequest, VantagePoint
from apim_aks.topology.check import State
from apim_aks.workload.documents import dump_all
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes.apply import Cluster
from tests.support.arm_server import OBJECT, SUBSCRIPTION, TENANT, Arm, Fault, error
from tests.support.azure_scenes import (
    API,
    COST,
    COSTED,
    FILES,
    GATEWAY,
    GROUP,
    NETWORK,
    ROLE,
    ROUTE,
    SUBNET,
    VAULT,
    WORD,
    Scene,
    again,
    id_of,
    piece,
    scene,
    toy,
    with_cluster,
)
from tests.support.cluster_model import ModelCluster, new_model, put_there, read
from tests.support.designs import bundled
from tests.support.series import combined

DATE = "2026-12-01T00:00:00Z"
KEY = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="
EVERYTHING = (NETWORK, SUBNET, VAULT, ROLE, GATEWAY, API)


def state(live: Scene) -> Any:
    return read_state(state_path(live.folder / "state", "sample", "toy"), "sample", "toy")


def first_stage(live: Scene) -> Any:
    """The deployment of the first stage; the record beside it is one too."""
    return next(d for id, d in live.arm.deployments.items() if "-10-" in id)


def gone(live: Scene) -> list[str]:
    """What was removed, in order, without the place of the lease."""
    return [i.split("/")[-1] for i in live.arm.gone if "lease.internal" not in i]


def written_once(arm: Arm) -> bool:
    return all(arm.writes.get(id_of(r).lower()) == 1 for r in EVERYTHING)


# Deploying


def test_nothing_is_changed_without_apply(live: Scene) -> None:
    result = deploy(live.client, toy())
    assert "apply=True" in result.waits_for
    assert live.arm.log == []


def test_stages_and_manifests_come_in_order(live: Scene) -> None:
    stages = ("10-foundation", "20-gateway", "services", "manifests", "30-apis-01")
    assert order(toy()) == stages
    result = live.deploy(toy())
    assert [s.name for s in result.steps] == [
        "10-foundation",
        "20-gateway",
        "services",
        "30-ingress.yaml",
        "40-routes.yaml",
        "30-apis-01",
    ]
    assert result.finished and written_once(live.arm)


def test_it_ends_when_every_api_has_answered_a_call(live: Scene) -> None:
    told = iter([(False, "orders: 503"), (False, "orders: 503"), (True, "1 of 1 APIs answered")])
    result = live.deploy(toy(), answers=lambda: next(told))
    assert result.finished and result.steps[-1].seen == "1 of 1 APIs answered"
    assert live.pauses.count(30) == 2


@pytest.mark.parametrize(("served", "asked"), [(False, 20), (None, 1)])
def test_what_succeeded_and_does_not_answer_is_not_finished(
    live: Scene, served: bool | None, asked: int
) -> None:
    times: list[int] = []
    result = live.deploy(toy(), answers=lambda: (times.append(1), (served, "no answer"))[1])
    assert not result.finished and "it is not confirmed that every API answers" in result.waits_for
    assert len(times) == asked and written_once(live.arm)


def test_everything_created_is_in_the_state_without_the_subscription(live: Scene) -> None:
    live.deploy(toy())
    text = state_path(live.folder / "state", "sample", "toy").read_text()
    assert SUBSCRIPTION not in text
    assert len(state(live).created) == len(EVERYTHING)
    assert all(i.startswith("/subscriptions/{subscription}/") for i in state(live).created)


def test_everything_that_can_carry_tags_carries_them(live: Scene) -> None:
    live.deploy(toy())
    for made in (NETWORK, VAULT, GATEWAY):
        assert live.arm.resources[id_of(made).lower()]["tags"] == toy().tags
    assert live.arm.groups[GROUP]["tags"] == toy().tags
    assert all(d["tags"] == toy().tags for d in live.arm.deployments.values())


def test_a_second_run_creates_nothing_and_says_so(live: Scene) -> None:
    live.deploy(toy())
    second = again(live)
    result = second.deploy(toy())
    assert {s.state for s in result.steps} == {"already"}
    assert live.arm.count("PUT", r"/deployments/apim-aks-sample-toy-\d") == 3
    assert written_once(live.arm) and len(live.arm.commands) == 2


def test_a_resource_that_went_missing_is_made_again(live: Scene) -> None:
    live.deploy(toy())
    live.arm.remove(id_of(GATEWAY))
    result = again(live).deploy(toy())
    assert {s.name: s.state for s in result.steps}["20-gateway"] == "done"
    assert id_of(GATEWAY).lower() in live.arm.resources


def test_progress_is_told(live: Scene) -> None:
    live.arm.polls = 4
    live.deploy(toy())
    assert any("10-foundation: 1 of 1 done" in line for line in live.told)
    assert live.told[0].startswith("Signed in as a user …e5f6, tenant …c3d4, subscription …a1b2")


def test_manifests_are_applied_server_side_with_strict_validation(live: Scene) -> None:
    live.deploy(toy())
    first, second = (c["command"] for c in live.arm.commands)
    assert first == (
        "kubectl apply --server-side --field-manager=apim-aks --validate=strict "
        "-f 30-ingress.yaml && kubectl rollout status deployment/web --namespace shop "
        "--timeout 600s"
    )
    assert second.endswith("--validate=strict -f 40-routes.yaml")


def test_a_refused_manifest_stops_before_the_apis(live: Scene) -> None:
    live.arm.command_results = [{"exitCode": 1, "logs": 'unknown field "spec.tsl"'}]
    with pytest.raises(AzureRefused, match=r"30-ingress\.yaml .* unknown field"):
        live.deploy(toy())
    assert id_of(API).lower() not in live.arm.resources


def test_a_thing_of_somebody_else_is_not_written_over(live: Scene) -> None:
    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": {}}
    live.arm.put(id_of(NETWORK), type=NETWORK["type"], tags={"owner": "them"}, properties={})
    with pytest.raises(InputError, match="vnet-sample exists already and belongs to another owner"):
        live.deploy(toy())
    assert live.arm.count("PUT", "/deployments/") == 0


# The gate of option 2


def gated() -> Any:
    asked, refused = ProbeRequest.NO_CERTIFICATE, ProbeOutcome.HANDSHAKE_REFUSED
    probe = Probe(VantagePoint.INTERNET, "ingress", asked, refused)
    promise = Expectation("toy.no-certificate-refused", "I2", "Refused", probe)
    return toy(gate=promise, gate_host="apis.example")


def test_no_api_is_published_while_the_entry_serves_everybody(live: Scene) -> None:
    with pytest.raises(GateOpen, match="was answered with 200, but must be refused"):
        live.deploy(gated(), ask=lambda host: (State.FAIL, "answered with 200"))
    assert id_of(API).lower() not in live.arm.resources
    assert len(live.arm.commands) == 1


def test_silence_of_the_entry_is_no_proof(live: Scene) -> None:
    with pytest.raises(GateOpen, match="Without an answer no API was published"):
        live.deploy(gated(), ask=lambda host: (State.NOT_RUN, "no connection"))
    assert live.pauses.count(30.0) == 19


def test_a_shut_entry_lets_the_apis_through(live: Scene) -> None:
    result = live.deploy(gated())
    assert ("toy.no-certificate-refused", "done") in [(s.name, s.state) for s in result.steps]
    assert result.finished


# Faults: what happened, how often it was tried

DEPLOYMENT = r"/deployments/apim-aks-sample-toy-10"
THROTTLED = error("TooManyRequests", "Slow down.")
BUSY = error("AnotherOperationInProgress", "Another operation is running.")


PASSING = (
    (
        "throttled, Retry-After 17",
        Fault("PUT", DEPLOYMENT, 429, THROTTLED, {"Retry-After": "17"}),
        2,
        17.0,
    ),
    ("throttled three times", Fault("PUT", DEPLOYMENT, 429, THROTTLED, times=3), 4, 2.0),
    (
        "throttled, Retry-After 9",
        Fault("POST", "whatIf", 429, THROTTLED, {"Retry-After": "9"}),
        2,
        9.0,
    ),
    ("throttled twice", Fault("POST", "whatIf", 429, THROTTLED, times=2), 2, 2.0),
    ("500 twice", Fault("PUT", DEPLOYMENT, 500, error("InternalServerError"), times=2), 3, 2.0),
    (
        "503 three times",
        Fault("GET", DEPLOYMENT, 503, error("ServerBusy"), times=3, after=2),
        3,
        2.0,
    ),
    ("line cut twice while polling", Fault("GET", DEPLOYMENT, cut=True, times=2, after=2), 2, 2.0),
    (
        "line cut twice while polling",
        Fault("GET", r"/operationresults/", cut=True, times=2),
        2,
        2.0,
    ),
    ("line cut", Fault("POST", "whatIf", cut=True), 1, 0.0),
    ("another operation runs, three times", Fault("PUT", DEPLOYMENT, 409, BUSY, times=3), 4, 60.0),
    (
        "line cut after Azure had started",
        Fault("PUT", DEPLOYMENT, cut=True, done_first=True),
        2,
        0.0,
    ),
)
"""Faults that pass: what, where, how often it is sent at most, a pause that is taken."""


@pytest.mark.parametrize(
    ("what", "fault", "tries", "pause"), PASSING, ids=lambda v: v if isinstance(v, str) else ""
)
def test_passing_faults_are_survived_and_nothing_is_made_twice(
    live: Scene, what: str, fault: Fault, tries: int, pause: float
) -> None:
    live.arm.faults = [replace(fault)]
    result = live.deploy(toy())
    assert result.finished and live.arm.faults[0].times == 0
    assert written_once(live.arm)
    assert len(state(live).created) == len(EVERYTHING)
    assert pause == 0.0 or pause in live.pauses
    assert live.arm.count("PUT", DEPLOYMENT) <= max(tries, 2)


LASTING = (
    (
        "throttled for a day",
        Fault("PUT", DEPLOYMENT, 429, THROTTLED, {"Retry-After": "86400"}, 99),
        1,
        "too many",
    ),
    (
        "throttled for good",
        Fault("PUT", DEPLOYMENT, 429, THROTTLED, times=99),
        6,
        "TooManyRequests",
    ),
    (
        "500 for good",
        Fault("PUT", DEPLOYMENT, 500, error("InternalServerError"), times=99),
        6,
        "status page",
    ),
    (
        "another operation never ends",
        Fault("PUT", DEPLOYMENT, 409, BUSY, times=999),
        40,
        "wait for it",
    ),
    (
        "wrong template",
        Fault("PUT", DEPLOYMENT, 400, error("InvalidTemplate", "Bad."), times=9),
        1,
        "Bad",
    ),
    (
        "no permission",
        Fault("PUT", DEPLOYMENT, 403, error("AuthorizationFailed", "No."), times=9),
        1,
        "role",
    ),
    ("a lock", Fault("PUT", DEPLOYMENT, 409, error("ScopeLocked", "Locked."), times=9), 1, "lock"),
)
"""Faults that last: what, where, how often it is sent, a word of the sentence it ends in."""


@pytest.mark.parametrize(
    ("what", "fault", "tries", "words"), LASTING, ids=lambda v: v if isinstance(v, str) else ""
)
def test_lasting_faults_end_in_one_sentence_after_bounded_tries(
    live: Scene, what: str, fault: Fault, tries: int, words: str
) -> None:
    live.arm.faults = [replace(fault)]
    with pytest.raises(AzureRefused) as refused:
        live.deploy(toy())
    assert words in str(refused.value) and "\n" not in str(refused.value)
    assert live.arm.count("PUT", DEPLOYMENT) == tries
    assert state(live).created == ()
    live.arm.faults = []
    assert again(live).deploy(toy()).finished and written_once(live.arm)


def test_an_expired_token_is_replaced_in_the_middle_of_polling(live: Scene) -> None:
    live.arm.polls = 6

    def tell(line: str) -> None:
        if "10-foundation: 1 of 1" in line:
            live.arm.expired |= live.arm.tokens

    live.tell = tell
    result = live.deploy(toy())
    assert result.finished and written_once(live.arm)
    assert len(live.arm.tokens) > 1


def test_a_sign_in_that_ran_out_for_good_is_a_sentence(live: Scene) -> None:
    live.arm.faults = [
        Fault("GET", "resourcegroups", 401, error("ExpiredAuthenticationToken"), times=99)
    ]
    with pytest.raises(AzureRefused, match="sign in again"):
        live.deploy(toy())
    assert live.arm.count("GET", "resourcegroups/rg-sample/") == 2


def test_a_deployment_that_somebody_cancelled_is_said_and_goes_on_next_time(live: Scene) -> None:
    live.arm.polls = 6

    def tell(line: str) -> None:
        if "20-gateway: 0 of" in line or "20-gateway: 1 of" in line:
            for deployment in live.arm.deployments.values():
                if deployment["properties"]["provisioningState"] == "Running":
                    deployment["properties"]["provisioningState"] = "Canceled"

    live.tell = tell
    with pytest.raises(DeploymentFailed, match="20-gateway ended Canceled.*was cancelled"):
        live.deploy(toy())
    second = again(live)
    assert second.deploy(toy()).finished


def test_nested_details_are_opened_to_the_innermost_reason(live: Scene) -> None:
    inner = json.dumps(error("SkuNotAvailable", "Premium is not offered in westeurope."))
    live.arm.failing = {
        "apim-sample$": error(
            "DeploymentFailed", "See details.", details=[{"code": "Conflict", "message": inner}]
        )
    }
    with pytest.raises(DeploymentFailed) as failed:
        live.deploy(toy())
    sentence = str(failed.value)
    assert (
        "Microsoft.ApiManagement/service apim-sample: SkuNotAvailable: Premium is not" in sentence
    )
    assert "Likely cause: the size or tier is not offered" in sentence and "Next step:" in sentence


def test_one_refused_resource_of_many_leaves_the_others_in_the_state(live: Scene) -> None:
    live.arm.failing = {"roleAssignments": error("AuthorizationFailed", "No permission.")}
    with pytest.raises(DeploymentFailed, match="AuthorizationFailed: No permission"):
        live.deploy(toy())
    names = {i.split("/")[-1] for i in state(live).created}
    assert names == {"vnet-sample", "snet-1", "kv-sample"}
    live.arm.failing = {}
    assert again(live).deploy(toy()).finished
    assert len(state(live).created) == len(EVERYTHING)


def test_a_role_that_has_not_arrived_is_waited_for(live: Scene) -> None:
    live.arm.failing = {
        "roleAssignments": error("PrincipalNotFound", "Not there.") | {"once": True}
    }
    assert live.deploy(toy()).finished
    assert live.pauses.count(180.0) == 1
    assert live.arm.count("PUT", DEPLOYMENT) == 2


# A kernel killed at any step


class Killed(BaseException):
    """The process is gone; nothing after it runs."""


def told_lines(tmp_path: Path) -> int:
    with scene(tmp_path, with_cluster(Arm(polls=3))) as found:
        found.deploy(toy())
        return len(found.told)


def test_a_run_killed_at_any_word_goes_on_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "count").mkdir()
    lines = told_lines(tmp_path / "count")
    assert lines > 8
    for number in range(0, lines, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        with scene(folder, with_cluster(Arm(polls=3))) as found:
            said: list[str] = []

            def tell(line: str, said: list[str] = said, number: int = number) -> None:
                said.append(line)
                if len(said) > number:
                    raise Killed

            found.tell = tell
            with pytest.raises(Killed):
                found.deploy(toy())
            assert again(found).deploy(toy()).finished, number
            assert written_once(found.arm), number
            assert len(state(found).created) == len(EVERYTHING), number


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("request_number", range(1, 60, 3))
def test_a_run_killed_at_any_request_goes_on_with_the_next(
    tmp_path: Path, request_number: int
) -> None:
    with scene(tmp_path, with_cluster(Arm(polls=2))) as found:
        sent = found.client.connection.wire().send
        count = [0]

        def send(*arguments: Any, **options: Any) -> Any:
            count[0] += 1
            if count[0] == request_number:
                raise Killed
            return sent(*arguments, **options)

        found.client.connection.transport.send = send
        try:
            found.deploy(toy())
        except (Killed, VerdictUnknown):  # the SDK polls in a thread of its own
            assert again(found).deploy(toy()).finished
        assert written_once(found.arm)
        assert len(state(found).created) == len(EVERYTHING)


def test_a_second_run_attaches_to_a_running_deployment(live: Scene) -> None:
    live.arm.polls = 5

    def tell(line: str) -> None:
        if line.startswith("10-foundation: 1 of"):
            raise Killed

    live.tell = tell
    with pytest.raises(Killed):
        live.deploy(toy())
    result = again(live).deploy(toy())
    assert {s.name: s.state for s in result.steps}["10-foundation"] == "attached"
    assert live.arm.count("PUT", DEPLOYMENT) == 1


def test_a_damaged_state_is_a_sentence(live: Scene) -> None:
    path = state_path(live.folder / "state", "sample", "toy")
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        live.deploy(toy())


# Looked at beforehand


def states(live: Scene) -> dict[str, State]:
    return {f.id: f.state for f in preflight(live.client, toy())}


def ready(live: Scene) -> None:
    live.arm.skus = [
        {"name": n, "locations": ["West Europe"]} for n in ("Basic", "Standard", "Premium")
    ]


def test_a_ready_subscription_passes_every_look(live: Scene) -> None:
    ready(live)
    assert set(states(live).values()) == {State.PASS}


@pytest.mark.parametrize(
    ("look", "broken"),
    [
        (
            "roles-rg-sample",
            {
                "permissions": [
                    {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}
                ]
            },
        ),
        (
            "provider-Microsoft.KeyVault",
            {
                "registered": {
                    "Microsoft.Network",
                    "Microsoft.ApiManagement",
                    "Microsoft.Authorization",
                }
            },
        ),
        ("gateway-name", {"taken": {"apim-sample"}}),
        ("vault-name", {"taken": {"kv-sample"}}),
        (
            "gateway-deleted",
            {"deleted": {"apim-sample": {"properties": {"scheduledPurgeDate": DATE}}}},
        ),
        (
            "vault-deleted",
            {"deleted": {"kv-sample": {"properties": {"purgeProtectionEnabled": True}}}},
        ),
        ("tier-in-region", {"skus": [{"name": "Premium", "locations": ["East US"]}]}),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_each_look_turns_red_alone(live: Scene, look: str, broken: dict[str, Any]) -> None:
    ready(live)
    for name, value in broken.items():
        setattr(live.arm, name, value)
    assert {id for id, state in states(live).items() if state is State.FAIL} == {look}


def test_a_look_that_is_not_permitted_is_not_run_and_the_rest_goes_on(live: Scene) -> None:
    ready(live)
    live.arm.faults = [
        Fault("GET", "ApiManagement/skus", 403, error("AuthorizationFailed"), times=9)
    ]
    found = states(live)
    assert found.pop("tier-in-region") is State.NOT_RUN
    assert set(found.values()) == {State.PASS}


def test_the_plan_of_an_empty_group_is_everything_new_and_changes_nothing(live: Scene) -> None:
    ready(live)
    made = plan(live.client, toy())
    assert {c.kind for s in made.stages for c in s.changes} == {ChangeType.CREATE}
    assert not [line for line in live.arm.log if line.startswith(("PUT", "DELETE", "PATCH"))]


def test_the_plan_without_azure_says_that_nobody_asked() -> None:
    made = plan(None, toy())
    of_files = ("named-objects", "walk")
    assert made.identity is None
    assert {f.state for f in made.findings if f.id not in of_files} == {State.NOT_RUN}
    assert sum(len(s.changes) for s in made.stages) == len(EVERYTHING)


def test_a_missing_value_is_asked_for_by_name(live: Scene) -> None:
    held = piece("10-foundation", NETWORK)
    held.template["parameters"]["publisherEmail"] = {
        "type": "string",
        "metadata": {"description": "Mail"},
    }
    with pytest.raises(InputError, match=r"1 values are missing: publisherEmail \(Mail\)"):
        live.deploy(toy(pieces=(held,)))


# Removing


def test_removing_lists_first_and_changes_nothing_without_apply(live: Scene) -> None:
    live.deploy(toy())
    found = live.remove(toy(), apply=False)
    assert {i.what.split()[-1] for i in found.of(Fate.REMOVE)} >= {"vnet-sample", "apim-sample"}
    assert live.arm.gone == []


def test_what_was_created_goes_in_reverse_and_what_was_not_stays(live: Scene) -> None:
    live.deploy(toy())
    other = id_of(NETWORK).replace("vnet-sample", "vnet-theirs")
    live.arm.put(other, type=NETWORK["type"], tags={"workload": "other"})
    found = live.remove(toy())
    assert gone(live) == [ROLE["name"], "apim-sample", "kv-sample", "vnet-sample"]
    assert other.lower() in live.arm.resources and GROUP in live.arm.groups
    assert any(
        i.what.endswith("vnet-theirs") and i.because == "not created here" for i in found.items
    )
    assert any("resources are in it" in i.because for i in found.of(Fate.LEFT))
    assert not live.arm.deployments


def test_a_resource_whose_tags_changed_is_left(live: Scene) -> None:
    live.deploy(toy())
    live.arm.resources[id_of(NETWORK).lower()]["tags"] = {"workload": "theirs"}
    found = live.remove(toy())
    assert id_of(NETWORK).lower() in live.arm.resources
    assert any("tags do not show" in i.because for i in found.of(Fate.LEFT))


def test_without_file_and_record_the_deployments_in_azure_are_read(live: Scene) -> None:
    live.deploy(toy())
    state_path(live.folder / "state", "sample", "toy").unlink()
    for id in [d for d in live.arm.deployments if d.endswith("-record")]:
        del live.arm.deployments[id]
    found = live.remove(toy())
    assert set(gone(live)) == {"apim-sample", "kv-sample", "vnet-sample"}
    left = [i for i in found.of(Fate.LEFT) if "roleAssignments" in i.what]
    assert [i.because for i in left] == ["neither the state file nor a deployment lists it"]


def test_what_is_still_in_use_is_tried_again(live: Scene) -> None:
    live.deploy(toy())
    busy = error("InUseSubnetCannotBeDeleted", "In use.")
    live.arm.faults = [Fault("DELETE", "virtualNetworks/vnet-sample$", 400, busy)]
    live.remove(toy())
    assert id_of(NETWORK).lower() not in live.arm.resources


def test_a_running_deployment_stops_the_removal(live: Scene) -> None:
    live.deploy(toy())
    foundation = first_stage(live)
    foundation["properties"]["provisioningState"] = "Running"
    foundation["left"] = 99
    with pytest.raises(AzureRefused, match="still running"):
        live.remove(toy())


def test_deleted_names_are_offered_and_purged_on_request(live: Scene) -> None:
    live.deploy(toy())
    offered = live.remove(toy())
    assert {i.what for i in offered.of(Fate.OFFERED)} == {
        "API Management apim-sample",
        "vault kv-sample",
    }
    purged = again(live).remove(toy(), purge=True)
    assert {i.what for i in purged.of(Fate.PURGED)} == {
        "API Management apim-sample",
        "vault kv-sample",
    }
    assert live.arm.deleted == {}


@pytest.mark.parametrize(
    ("name", "found", "why"),
    [
        ("apim-sample", {"serviceId": id_of(GATEWAY).replace(GROUP, "rg-other")}, "rg-other"),
        ("apim-sample", {}, "an unknown group"),
        ("kv-sample", {"vaultId": id_of(VAULT), "tags": {"workload": "other"}}, "not the tags"),
    ],
)
def test_what_somebody_else_deleted_is_never_purged_or_recovered(
    live: Scene, name: str, found: dict[str, Any], why: str
) -> None:
    live.arm.deleted[name] = {"name": name, "properties": found}
    ready(live)
    ended = live.remove(toy(), purge=True)
    said = [i.because for i in ended.of(Fate.OFFERED)]
    assert len(said) == 1 and why in said[0] and "not purged" in said[0]
    assert name in live.arm.deleted and not ended.of(Fate.PURGED)
    look = "gateway-deleted" if name.startswith("apim") else "vault-deleted"
    step = next(f.next_step for f in preflight(live.client, toy()) if f.id == look)
    assert why in step and "--purge" not in step
    with pytest.raises(InputError, match=f"is not recovered, since .*{why}"):
        live.deploy(toy(), restore=frozenset({"gateway", "vault"}))


def test_purge_protection_is_said(live: Scene) -> None:
    protected = VAULT | {"properties": {"enablePurgeProtection": True}}
    made = toy(pieces=(piece("10-foundation", protected),), files=())
    live.deploy(made)
    found = live.remove(made, purge=True)
    assert any("it cannot be purged" in i.because for i in found.of(Fate.OFFERED))


def test_restore_brings_deleted_things_back(live: Scene) -> None:
    live.deploy(toy(), restore=frozenset({"gateway", "vault"}))
    assert live.arm.resources[id_of(GATEWAY).lower()]["properties"]["restore"] is True
    assert live.arm.resources[id_of(VAULT).lower()]["properties"]["createMode"] == "recover"


def test_a_removal_killed_in_the_middle_goes_on(live: Scene) -> None:
    live.deploy(toy())

    def tell(line: str) -> None:
        if "removed" in line and "apim-sample" in line:
            raise Killed

    with pytest.raises(Killed):
        live.remove(toy(), tell=tell)
    again(live).remove(toy())
    assert not [r for r in live.arm.resources if "aks-sample" not in r]


# Certificates


def request() -> CertificateRequest:
    policy: dict[str, object] = {
        "issuerParameters": {"name": "Unknown"},
        "keyProperties": {"exportable": True, "keyType": "RSA", "keySize": 2048},
        "secretProperties": {"contentType": "application/x-pkcs12"},
        "x509CertificateProperties": {
            "subject": "CN=a.example",
            "subjectAlternativeNames": {"dnsNames": ["a.example"]},
            "ekus": ["1.3.6.1.5.5.7.3.2"],
            "validityInMonths": 12,
        },
    }
    return CertificateRequest("kv", "client", policy)


def test_missing_certificates_stop_the_run_and_nothing_waits(live: Scene) -> None:
    pieces = (*toy().pieces[:2], piece("30-apis-01", API, needs=("certificates", "manifests")))
    made = toy(certificates=(request(),), pieces=pieces)
    vault = Certificates(live.client, "kv-sample", live.arm.base)
    result = live.deploy(made, vault=vault)
    assert "1 of 1 certificates are missing (client: not there)" in result.waits_for
    assert id_of(API).lower() not in live.arm.resources
    assert again(live).deploy(made, certificates_done=True).finished


def test_certificates_are_requested_signed_outside_and_merged(live: Scene) -> None:
    made = toy(certificates=(request(),))
    vault = Certificates(live.client, "kv-sample", live.arm.base)
    folder = live.folder / "certificates"
    (first,) = do_certificates(live.client, made, folder, vault)
    assert first.seen == "waits for a signature"
    assert (folder / "client.csr").read_text().startswith("-----BEGIN CERTIFICATE REQUEST-----")
    (again_,) = do_certificates(live.client, made, folder, vault)
    assert again_.state is State.FAIL and live.arm.count("POST", "/create$") == 1
    (folder / "client.crt").write_bytes(b"signed")
    (last,) = do_certificates(live.client, made, folder, vault)
    assert last.state is State.PASS and last.seen == "there until 2027-12-28"
    assert live.deploy(made, vault=vault).finished
    assert live.arm.certificates["client"]["policy"]["key_props"]["kty"] == "RSA"


@pytest.mark.parametrize("attribute", [{"enabled": False}, {"nbf": 4_000_000_000}])
def test_a_certificate_that_nobody_can_use_today_is_not_there(
    live: Scene, attribute: dict[str, Any]
) -> None:
    held = {"enabled": True, "exp": 4_100_000_000, "nbf": 1_700_000_000} | attribute
    id = f"{live.arm.base}/certificates/client/0123"
    live.arm.certificates["client"] = {"id": id, "cer": "Zm9v", "attributes": held, "csr": ""}
    vault = Certificates(live.client, "kv-sample", live.arm.base)
    assert not vault.look("client").there


def test_a_vault_that_does_not_let_us_in_is_said(live: Scene) -> None:
    shut = error("Forbidden", "no", innererror={"code": "ForbiddenByFirewall", "message": "No."})
    live.arm.faults = [Fault("GET", "/certificates/", 403, shut, times=9)]
    vault = Certificates(live.client, "kv-sample", live.arm.base)
    result = live.deploy(toy(certificates=(request(),)), vault=vault)
    assert "the vault does not admit your address" in result.waits_for


# Secrets


def test_no_secret_reaches_any_output(
    live: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    key, sas = KEY, "sv=2024&sig=abc%2Fdef123456789"
    live.arm.secret = key
    outputs: list[str] = []
    leaky = error(
        "AuthorizationFailed",
        f"The client 'user@example.com' with object id '{OBJECT}' of tenant {TENANT} in "
        f"/subscriptions/{SUBSCRIPTION} used AccountKey={key} and https://x.blob/y?{sas}",
    )
    for fault in (
        None,
        Fault("PUT", DEPLOYMENT, 403, leaky, times=9),
        Fault("POST", "whatIf", 400, leaky, times=9),
    ):
        live.arm.faults = [fault] if fault else []
        live.arm.failing = {"apim-sample$": leaky}
        try:
            live.deploy(toy())
        except AzureRefused as refused:
            outputs += [str(refused), repr(refused), str(refused.__cause__)]
    live.arm.faults, live.arm.failing = [], {}
    live.arm.command_results = [{"exitCode": 1, "logs": f"password: {key}"}]
    with pytest.raises(AzureRefused) as manifest:
        live.deploy(toy())
    live.arm.resources[id_of(NETWORK).lower()]["properties"] = {
        "primaryKey": key,
        "a": SUBSCRIPTION,
    }
    made = plan(live.client, toy(), outputs.append)
    outputs += [
        str(manifest.value),
        *live.told,
        *(line.text for s in made.stages for c in s.changes for line in c.properties),
    ]
    outputs += [r.getMessage() for r in caplog.records] + list(capfd.readouterr())
    outputs += [p.read_text() for p in (live.folder / "state").rglob("*.json")]
    text = "\n".join(outputs)
    secrets = [SUBSCRIPTION, TENANT, OBJECT, key, "abc%2Fdef", "user@example.com", *live.arm.tokens]
    assert [s for s in secrets if s in text] == []
    assert len(outputs) > 20


@pytest.mark.parametrize("secret", [SUBSCRIPTION, f"AccountKey={KEY}"])
def test_the_cluster_log_is_redacted_before_its_end_is_shown(live: Scene, secret: str) -> None:
    for after in (*range(0, 400, 37), 360, 380, 395, 399):
        live.arm.command_results = [{"exitCode": 1, "logs": f"{secret} {'b ' * (after // 2)}"}]
        with pytest.raises(AzureRefused) as refused:
            live.deploy(toy())
        bare = secret.removeprefix("AccountKey=")
        parts = {bare[n : n + 8] for n in range(len(bare) - 8)}
        assert [p for p in parts if p in str(refused.value)] == [], after


def test_files_of_the_toy_are_applied_in_order() -> None:
    assert [f.name for f in FILES] == sorted(f.name for f in FILES)
    assert remove.__doc__ is not None


# The real designs, whole


REAL = {
    "publisherEmail": "apis@contoso.example",
    "tenantId": "a-tenant",
    "apiAudience": "api://contoso",
    "backendAuthority": "MIIB",
    "backendAuthorityThumbprint": "0" * 40,
    "CLIENT_AUTHORITY_PEM": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "CLIENT_AUTHORITY_THUMBPRINT": "0" * 40,
}
OUTPUTS = {
    "entraTenantId": TENANT,
    "keyVaultProviderClientId": OBJECT,
    "gatewayPublicAddresses": "203.0.113.7",
    "gatewayPrincipalId": OBJECT,
}


def applied_files(live: Scene) -> list[str]:
    return [f for c in live.arm.commands for f in re.findall(r"-f (\S+\.yaml)", c["command"])]


@pytest.mark.parametrize("option", combined(*(o.id for o in OPTIONS), every=3))
def test_a_real_design_is_deployed_twice_and_removed_without_a_trace(
    tmp_path: Path, option: str
) -> None:
    made = bundled("contoso-retail")
    placement = made.placement(option)
    files = placeholders(manifests(placement))
    values = REAL | {
        p.text.strip("<>"): f"{n}.example"
        for n, p in enumerate(files)
        if p.text.startswith(("<TLS_NAME", "<POD_LABEL"))
    }
    real = project(made, placement, "1.0", values)
    with scene(tmp_path, Arm(outputs=OUTPUTS, model=new_model(real))) as live:
        given = {"values": values, "certificates_done": True, "workload": WorkloadChoice.WITH}
        first = live.deploy(real, **given)
        assert "manifests/data.yaml line 99" in first.waits_for
        put_there(live.arm.model, real)
        first = again(live).deploy(real, **given)
        assert not [f for f in applied_files(live) if f >= "50"]
        assert first.finished and len(first.created) > 60
        assert set(live.arm.writes.values()) == {1}
        assert all("<" not in c["command"] for c in live.arm.commands)
        second = again(live).deploy(real, **given)
        done = {s.name for s in second.steps if s.state not in ("already", "waits")}
        assert done <= {real.gate.id if real.gate else ""}
        assert set(live.arm.writes.values()) == {1}
        found = again(live).remove(real)
        assert not found.waits_for
        assert live.arm.resources == {} and live.arm.groups == {}


def test_everything_new_is_in_the_resource_group_that_the_file_names() -> None:
    found = read_workload("contoso-retail")
    azure = replace(found.azure, resource_group="rg-named")
    made = design(replace(found, azure=azure))
    for option in OPTIONS:
        named = project(made, made.placement(option.id), "1")
        groups = {named.home, named.cluster_group, *named.groups}
        assert groups == {"rg-named"}, option.id


def test_deployment_names_fit_and_differ() -> None:
    made = bundled("contoso-retail")
    names = [p.deployment for o in OPTIONS for p in project(made, made.placement(o.id), "1").pieces]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 64


def test_the_state_of_another_subscription_is_refused(live: Scene) -> None:
    live.deploy(toy())
    live.client.connection.subscription = "0" * 8
    with pytest.raises(InputError, match="about another subscription"):
        live.remove(toy())
    assert live.arm.gone == []


def test_a_conflict_that_nobody_knows_is_not_tried_again(live: Scene) -> None:
    live.arm.faults = [Fault("PUT", DEPLOYMENT, 409, error("SomethingElse", "No."), times=9)]
    with pytest.raises(AzureRefused, match="SomethingElse"):
        live.deploy(toy())
    assert live.arm.count("PUT", DEPLOYMENT) == 1


# The command line


def command(*words: str) -> int:
    return main(list(words))


@pytest.mark.usefixtures("designed_once")
def test_the_plan_offline_is_printed_for_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    for option in OPTIONS:
        assert command("plan", "--offline", "--option", option.id) == 0
        text = capsys.readouterr().out
        assert "10-foundation" in text and "planned against an empty subscription" in text


@pytest.mark.usefixtures("designed_once")
def test_without_a_subscription_only_the_files_say_what_would_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)
    chosen = ("--option", OPTIONS[0].id)
    for words in (("plan",), ("deploy", "--apply"), ("remove", "--apply")):
        assert command(*words, *chosen) == 3
        assert "AZURE_SUBSCRIPTION_ID is not set" in capsys.readouterr().err
    for name, seen in (("deploy", "10-foundation"), ("remove", "removed where it exists")):
        assert command(name, *chosen, "--state", str(tmp_path)) == 0
        said = capsys.readouterr()
        assert seen in said.out and "what the files say: AZURE_SUBSCRIPTION_ID" in said.err


@pytest.mark.usefixtures("designed_once")
def test_a_value_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("plan", "--offline", "--value", "secret") == 2
    assert "Write NAME=VALUE" in capsys.readouterr().err


def test_the_command_line_plans_deploys_and_removes(
    live: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(live)
    monkeypatch.setattr("apim_aks.cli.azure.arguments.azure", lambda *_, **__: live.client)
    monkeypatch.setattr("apim_aks.cli.azure.arguments.project", lambda *_: toy(files=()))
    monkeypatch.setattr(COSTED, lambda given: (toy(files=()), COST, 0))
    state = ("--state", str(live.folder / "state"))
    assert command("plan", *state) == 0
    assert "about 0.10 USD to 0.20 an hour" in capsys.readouterr().out
    assert command("deploy", *state) == 0 and live.arm.writes == {}
    assert command("deploy", "--apply", *state) == 2 and live.arm.writes == {}
    assert f"Give --confirm {WORD}" in capsys.readouterr().err
    word = ("--confirm", WORD)
    assert command("deploy", "--apply", *word, *state) == 3 and written_once(live.arm)
    assert "it is not confirmed that every API answers" in capsys.readouterr().err
    assert command("remove", *state) == 0 and live.arm.gone == []
    assert command("remove", "--apply", *state) == 2 and live.arm.gone == []
    assert command("remove", "--apply", "--purge", "--json", *word, *state) == 0
    assert live.arm.deleted == {} and len(gone(live)) == 4
    out, err = capsys.readouterr()
    assert SUBSCRIPTION not in out + err and '"items"' in out


@pytest.mark.parametrize(("stop", "status"), [(KeyboardInterrupt(), 130), (RuntimeError, 4)])
def test_whatever_happens_is_shown_through_the_filter(
    live: Scene,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stop: Any,
    status: int,
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise stop if status == 130 else stop(f"about {SUBSCRIPTION} and {KEY}")

    monkeypatch.setattr("apim_aks.cli.azure.arguments.azure", lambda *_, **__: live.client)
    monkeypatch.setattr("apim_aks.cli.azure.arguments.project", lambda *_: toy())
    monkeypatch.setattr(live.client, "identity", broken)
    assert command("deploy", "--apply", "--debug") == status
    said = capsys.readouterr().err
    assert said and SUBSCRIPTION not in said and KEY not in said


# Where deploying ends


MOVED = {
    "kind": "Service",
    "apiVersion": "v1",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"type": "LoadBalancer"},
}
WEB = MOVED | {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
LATER = (
    manifest_file(
        "50-services.yaml", (MOVED,), "Takes the Services off.", Action.PATCH, phase=Phase.CLOSE
    ),
    manifest_file(
        "60-network-policies.yaml",
        (),
        "Admits.",
        by_hand=("Look at policies.",),
        phase=Phase.CLOSE,
    ),
    manifest_file(
        "90-delete.yaml", (ROUTE,), "Takes the routes away.", Action.DELETE, phase=Phase.CLOSE
    ),
)


def test_deploying_ends_before_what_serves_callers_today_and_says_what_follows(
    live: Scene,
) -> None:
    result = live.deploy(toy(files=(*FILES, *LATER)))
    assert applied_files(live) == ["30-ingress.yaml", "40-routes.yaml"]
    assert result.finished and result.closing == result.follows
    first, moved, policies, deleted = result.follows
    assert "stops before 50-services.yaml: callers that are served today keep" in first
    assert "Not done: 50-services.yaml, 60-network-policies.yaml, 90-delete.yaml" in first
    assert "50-services.yaml changes Service shop/web. Takes the Services off." in moved
    assert "kubectl apply --server-side --field-manager" in moved and "force" not in moved
    assert policies.endswith("by hand: Look at policies.")
    assert "90-delete.yaml deletes Ingress shop/all" in deleted
    assert "kubectl delete" in deleted
    assert all(sentence in deployed_text(result) for sentence in result.follows)


def test_without_anything_that_follows_everything_is_there(live: Scene) -> None:
    assert live.deploy(toy()).closing == ("Every resource exists.",)


def test_what_an_existing_cluster_shares_is_not_called_harmless(live: Scene) -> None:
    address = manifest_file("35-ingress-address.yaml", (MOVED,), "Address.", Action.PATCH)
    made = toy(files=(*FILES, address, *LATER), cluster_is_there=True)
    live.arm.cluster, live.arm.hidden = [WEB], {"Service"}
    waits = live.deploy(made).waits_for
    assert "Service shop/web was not read: kubectl said Error from server" in waits
    live.arm.model = ModelCluster(Cluster(spaces=frozenset({"shop"})))
    live.arm.model.someone("kubectl", read(dump_all([WEB])))
    first, shared, *_ = live.deploy(made).follows
    assert "keep their service" not in first and "no Service or route of the" in first
    assert "Service shop/web in it was changed" in shared


def test_a_cluster_without_the_services_is_left_as_it_is(live: Scene) -> None:
    made = toy(services=("shop/web", "shop/orders"))
    result = live.deploy(made)
    assert not result.finished and live.arm.commands == []
    assert "does not hold 1 of the 2 Services: shop/orders; nothing in the" in result.waits_for
    assert id_of(API).lower() not in live.arm.resources
    live.arm.services.add("shop/orders")
    assert again(live).deploy(made).finished


def test_services_of_another_namespace_do_not_count(live: Scene) -> None:
    live.arm.services = {"shop2/web", "shop/web-2", "other/web"}
    assert "does not hold 1 of the 1 Services" in live.deploy(toy()).waits_for


def test_an_existing_cluster_is_looked_at_before_anything_is_made(live: Scene) -> None:
    live.arm.services = set()
    result = live.deploy(toy(cluster_is_there=True))
    assert not result.finished and live.arm.writes == {} and GROUP not in live.arm.groups


def test_a_cluster_that_does_not_say_what_it_holds_is_left_as_it_is(live: Scene) -> None:
    failed = Fault("GET", "operationresults", 200, {"properties": FAILED}, after=1, times=0)
    live.arm.services = set()
    failed.times = 99
    made = toy(pieces=toy().pieces[2:], cluster_is_there=True)
    live.arm.faults = [replace(failed, after=0)]
    with pytest.raises(AzureRefused, match="nothing was changed in the cluster"):
        live.deploy(made)
    assert live.arm.commands == [] and live.arm.writes == {}


FAILED = {"exitCode": 1, "logs": "Unauthorized", "provisioningState": "Succeeded"}


def test_a_real_design_says_what_follows_for_every_option() -> None:
    made = bundled("contoso-retail")
    for option in OPTIONS:
        real = project(made, made.placement(option.id), "1.0")
        files = [f.name for f in real.files if f.name >= "50"]
        said = following(real)
        assert files and all(any(name in s for s in said[1:]) for name in files)
        assert order(real).index("services") < order(real).index("30-apis-01")


# Operations that never end


def endless(live: Scene, retry_after: str = "60", by_status: bool = False) -> None:
    """No operation ends: by its Location, or by a status that stays as it is."""
    answer = (200, {"status": "InProgress"}) if by_status else (202, None)
    wait = {"Retry-After": retry_after}
    live.arm.faults = [Fault("GET", "operationresults", *answer, wait, times=100_000)]


ENDLESS = {
    "what-if": (
        lambda live: live.deploy(toy(objects=())),
        "What-if of",
        "nothing was changed by it",
        20,
    ),
    "a command": (
        lambda live: live.client.run(GROUP, "aks-sample", "kubectl version", {}),
        "Run command on cluster aks-sample",
        "the command goes on in the cluster",
        60,
    ),
    "a removal": (
        lambda live: live.client.delete(id_of(NETWORK)),
        "Removing Microsoft.Network/virtualNetworks vnet-sample",
        "run remove again later",
        90,
    ),
    "a group": (
        lambda live: live.client.delete_group(GROUP),
        "Removing resource group rg-sample",
        "run remove again later",
        90,
    ),
    "a purge": (
        lambda live: live.client.purge_gateway("apim-sample", "westeurope"),
        "Purging API Management apim-sample",
        "run remove again later",
        90,
    ),
    "forgetting": (
        lambda live: Deployments(live.client).forget(GROUP, "d"),
        "Forgetting d",
        "run remove again later",
        90,
    ),
}


@pytest.mark.parametrize(
    ("what", "retry_after"), [*product(ENDLESS, ("60", "3599", "86400")), ("a group", "0")]
)
def test_an_operation_that_never_ends_ends_in_a_sentence(
    live: Scene, what: str, retry_after: str
) -> None:
    ask, doing, later, limit = ENDLESS[what]
    live.client.connection.tell = live.told.append
    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP}
    live.arm.put(id_of(NETWORK), type=NETWORK["type"])
    Leases(live.client, GROUP, lease_zone(toy())).place({})
    live.pauses.clear()
    endless(live, retry_after, by_status=what == "a removal")
    with pytest.raises(StillRunning) as still:
        ask(live)
    said = str(still.value)
    assert doing in said and "still running after" in said and later in said
    assert "\n" not in said and sum(live.pauses) <= limit * 60
    assert all(p <= 300 for p in live.pauses)
    beyond = float(retry_after) > limit * 60
    assert beyond == (live.pauses == []) == ("wants to be asked again in" in said and beyond)
    if retry_after == "60":
        assert any("still running, 5 minutes" in line for line in live.told)


def test_a_purge_of_a_vault_is_waited_for(live: Scene) -> None:
    live.arm.deleted["kv-sample"] = {"properties": {}}
    held = Fault("GET", "deletedVaults/kv-sample", 200, {"properties": {}}, times=100_000)
    live.arm.faults = [held]
    with pytest.raises(StillRunning, match="Purging vault kv-sample"):
        live.client.purge_vault("kv-sample", "westeurope")
    assert 0 < sum(live.pauses) <= 90 * 60


def test_a_deployment_that_never_ends_ends_in_a_sentence_and_is_waited_for_again(
    live: Scene,
) -> None:
    live.arm.polls = 100_000
    with pytest.raises(StillRunning, match="10-foundation: still running.*run deploy again later"):
        live.deploy(toy())
    assert sum(p for p in live.pauses if p == 15.0) == 3 * 3600
    first_stage(live)["left"] = 1
    live.arm.polls = 2
    assert again(live).deploy(toy()).finished and written_once(live.arm)


def test_a_removal_that_never_ends_stops_and_goes_on_later(live: Scene) -> None:
    live.deploy(toy())
    endless(live, by_status=True)
    with pytest.raises(StillRunning, match="run remove again later"):
        live.remove(toy())
    live.arm.faults = []
    assert not again(live).remove(toy()).waits_for
    assert not [r for r in live.arm.resources if "aks-sample" not in r]


def test_the_command_ends_with_three_when_an_operation_never_ends(
    live: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apim_aks.cli.azure.arguments.azure", lambda *_, **__: live.client)
    monkeypatch.setattr("apim_aks.cli.azure.arguments.project", lambda *_: toy())
    monkeypatch.setattr(COSTED, lambda given: (toy(), COST, 0))
    live.deploy(toy())
    state = ("--state", str(live.folder / "state"))
    for words in (("plan",), ("deploy", "--apply"), ("remove", "--apply")):
        endless(live, by_status=words[0] == "remove")
        confirmed = ("--confirm", WORD) if "--apply" in words else ()
        assert command(*words, *confirmed, *state) == 3
        last = capsys.readouterr().err.strip().splitlines()[-1]
        assert "still running after" in last and "later" in last


# Requests that were sent again


def test_what_was_sent_again_is_told_and_kept(live: Scene) -> None:
    live.arm.faults = [
        Fault("PUT", DEPLOYMENT, 429, THROTTLED, {"Retry-After": "17"}, times=2),
        Fault("GET", "operationresults", 503, error("ServerBusy")),
        Fault("GET", DEPLOYMENT, cut=True, after=2),
    ]
    result = live.deploy(toy())
    counts = {"Azure answered 429": 2, "Azure answered 503": 1, "The connection to Azure broke": 1}
    assert state(live).retried == counts
    lines = [line for line in live.told if "it is sent again" in line]
    assert len(lines) == 4 and any(
        re.fullmatch(r"Azure answered 429 to PUT .*toy-10.*; it is sent again \(2 of 5\)", line)
        for line in lines
    )
    assert "Azure answered 429 2 times; each was sent again." in result.closing
    assert not [line for line in live.told if SUBSCRIPTION in line]


def test_retries_of_a_run_that_failed_are_kept_and_added(live: Scene) -> None:
    for _ in range(2):
        live.arm.faults = [Fault("PUT", DEPLOYMENT, 500, error("InternalServerError"), times=6)]
        with pytest.raises(AzureRefused):
            again(live).deploy(toy())
    assert state(live).retried == {"Azure answered 500": 10}


def test_a_state_of_an_earlier_version_is_read(live: Scene) -> None:
    live.deploy(toy())
    path = state_path(live.folder / "state", "sample", "toy")
    held = json.loads(path.read_text())
    del held["retried"]
    path.write_text(json.dumps(held))
    assert state(live).retried == {} and again(live).deploy(toy()).finished


def test_a_vault_is_asked_with_the_same_patience(live: Scene) -> None:
    wait = {"Retry-After": "86400"}
    live.arm.faults = [Fault("GET", "/certificates/", 429, THROTTLED, wait, times=9)]
    vault = Certificates(live.client, "kv-sample", live.arm.base)
    with pytest.raises(AzureRefused, match="too many"):
        vault.look("client")
    assert live.pauses == []
