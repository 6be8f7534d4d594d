"""`init --ask`: what is asked on a terminal, and what becomes of the answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_aks.__main__ import main
from apim_aks.cli import ask
from apim_aks.errors import InputError
from apim_aks.facts import requirement_row
from apim_aks.workload.file import read_workload
from apim_aks.workload.file.questions import (
    as_changes,
    asked,
    check,
    in_words,
    parsed,
    question,
    questions,
    settled,
)
from apim_aks.workload.file.source import BUNDLED


def interviewed(typed: Iterable[str], start: dict[str, Any] | None = None) -> tuple[Any, str]:
    """The answers to these lines, and all that was told."""
    lines, told = iter(typed), []
    empty = {q.id: None for q in questions()}
    found = ask.interview({**empty, **(start or {})}, lambda: next(lines, None), told.append)
    return found, "\n".join(told)


def test_every_question_says_why_it_matters_and_takes_dont_know() -> None:
    found, told = interviewed(["?"] * 30)
    assert set(found.values()) == {None}
    for one in (q for q in questions() if q.when is None):
        assert one.label in told
        assert " ".join(one.why.split()) in " ".join(told.split())
        assert in_words(one, None) == "not stated" and one.otherwise


def test_requirements_are_asked_in_the_words_of_the_requirements() -> None:
    one = question("private_gateway")
    row = requirement_row("private_gateway")
    assert (one.label, one.text, one.why) == (row.label, row.question, row.meaning)


def test_a_wrong_answer_is_asked_again_and_enter_keeps_what_is_there() -> None:
    typed = ["mars", "1, on-premises", "perhaps", "yes", "", "q"]
    found, told = interviewed(typed, {"no_public_cluster_endpoint": True, "regions": 2})
    assert found["consumers"] == ["internet", "on-premises"]
    assert (found["private_gateway"], found["no_public_cluster_endpoint"]) == (True, True)
    assert found["regions"] == 2 and found["preset"] is None
    assert "\n'mars' is not a valid answer; use one of internet, same-vnet, peered-vnet" in told
    assert "'perhaps' is not a valid answer; use one of yes, no." in told


def test_an_answer_that_needs_another_is_taken_back_without_it() -> None:
    assert question("hub_name") in asked({"gateway_network": "hub"})
    assert question("hub_name") not in asked({"gateway_network": "peered"})
    half = {"gateway_network": "hub", "hub_name": "vnet-hub", "egress": "direct"}
    kept, said = settled(half)
    assert kept["gateway_network"] is None and kept["egress"] == "direct"
    assert len(said) == 1 and "Network of the gateway stays open" in said[0]
    assert as_changes(kept)["azure"]["existing"] == {"hub": None}


@pytest.mark.parametrize(
    ("id", "typed"),
    [
        ("regions", "0"),
        ("regions", "1.5"),
        ("monthly_budget", "inf"),
        ("monthly_budget", "nan"),
        ("region", "atlantis"),
        ("preset", "6"),
        ("hub_space", "10.0.0"),
        ("consumers", ","),
    ],
)
def test_what_the_file_may_not_say_is_no_answer(id: str, typed: str) -> None:
    with pytest.raises(InputError):
        parsed(question(id), typed)


def test_what_is_typed_may_stand_in_the_file() -> None:
    typed = {"load": "1_000.5", "egress": "2", "preset": "simplest", "regions": " 2 "}
    found = {id: parsed(question(id), text) for id, text in typed.items()}
    assert found == {"load": 1000.5, "egress": "firewall", "preset": "simplest", "regions": 2}
    for id, value in found.items():
        check(question(id), value)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines that somebody types, on a terminal."""
    lines: list[str] = []
    monkeypatch.setattr(ask, "require_terminal", lambda: None)
    monkeypatch.setattr("apim_aks.__main__.require_terminal", lambda: None)
    monkeypatch.setattr(ask, "_typed", lambda: lines.pop(0) if lines else None)
    return lines


def test_answers_are_written_into_a_first_file_and_nothing_else_counts_as_said(
    tmp_path: Path, terminal: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(BUNDLED / "contoso-orders" / "manifests", tmp_path / "manifests")
    terminal += ["2", "yes", "?", "?", "?", "?", "?", "200", "?", "?", "?", "?", "northeurope", "3"]
    assert main(["init", str(tmp_path), "--ask"]) == 0
    file = tmp_path / "workload.yaml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert said["requirements"] == {"private_gateway": True}
    assert said["traffic"] == {"requests_per_second": 200}
    assert (said["consumers"], said["weights"]) == (["same-vnet"], {"preset": "cost-first"})
    assert "# Must the gateway itself have no public address?\n" in file.read_text(encoding="utf-8")
    assert read_workload(tmp_path).azure.region == "northeurope"
    assert "5 of 14 questions answered; not stated: no public" in capsys.readouterr().err


def test_comments_and_order_of_a_file_that_is_there_are_kept(
    tmp_path: Path, terminal: list[str]
) -> None:
    shutil.copytree(BUNDLED / "contoso-orders", tmp_path / "mine")
    file = tmp_path / "mine" / "workload.yaml"
    before = file.read_text(encoding="utf-8").splitlines()
    terminal += ["1,2", "q"]
    assert main(["init", str(file.parent), "--ask"]) == 0
    after = file.read_text(encoding="utf-8").splitlines()
    (changed,) = [line for line in after if line not in before]
    assert changed == "consumers: [internet, same-vnet]  # Where are the APIs called from?"
    assert [x for x in before if x in after] == [x for x in before if "consumers" not in x]


def test_without_a_terminal_nothing_is_asked_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    shutil.copytree(BUNDLED / "contoso-orders" / "manifests", tmp_path / "manifests")
    assert main(["init", str(tmp_path), "--ask"]) == 2
    assert "there is none here" in capsys.readouterr().err
    assert not (tmp_path / "workload.yaml").exists()
