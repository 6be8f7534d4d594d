"""`export`: files of an option in a format, never over a file that somebody changed."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from apim_aks import __main__ as command_line
from apim_aks.cli.azure.arguments import state_folder
from tests.support.environments import with_environments

pytestmark = pytest.mark.usefixtures("designed_once")


def export(folder: Path, *more: str) -> int:
    chosen = ("--workload", "contoso-orders", "--option", "ingress-mtls")
    return command_line.main(["export", "arm", *chosen, "--out", str(folder), *more])


def test_an_environment_is_exported_by_itself_and_has_a_state_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_environments(tmp_path)
    monkeypatch.chdir(tmp_path)
    chosen = ("--workload", str(folder), "--option", "vnet-internal", "--environment", "dev")
    assert command_line.main(["export", "arm", *chosen]) == 0
    written = tmp_path / "exports" / "contoso-orders" / "dev" / "vnet-internal" / "arm"
    assert "--environment dev" in (written / "README.md").read_text(encoding="utf-8")
    parameters = (written / "20-gateway.parameters.json").read_text(encoding="utf-8")
    assert "apim-ordersdev" in parameters and "northeurope" in parameters
    template = (written / "20-gateway.json").read_text(encoding="utf-8")
    assert '"name": "Developer"' in template
    assert command_line.main(["export", "arm", *chosen[:-1], "prd"]) == 2
    there = argparse.Namespace(state="", environment="dev")
    assert Path(state_folder(there)) == Path(".apim-aks", "dev")


def test_files_are_written_and_kept_from_whoever_changed_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    assert export(folder) == 0
    written = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert {"README.md", "10-foundation.json", "files.json"} <= written.keys()
    (folder / "state").write_text("of a tool", encoding="utf-8")
    assert export(folder) == 0
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "state"} == written
    (folder / "10-foundation.json").write_text("{}", encoding="utf-8")
    assert export(folder) == 0
    assert "nothing new belongs there: 10-foundation.json." in capsys.readouterr().err
    assert (folder / "10-foundation.json").read_text(encoding="utf-8") == "{}"
    (folder / "10-foundation.parameters.json").unlink()
    (folder / "10-foundation.parameters.json").symlink_to(folder / "state")
    assert export(folder) == 2
    assert "parameters.json: the workbook did not write this file" in capsys.readouterr().err


def test_a_folder_takes_one_option_and_one_that_is_ruled_out_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(tmp_path / "out", "--option", "v2-injection") == 0
    assert (
        "Premium v2, injected is ruled out: Premium v2 is not offered in" in capsys.readouterr().err
    )
    assert export(tmp_path / "out", "--option", "vnet-internal") == 2
