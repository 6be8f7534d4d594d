"""`decide` and `prices` as CI uses them: what they print and how they end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from apim_aks import __main__ as command_line
from apim_aks.cli.console import WIDTH
from apim_aks.costs.snapshot import PricesNotReached
from apim_aks.facts import prices
from apim_aks.workload.file import save
from apim_aks.workload.file.source import BUNDLED

pytestmark = pytest.mark.usefixtures("designed_once")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = command_line.main(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def own(tmp_path: Path) -> str:
    shutil.copytree(BUNDLED / "contoso-orders", tmp_path / "mine")
    return str(tmp_path / "mine" / "workload.yaml")


@pytest.mark.parametrize(
    ("option", "required", "status", "reason"),
    [
        ("v2-integration", {}, 0, ""),
        (
            "ingress-mtls",
            {},
            1,
            "is no longer first: v2 tier with outbound",
        ),
        (
            "v2-integration",
            {"regions": 2},
            1,
            "is not confirmed: Standard v2 runs in one",
        ),
    ],
)
def test_it_ends_with_1_when_the_recorded_option_is_out_or_not_first(
    own: str,
    option: str,
    required: dict[str, object],
    status: int,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(own, {"decision": {"option": option}, "requirements": required})
    ended, out, err = run(capsys, "decide", "--workload", own)
    assert ended == status
    assert reason in err
    assert "Outcome" in out


def test_it_prints_everything_a_review_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "decide", "--workload", "contoso-orders")
    for head in ("No requirement is stated", "Outcome", "a month", "Weights that", "Robustness"):
        assert head in out
    assert max(map(len, out.splitlines())) <= WIDTH


def test_it_says_what_brings_an_option_back(own: str, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = {"static_outbound_ip": True, "tiers_allowed": ["StandardV2"]}
    save(own, {"requirements": wanted})
    status, out, _ = run(capsys, "decide", "--workload", own)
    assert status == 0
    assert "Requirements to relax" in out
    assert "Fixed outbound address (not required)" in out
    assert "Not compared" in out and "NAT gateway" in out
    assert "no option meets every requirement" not in out.casefold()


def test_as_json_it_has_ranking_changes_hinges_and_shares(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = run(capsys, "decide", "--workload", "contoso-orders", "--json")
    said = json.loads(out)
    assert {"standings", "ruled_out", "flips", "hinges", "requirement_changes"} <= set(said)
    assert sum(said["robustness"]["all_weightings"].values()) == pytest.approx(1)
    assert said["winner"] == "v2-integration"


def test_prices_are_a_table_with_status_and_day(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "prices")
    assert status == 0
    assert all(row.id in out for row in prices())
    assert "not priced" in out and prices()[0].checked_on in out


def test_prices_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "prices", "--json")
    assert len(json.loads(out)["prices"]) == len(prices())


@pytest.mark.parametrize("given", [("--region", "westeurope"), ("--currency", "EUR")])
def test_another_region_or_currency_needs_a_refresh(
    given: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "prices", *given)
    assert (status, out) == (2, "")
    assert err.startswith(given[0]) and "Add --refresh" in err


def test_prices_that_cannot_be_reached_end_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody_answers(url: str) -> tuple[int, dict[str, str], bytes]:
        raise PricesNotReached(f"{url.partition('?')[0]} did not answer; expected prices.")

    monkeypatch.setattr(command_line, "send_with_urllib", nobody_answers)
    before = prices()
    status, out, err = run(capsys, "prices", "--refresh")
    assert (status, out) == (3, "")
    assert "did not answer" in err
    assert prices() == before
