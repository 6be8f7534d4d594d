"""`export`: files of an option in a format, never over a file that somebody changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from apim_aks import __main__ as command_line

pytestmark = pytest.mark.usefixtures("designed_once")


def export(folder: Path, *more: str) -> int:
    chosen = ("--workload", "contoso-orders", "--option", "ingress-mtls")
    return command_line.main(["export", "arm", *chosen, "--out", str(folder), *more])


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
    assert export(folder) == 2
    assert "10-foundation.json: the workbook did not write this file" in capsys.readouterr().err
    assert (folder / "10-foundation.json").read_text(encoding="utf-8") == "{}"
