"""A plan in a file, done as it is or refused by the name of what has changed; the typed word."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.__main__ import main
from apim_aks.cli import terminal
from apim_aks.deployment import Project, plan, read_plan, saved_plan, write_plan
from apim_aks.errors import InputError
from tests.support import schemas
from tests.support.arm_server import OBJECT, SUBSCRIPTION, TENANT
from tests.support.azure_scenes import (
    COST,
    COSTED,
    FILES,
    GATEWAY,
    GROUP,
    NETWORK,
    WORD,
    Scene,
    again,
    id_of,
    piece,
    toy,
)


def kept(live: Scene, made: Project | None = None) -> Any:
    """The plan of the toy, through its file."""
    project = made or toy()
    path = live.folder / "plan.json"
    write_plan(path, saved_plan(plan(live.client, project), project, live.client.subscription))
    return read_plan(path)


def there(live: Scene) -> None:
    """The group and the network are there, as we would make them."""
    live.arm.groups[GROUP] = {"id": live.arm.scope(GROUP), "name": GROUP, "tags": toy().tags}
    made = toy().pieces[0].template["resources"][0]
    live.arm.put(
        id_of(NETWORK), **{k: v for k, v in made.items() if k not in ("name", "apiVersion")}
    )


def test_a_saved_plan_is_done_and_says_nothing_secret(live: Scene) -> None:
    saved = kept(live)
    text = (live.folder / "plan.json").read_text()
    assert schemas.wrong("plan", text) == []
    assert not [secret for secret in (SUBSCRIPTION, TENANT, OBJECT) if secret in text]
    assert saved.planned_by == "a user …e5f6"
    assert live.deploy(toy(), plan=saved).finished
    assert again(live).deploy(toy(), plan=saved).finished  # it was begun: its own changes count not


def with_parameter(made: Project) -> Project:
    first = replace(made.pieces[0], parameters={"email": {"value": "x"}})
    return replace(made, pieces=(first, *made.pieces[1:]))


def changed_by_hand(live: Scene) -> None:
    live.arm.resources[id_of(NETWORK).lower()]["properties"] = {"a": "2"}


OTHER = replace(FILES[0], because="x", objects=())
CHANGES: dict[str, tuple[Callable[[Scene], object], Project, str]] = {
    "a property": (
        changed_by_hand,
        toy(),
        "10-foundation: Microsoft.Network/virtualNetworks vnet-sample is now modify, "
        "the plan says no change",
    ),
    "somebody's": (
        lambda live: live.arm.put(id_of(GATEWAY), type=GATEWAY["type"], tags={}),
        toy(),
        "20-gateway: Microsoft.ApiManagement/service apim-sample is now modify, "
        "the plan says create",
    ),
    "a manifest": (lambda _: None, toy(files=(OTHER, FILES[1])), "30-ingress.yaml has changed"),
    "a parameter": (
        lambda _: None,
        with_parameter(toy()),
        "parameter email of 10-foundation has changed",
    ),
    "a template": (
        lambda _: None,
        toy(pieces=(piece("10-foundation", NETWORK), *toy().pieces[1:])),
        "the template of 10-foundation has changed",
    ),
    "a stage": (lambda _: None, toy(pieces=toy().pieces[:2]), "stage 30-apis-01 is gone"),
    "the version": (lambda _: None, toy(version="2.0"), "the version of the workbook is 2.0"),
    "a look": (
        lambda live: setattr(live.arm, "permissions", []),
        toy(),
        "roles-rg-sample was pass and is fail",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_since_is_named_and_nothing_is_done(live: Scene, what: str) -> None:
    there(live)
    saved = kept(live)
    change, made, words = CHANGES[what]
    change(live)
    with pytest.raises(InputError) as refused:
        again(live).deploy(made, plan=saved)
    assert words in str(refused.value) and live.arm.writes == {}


def test_a_plan_of_another_subscription_is_refused(live: Scene) -> None:
    saved = replace(kept(live), place="0" * 12)
    with pytest.raises(InputError, match="the subscription is another one"):
        live.deploy(toy(), plan=saved)


def test_a_change_while_it_runs_stops_it_before_the_stage(live: Scene) -> None:
    saved = kept(live)

    def tell(line: str) -> None:
        if line.startswith("10-foundation: done"):
            live.arm.put(id_of(GATEWAY), type=GATEWAY["type"], tags=toy().tags)

    live.tell = tell
    with pytest.raises(InputError, match="apim-sample is now modify, the plan says create"):
        live.deploy(toy(), plan=saved)
    assert id_of(GATEWAY).lower() not in live.arm.writes


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1, "stages": [{}]}'])
def test_a_file_that_is_no_plan_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(InputError, match=r"plan\.json: this is no plan of this version"):
        read_plan(tmp_path / "plan.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(tmp_path / "nothing.json")


def test_a_plan_that_asked_nobody_is_not_saved() -> None:
    with pytest.raises(InputError, match="made without Azure"):
        saved_plan(plan(None, toy()), toy(), "")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", f"Give --confirm {WORD}"),
        ("a1b2/aks-other/e5f6", "'a1b2/aks-other/e5f6' was confirmed"),
    ],
)
def test_nothing_is_changed_or_removed_without_the_right_word(
    live: Scene, said: str, words: str
) -> None:
    for change in (live.deploy, live.remove):
        with pytest.raises(InputError) as refused:
            change(toy(), confirm=said)
        assert words in str(refused.value) and live.arm.groups == {}


def test_the_command_line_saves_a_plan_asks_for_the_word_and_does_it(
    live: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    live.arm.skus = [{"name": "Premium", "locations": ["West Europe"]}]
    monkeypatch.setattr("apim_aks.cli.azure.arguments.azure", lambda *_, **__: live.client)
    monkeypatch.setattr("apim_aks.cli.azure.arguments.project", lambda *_: toy())
    monkeypatch.setattr(COSTED, lambda given: (toy(), COST, 0))
    monkeypatch.setattr("apim_aks.cli.azure.arguments.somebody_answers", lambda: True)
    monkeypatch.setattr(terminal.sys.stdin, "readline", lambda: f"{WORD}\n", raising=False)
    state, path = ("--state", str(live.folder / "state")), str(live.folder / "p.json")
    assert main(["plan", "--save", path, *state]) == 0
    assert json.loads(Path(path).read_text())["option"] == "toy"
    assert main(["deploy", "--apply", path, *state]) == 3
    said = capsys.readouterr().err
    assert f"Type {WORD} to go on: " in said and "every API answers" in said
    assert len(live.arm.writes) == 6
