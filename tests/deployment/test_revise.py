"""An API imported anew as a revision: callers get it when its checks pass, and only then."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from apim_aks.__main__ import main
from apim_aks.deployment import Project, Revised, revise
from apim_aks.deployment.lease import LeaseHeld
from apim_aks.errors import CheckError, InputError
from apim_aks.remote.azure import AzureRefused, StillRunning
from apim_aks.remote.calls import Call, Ending, Outcome
from tests.support.arm_server import Arm, Fault, error
from tests.support.azure_scenes import (
    GROUP,
    WORD,
    Scene,
    again,
    id_of,
    piece,
    resource,
    scene,
    toy,
    with_cluster,
)
from tests.support.series import some_of

APIS = "Microsoft.ApiManagement/service/apis"
ORDERS = id_of(resource(APIS, "apim-sample/orders")).lower()


def document(*paths: str) -> str:
    answers = {"responses": {"200": {"description": "Fine."}}}
    operations = {p: {"get": {"operationId": p.strip("/"), **answers}} for p in paths}
    info = {"title": "Orders", "version": "1"}
    return json.dumps({"openapi": "3.0.3", "info": info, "paths": operations})


def made(*paths: str, policy: str = "<policies/>") -> Project:
    """The toy with one API of these paths and its policy."""
    about = {"path": "orders", "subscriptionRequired": True, "format": "openapi+json"}
    api = resource(APIS, "apim-sample/orders", False)
    api["properties"] = about | {"value": document(*paths)}
    rules = resource(f"{APIS}/policies", "apim-sample/orders/policy", False)
    rules["properties"] = {"format": "xml", "value": policy}
    return toy(pieces=(piece("30-apis-01", api, rules),), files=(), services=())


OLD, NEW = made("/list"), made("/list", "/count", policy="<policies><inbound/></policies>")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, with_cluster(Arm())) as found:
        found.deploy(OLD)
        yield found


def refused(call: Call) -> Outcome:
    return Outcome(Ending.ANSWERED, 401)


def revised(live: Scene, project: Project = NEW, **given: Any) -> Revised:
    values = {"apply": True, "run": live.run(confirm=WORD), "ask": refused}
    return revise(live.client, project, "orders", **(values | given))


def served(live: Scene) -> set[str]:
    return set(json.loads(live.arm.resources[ORDERS]["properties"]["value"])["paths"])


def test_without_apply_it_is_only_compared(live: Scene) -> None:
    before = len(live.arm.resources)
    found = revised(live, apply=False)
    assert (found.serving, found.number, found.current) == ("1", "2", False)
    assert [c.rule for c in found.difference.changes] == ["operation-added"]
    assert len(live.arm.resources) == before


def test_a_revision_becomes_current_when_its_checks_pass(live: Scene) -> None:
    asked: list[Call] = []
    found = revised(live, ask=lambda call: (asked.append(call), refused(call))[1])
    assert found.current and served(live) == {"/list", "/count"}
    assert [(c.host, c.path) for c in asked] == [
        ("apim-sample.azure-api.net", "/orders;rev=2/list")
    ]
    rules = live.arm.resources[f"{ORDERS};rev=2/policies/policy"]
    assert rules["properties"]["value"] == "<policies><inbound/></policies>"
    written = [line for line in live.arm.log if ";rev=2" in line and not line.startswith("GET")]
    assert written[-1].startswith("RELEASED") and "policies" in written[-2]
    assert not revised(live).call[1].startswith("without"), "it serves already: nothing is made"
    assert live.arm.count("RELEASED", "") == 1


FAILING: dict[str, tuple[Project, dict[str, Any], str]] = {
    "it breaks callers": (made("/other"), {}, "breaks callers in 1 places"),
    "it serves without a key": (
        NEW,
        {"ask": lambda _: Outcome(Ending.ANSWERED, 200)},
        "without a key GET /orders;rev=2/list .* was answered with 200",
    ),
    "it is not there": (
        NEW,
        {"ask": lambda _: Outcome(Ending.ANSWERED, 404)},
        "was answered with 404",
    ),
    "nobody can call it": (NEW, {"ask": lambda _: Outcome(Ending.SILENT)}, "or use --uncalled"),
}


@pytest.mark.parametrize("what", FAILING)
def test_what_fails_is_removed_and_the_other_goes_on(live: Scene, what: str) -> None:
    project, given, words = FAILING[what]
    with pytest.raises(CheckError, match=words):
        revised(live, project, **given)
    assert served(live) == {"/list"} and f"{ORDERS};rev=2" not in live.arm.resources
    assert ORDERS in live.arm.resources, "only the revision goes, not the API"
    assert live.told[-1] == "Revision 2 was removed; revision 1 continues to serve."
    assert not any("deleteRevisions" in q for _, q in live.arm.queries)


def test_what_is_known_may_break_and_be_uncalled(live: Scene) -> None:
    silent = {"ask": lambda _: Outcome(Ending.SILENT)}
    assert revised(live, made("/other"), breaking=True, uncalled=True, **silent).current
    assert served(live) == {"/other"}


def test_with_a_key_the_operation_has_to_answer(live: Scene) -> None:
    run = live.run(confirm=WORD, values={"subscriptionKey": "k" * 32})
    seen: list[Call] = []

    def ask(call: Call) -> Outcome:
        seen.append(call)
        return Outcome(Ending.ANSWERED, 503)

    with pytest.raises(CheckError, match="answered with 503"):
        revised(live, run=run, ask=ask)
    assert seen[0].headers["Ocp-Apim-Subscription-Key"] == "k" * 32


def test_a_refusal_of_azure_takes_the_revision_back(live: Scene) -> None:
    live.arm.faults = [Fault("PUT", ";rev=2/policies/", 400, error("ValidationError", "Bad."))]
    with pytest.raises(AzureRefused, match="ValidationError"):
        revised(live)
    assert f"{ORDERS};rev=2" not in live.arm.resources and served(live) == {"/list"}


# Killed and refused at every request

API, REVISION = r"/service/[^/]+/apis/orders", r"/service/[^/]+/apis/orders;rev=2"
OPERATIONS = {
    "the API": ("GET", rf"{API}$"),
    "its revisions": ("GET", rf"{API}/revisions$"),
    "the document": ("GET", rf"{REVISION}$"),
    "the import": ("PUT", rf"{REVISION}$"),
    "its end": ("GET", "operationresults/"),
    "a policy": ("PUT", rf"{REVISION}/policies/policy$"),
    "the release": ("PUT", rf"{API}/releases/rev-2$"),
    "the lease": ("PUT", r"lease\.internal"),
}
WAIT = {"Retry-After": "9"}
SOON = error("ServiceUnavailable")
BUSY = error("PessimisticConcurrencyConflict", "Operation on the API is in progress.")
PASSING = {
    "429": {"status": 429, "body": error("TooManyRequests"), "headers": WAIT, "times": 2},
    "500": {"status": 500, "body": error("InternalServerError"), "times": 2},
    "503": {"status": 503, "body": SOON, "times": 3},
    "busy": {"status": 409, "body": BUSY, "times": 2},
    "cut": {"cut": True},
    "cut when it was done": {"cut": True, "done_first": True},
}
LASTING = {
    "403": {"status": 403, "body": error("AuthorizationFailed", "No."), "times": 99},
    "500": {"status": 500, "body": error("InternalServerError"), "times": 99},
    "cut": {"cut": True, "times": 99},
    "422": {"status": 422, "body": error("ManagementApiRequestFailed", "No."), "times": 99},
}


def new_revisions(live: Scene) -> set[str]:
    found = (re.search(r"/apis/orders;rev=(\d+)", r) for r in live.arm.resources)
    return {m[1] for m in found if m} - {"1"}


def goes_on(live: Scene) -> list[str]:
    """The next run, of another process, ends with one revision that is current."""
    live.arm.faults = []
    told: list[str] = []
    try:
        found = revised(again(live), run=live.run(confirm=WORD, tell=told.append))
    except LeaseHeld as held:
        lease = str(held).partition("--take-over ")[2].split()[0]
        found = revised(again(live), run=live.run(confirm=WORD, take_over=lease))
    assert found.current and found.number == "2" and served(live) == {"/list", "/count"}
    assert new_revisions(live) <= {"2"} and live.arm.count("RELEASED", "") == 1
    return told


def what_stands(live: Scene) -> dict[str, Any]:
    return {p: deepcopy(getattr(live.arm, p)) for p in ("resources", "operations", "lists")}


def test_passing_faults_are_survived_and_one_revision_is_made(live: Scene) -> None:
    before = what_stands(live)
    for (name, fault), (what, (method, path)) in some_of(
        product(PASSING.items(), OPERATIONS.items()), 6
    ):
        for part, held in deepcopy(before).items():
            setattr(live.arm, part, held)
        live.arm.log.clear()
        live.arm.faults = [Fault(method, path, **deepcopy(fault))]
        try:
            found = revised(again(live))
        except (AzureRefused, CheckError) as refused:
            assert name in ("busy", "cut when it was done") or what == "the lease", (what, refused)
            assert str(refused).rstrip().endswith((".", ")")), (name, what, refused)
            assert served(live) in ({"/list"}, {"/list", "/count"})
            goes_on(live)
            continue
        assert found.current and new_revisions(live) <= {"2"}, (name, what)
        assert served(live) == {"/list", "/count"} and live.arm.count("RELEASED", "") == 1


def test_lasting_faults_end_in_a_sentence_and_the_next_run_goes_on(live: Scene) -> None:
    before = what_stands(live)
    for (name, fault), (what, (method, path)) in some_of(
        product(LASTING.items(), OPERATIONS.items()), 6
    ):
        for part, held in deepcopy(before).items():
            setattr(live.arm, part, held)
        live.arm.log.clear()
        live.arm.faults = [Fault(method, path, **deepcopy(fault))]
        with pytest.raises((AzureRefused, CheckError), match=r"\w+.*[.)]\s*$"):
            revised(again(live))
        assert served(live) == {"/list"}, (name, what)
        goes_on(live)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_killed_at_any_of_its_writes_goes_on_with_its_own_revision(
    live: Scene, after: bool
) -> None:
    before = what_stands(live)
    for at in range(1, 20):
        for part, held in deepcopy(before).items():
            setattr(live.arm, part, held)
        live.arm.log.clear()
        live.arm.kill_at, live.arm.killed_after = at, after
        try:
            revised(again(live))
        except KeyboardInterrupt:
            live.arm.kill_at = 0
            goes_on(live) if live.arm.count("RELEASED", "") == 0 else None
            assert revised(again(live)).current and live.arm.count("RELEASED", "") == 1
            continue
        break
    assert at > 3, "the import, the policy and the release are writes"


def test_what_azure_still_imports_is_left_and_gone_on_with(live: Scene) -> None:
    live.arm.polls = 10_000
    with pytest.raises(StillRunning, match="Azure continues with it"):
        revised(live)
    assert new_revisions(live) == {"2"} and served(live) == {"/list"}
    assert live.told[-1].endswith("Run it again: it goes on with this revision.")
    live.arm.polls = 2
    for operation in live.arm.operations.values():
        operation["left"] = min(operation["left"], 3)
    assert any("Operation on the API is in progress" in line for line in goes_on(live))


def test_a_revision_of_another_document_is_named(live: Scene) -> None:
    live.arm.put(
        ORDERS + ";rev=7",
        type=APIS,
        properties={"apiRevisionDescription": "apim-aks 12", "value": document("/x")},
    )
    revised(live, apply=False)
    assert "Revision 7 was begun with another document and is not current: delete it." in live.told


def test_an_api_that_is_not_ours_or_not_there_is_a_sentence(live: Scene) -> None:
    with pytest.raises(InputError, match="'other' is no API of this option. Use one of orders"):
        revise(live.client, NEW, "other")
    live.arm.resources.pop(ORDERS)
    with pytest.raises(InputError, match="orders is not in apim-sample yet. Deploy first"):
        revised(live)


def test_the_command_shows_what_callers_notice(
    live: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apim_aks.cli.azure.arguments.azure", lambda *_, **__: live.client)
    monkeypatch.setattr("apim_aks.cli.azure.revise.project_of", lambda given: (NEW, 0))
    assert main(["revise", "orders", "--state", str(live.folder / "state")]) == 0
    said = capsys.readouterr().out
    assert "1 operations compared: 0 breaking, 0 unclear, 1 compatible" in said
    assert "Callers get revision 1." in said and live.arm.groups[GROUP]
