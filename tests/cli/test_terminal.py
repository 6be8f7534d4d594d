"""What every command shares: examples, the next step, quiet, colour, completion."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from apim_aks import __main__ as command_line
from apim_aks.cli import ask, terminal
from apim_aks.cli.examples import EXAMPLES, PROGRAM
from apim_aks.workload.file import bundled_names
from tests.support.places import REPOSITORY

pytestmark = pytest.mark.usefixtures("designed_once")

COMMANDS = next(
    tuple(action.choices)
    for action in command_line._parser(PROGRAM)._actions
    if isinstance(action.choices, dict)
)
TYPED = [typed for shown in EXAMPLES.values() for typed, _ in shown]
RUN = [t for t in TYPED if t.split()[0] in {"init", "map", "contract", "design", "decide", "reach"}]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = command_line.main(list(arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that the examples name."""
    retail = REPOSITORY / "data" / "workloads" / "contoso-retail"
    shutil.copytree(retail, tmp_path / "shop")
    for name in ("manifests", "old", "new"):
        shutil.copytree(retail / "manifests", tmp_path / name)
    monkeypatch.setattr(command_line, "require_terminal", lambda: None)
    monkeypatch.setattr(ask, "_typed", lambda: None)
    (tmp_path / "arm").mkdir()
    api = tmp_path / "shop" / "apim-artifacts" / "apis" / "legacy" / "apiInformation.json"
    api.parent.mkdir(parents=True)
    api.write_text('{"properties": {"path": "legacy"}}', encoding="utf-8")
    for version in ("v1", "v2"):
        (tmp_path / version).mkdir()
        shutil.copy(retail / "openapi" / "reviews.yaml", tmp_path / version / "openapi.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize("typed", TYPED)
def test_every_example_is_understood_and_shown(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = command_line._parser(PROGRAM)
    assert parser.parse_args(shlex.split(typed)).command == typed.split()[0]
    with pytest.raises(SystemExit):
        parser.parse_args([typed.split()[0], "--help"])
    assert f"  {PROGRAM} {typed}  " in capsys.readouterr().out


@pytest.mark.parametrize("typed", [t for t in RUN if "--from-cluster" not in t])
def test_what_the_examples_type_works(
    typed: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if typed.startswith("init"):
        (place / "shop" / "workload.yaml").unlink()
    assert run(capsys, *shlex.split(typed))[0] == 0


def test_the_next_step_is_a_command_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, said = run(capsys, "map", "--workload", "contoso-orders")
    typed = said.splitlines()[-1].rpartition("apim_aks ")[2]
    assert typed == "design --workload contoso-orders"
    assert run(capsys, *shlex.split(typed))[0] == 0


def test_the_bundled_workload_needs_no_name_and_a_path_keeps_its_quotes(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "map")[2].endswith(" design\n")
    (place / "shop").rename(place / "my shop")
    assert run(capsys, "map", "--workload", "my shop")[2].endswith("design --workload 'my shop'\n")


def test_quiet_leaves_results_and_what_decides_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, said = run(capsys, "map", "--quiet", "--workload", "contoso-orders")
    assert (status, said) == (0, "") and "orders" in out
    status, out, said = run(capsys, "map", "--quiet", "--workload", "nothing")
    assert (status, out) == (2, "") and "is unknown" in said


def test_a_wrong_name_and_a_wrong_path_are_told_apart(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, near = bundled_names()[0], f"{bundled_names()[0]}x"
    said = run(capsys, "map", "--workload", near)[2]
    assert f"Workload {near!r} is unknown; use {name!r}, the nearest, or one of" in said
    for path in ("no/workload.yaml", "workload.yml", "./contoso-orders"):
        found = f"There is no file or folder {path!r}"
        assert run(capsys, "map", "--workload", path)[2].startswith(found)


def test_states_have_colours_and_words_in_sentences_have_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "✓  pass     a.b   open to all\n–  not run  closed\n"
    red, green, yellow, end = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"
    assert terminal.coloured(text) == (
        f"{green}✓{end}  {green}pass{end}     a.b   open to all\n"
        f"{yellow}–{end}  {yellow}not run{end}  {green}closed{end}\n"
    )
    assert red in terminal.coloured("orders  open  anybody")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal.show(text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    terminal.show(text)
    assert green in capsys.readouterr().out
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as here:
            here.setenv(name, value)
            terminal.show(text)
        assert capsys.readouterr().out == f"{text}\n"


def test_files_that_are_read_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = command_line._parser(PROGRAM).parse_args(["map", "--workload", "contoso-retail"])
    monkeypatch.setattr(terminal, "_PATIENCE", 0)
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    terminal.workload_of(given)
    assert "map: " in capsys.readouterr().err
    given.quiet = True
    terminal.workload_of(given)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_every_command_and_option(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--print-completion", shell])
    script = capsys.readouterr().out
    assert ended.value.code == 0 and f"compdef {PROGRAM}" in script or f" {PROGRAM}" in script
    assert all(command in script for command in (*COMMANDS, "--allow-outside", "vnet-internal"))


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash is installed here")
def test_bash_completes_an_option_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["--print-completion", "bash"])
    asked = (
        "COMP_WORDS=(apim-aks design --option v2-int); COMP_CWORD=3; _shtab_apim_aks; "
        'printf "%s" "${COMPREPLY[@]}"'
    )
    script = f"{capsys.readouterr().out}\n{asked}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "v2-integration"
