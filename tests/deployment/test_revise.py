"""An API imported anew as a revision: callers get it when its checks pass, and only then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apim_aks.__main__ import main
from apim_aks.deployment import Project, Revised, revise
from apim_aks.errors import CheckError, InputError
from apim_aks.remote.azure import AzureRefused
from apim_aks.remote.calls import Call, Ending, Outcome
from tests.support.arm_server import Arm, Fault, error
from tests.support.azure_scenes import (
    GROUP,
    WORD,
    Scene,
    id_of,
    piece,
    resource,
    scene,
    toy,
    with_cluster,
)

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


def test_a_killed_run_goes_on_with_its_own_revision(live: Scene) -> None:
    def killed(_: Call) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        revised(live, ask=killed)
    found = revised(live)
    assert found.number == "2" and found.current
    assert not [r for r in live.arm.resources if ";rev=3" in r]


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
