"""The command `diff`, and what `report` has of it: a summary, and changes that end it with 1."""

from __future__ import annotations

import argparse
from enum import StrEnum
from pathlib import Path
from typing import Any

from apim_aks.cli.arguments import ARGUMENTS, command_of
from apim_aks.cli.difference_text import difference_text
from apim_aks.cli.results import write_result
from apim_aks.cli.terminal import reading, say, show, warn
from apim_aks.decision.as_json import as_json
from apim_aks.difference import (
    Difference,
    Gate,
    Side,
    difference,
    difference_data,
    read_side,
    summary,
)
from apim_aks.errors import ExitCode, InputError

_MEANING = (
    "OLD and NEW may be two reports, two states of a folder such as two git worktrees, or one of "
    "each. A part that one side lacks is not compared, and never said to be without change."
)


class Format(StrEnum):
    """How a difference is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def add_diff_command(commands: Any) -> None:
    """Add `diff` to the commands."""
    sentence = "say what differs between two states of a workload"
    command = command_of(commands, "diff", _run, sentence, _MEANING)
    for name in ("sides", "fail_on", "json", "allow_outside"):
        ARGUMENTS[name](command)
    command.add_argument(
        "--format",
        default=Format.TEXT.value,
        choices=[f.value for f in Format],
        help="how to write it (default: text)",
    )
    command.add_argument("--out", default="", metavar="FILE", help="write it into this file")


def _run(given: argparse.Namespace) -> ExitCode:
    with reading(given):
        old, new = (read_side(name, given.allow_outside) for name in (given.old, given.new))
    found = difference(old, new)
    text = _written(Format.JSON if given.json else Format(given.format), found, given.fail_on)
    if given.out:
        write_result(Path(given.out), text)
        show(given.out)
    else:
        show(text, end="")
    for finding in new.refused:
        warn(str(finding))
    stopped = is_stopped(given, found)
    return ExitCode.INPUT if new.refused else stopped


def _written(form: Format, found: Difference, gates: tuple[Gate, ...]) -> str:
    if form is Format.TEXT:
        return f"{difference_text(found)}\n"
    if form is Format.JSON:
        return as_json(difference_data(found))
    if form is Format.MARKDOWN:
        return summary(found.new, found, tuple(found.stopped_by(gates)))
    from apim_aks.page.changed import changed_page

    return changed_page(found)


def require_old(given: argparse.Namespace) -> None:
    """Return if `--fail-on` has something to compare with.

    Raises:
        InputError: it has not.
    """
    if given.fail_on and not given.against:
        raise InputError("--fail-on needs --against OLD, the state before the change.")


def is_stopped(given: argparse.Namespace, found: Difference | None) -> ExitCode:
    """FAILED where `--fail-on` names what changed or was not compared; each is said."""
    stopped = tuple(found.stopped_by(given.fail_on)) if found else ()
    for sentence in stopped:
        warn(f"--fail-on {sentence}")
    return ExitCode.FAILED if stopped else ExitCode.SUCCESS


def save_summary(
    given: argparse.Namespace, folder: Path, new: Side, found: Difference | None
) -> None:
    """Write the summary of a report; its picture is a link where the report is published."""
    from apim_aks.page.pictures import NAME

    stopped = tuple(found.stopped_by(given.fail_on)) if found else ()
    picture = f"{new.followed}/{NAME}.svg"
    named = picture if (folder / picture).is_file() else ""
    write_result(Path(given.summary), summary(new, found, stopped, named, given.report_url))
    say(f"{given.summary} has the summary.")
