"""The whole of live verification as a user meets it: command line and notebook, nothing leaked."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import nbformat
import pytest

from apim_aks.__main__ import main
from apim_aks.errors import InputError
from apim_aks.topology.check import State
from tests.support.arm_server import Fault, error
from tests.support.places import REPOSITORY
from tests.verification.standing_option import PLANTED, SECRETS, WORKLOAD, Whole, whole

pytestmark = pytest.mark.usefixtures("designed_once")

NOTEBOOK = REPOSITORY / "notebooks" / "07_deploy_and_verify.ipynb"
WAITS = {
    "v2-integration.other-subnet-refused",
    "v2-integration.standing-gateway-reaches-backends",
    "v2-integration.standing-no-public-cluster-endpoint",
}
"""Of the last two: in every answer here stands a property that nobody knows, which may matter."""


def command(option: str, *more: str) -> int:
    return main(["verify", "--workload", WORKLOAD, "--option", option, *more])


def cells(folder: Path, **parameters: Any) -> tuple[dict[str, Any], str]:
    """The notebook's cells run one after another: its names, and everything that it shows."""
    namespace: dict[str, Any] = {}
    shown: list[str] = []
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        *before, last = cell.source.rstrip().splitlines()
        try:
            code = compile(cell.source, cell.id, "eval")
        except SyntaxError:
            exec(compile(cell.source, cell.id, "exec"), namespace)
            code = None if last.startswith((" ", ")")) else expression(last, cell.id)
        value = eval(code, namespace) if code else None
        shown.append(str(getattr(value, "_repr_html_", lambda: "")()))
        if cell.id == "parameters":
            namespace |= parameters | {"workload": WORKLOAD, "out": str(folder)}
    return namespace, "\n".join(shown)


def expression(line: str, name: str) -> Any:
    try:
        return compile(line, name, "eval")
    except SyntaxError:
        return None


def test_a_standing_option_is_verified_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with whole(tmp_path, "v2-integration", monkeypatch):
        status = command("v2-integration", "--json")
    said = json.loads(capsys.readouterr().out)
    waiting = {c["id"] for c in said["live"] if c["state"] == "not_run"}
    assert (status, waiting) == (0, WAITS)
    assert not [c for c in said["live"] if c["state"] == "fail"]
    assert {d["state"] for d in said["drift"]} <= {"same", "cannot be compared"}


def test_the_vault_is_asked_as_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with whole(tmp_path, "ingress-mtls", monkeypatch):
        command("ingress-mtls", "--json")
    live = {c["id"]: c for c in json.loads(capsys.readouterr().out)["live"]}
    assert live["ingress-mtls.deployed-certificates"]["state"] == "pass"


def test_a_broken_option_ends_with_1_and_names_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with whole(tmp_path, "v2-integration", monkeypatch) as there:
        there.town.key_demanded = False
        status = command("v2-integration")
    out, err = capsys.readouterr()
    assert status == 1
    assert "Check v2-integration.missing-key-refused failed" in err
    assert out.splitlines()[2].startswith("✗  fail")


def test_nothing_deployed_is_no_failure_and_ends_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with whole(tmp_path, "v2-integration", monkeypatch, there=False):
        status = command("v2-integration")
    out, _ = capsys.readouterr()
    assert status == 3
    assert "nothing is deployed: there is no resource group" in " ".join(out.split())


def test_one_missing_permission_hides_one_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = error("AuthorizationFailed", f"Not for {PLANTED['note']}, {PLANTED['accessToken']}.")
    with whole(tmp_path, "v2-integration", monkeypatch) as there:
        there.arm.faults.append(Fault("GET", "networkstatus", 403, refused, times=99))
        status = command("v2-integration", "--json")
        out, err = capsys.readouterr()
        assert there.leaked(out, err) == set()
    said = json.loads(out)
    waiting = {c["id"]: c["reason"] for c in said["live"] if c["state"] == "not_run"}
    assert status == 0
    assert set(waiting) - WAITS == {"v2-integration.deployed-network-status"}
    assert "AuthorizationFailed" in waiting["v2-integration.deployed-network-status"]


@pytest.mark.parametrize("option", ["public-services", "ingress-mtls", "vnet-internal"])
def test_nothing_planted_in_any_answer_is_printed_or_logged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    option: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with whole(tmp_path, option, monkeypatch) as there:
        command(option)
        command(option, "--json")
        main(["plan", "--workload", WORKLOAD, "--option", option])
        main(["remove", "--workload", WORKLOAD, "--option", option, "--state", str(tmp_path)])
        out, err = capsys.readouterr()
        assert out.count("{") > 1
        assert there.leaked(out, err, caplog.text) == set()


def test_a_secret_that_is_printed_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<p>{SECRETS[0]}</p>", encoding="utf-8")
    there = Whole(None, None, None, tmp_path)  # type: ignore[arg-type]
    assert there.leaked("nothing") == {SECRETS[0]}


def test_the_notebook_deploys_verifies_and_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with whole(tmp_path, "v2-integration", monkeypatch, there=False) as there:
        told = {"option": "v2-integration", "live": True, "vantage": "internet"}
        monkeypatch.setenv("APIM_AKS_VALUE_newCluster", "later")
        told["confirm"] = "a1b2/aks-orders01/e5f6"
        names, shown = cells(tmp_path / "out", apply=True, **told)
        printed = "".join(capsys.readouterr())
        assert there.leaked(shown, printed) == set()
        assert any("/deployments/" in id for id in there.arm.deployments)
    states = {c.id.partition(".")[2]: c.state for c in names["verified"].live}
    assert names["done"].finished
    assert State.FAIL not in states.values()
    assert states["deployed-private-names"] is State.PASS
    assert states["valid-key-served"] is State.PASS
    assert "Nothing differs from the design." in shown
    assert "checks.html" in {f.name for f in (tmp_path / "out").iterdir()}


def test_the_notebook_without_apply_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with whole(tmp_path, "v2-integration", monkeypatch) as there:
        names, shown = cells(tmp_path / "out", option="v2-integration", live=True)
        changing = [line for line in there.arm.log if line.startswith(("PUT", "DELETE", "PATCH"))]
        posts = {line.rpartition("/")[2] for line in there.arm.log if line.startswith("POST")}
        assert there.leaked(shown) == set()
    assert changing == []
    reading = {"validate", "whatIf", "listSecrets", "query", "checkNameAvailability"}
    reading |= {"listNetworkManagerEffectiveSecurityAdminRules", "runCommand"}
    assert posts <= reading
    assert not there.arm.commands
    assert "Nothing was changed" in shown
    assert {c.id for c in names["verified"].live if c.state is State.NOT_RUN} == WAITS


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"live": "yes"}, "Parameter live is 'yes'. It must be True or False."),
        ({"vantage": "moon"}, "Vantage 'moon' is not known"),
        ({"apply": True}, "Set live=True to let the notebook contact Azure."),
    ],
)
def test_a_wrong_parameter_is_a_sentence(
    tmp_path: Path, parameters: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        cells(tmp_path, **parameters)
