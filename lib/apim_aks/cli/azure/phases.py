"""`cutover`, `rollback`, `close`: move callers, move them back, and close the old entries."""

from __future__ import annotations

import argparse
import textwrap

from apim_aks.cli import console
from apim_aks.cli.azure.arguments import (
    apply_argument,
    client_of,
    confirm_argument,
    patches_argument,
    place_argument,
    placed,
    planned,
    run_of,
    show,
    state_folder,
    values_of,
)
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.terminal import say, warn
from apim_aks.cutover.changes import changes
from apim_aks.cutover.close import close, would_close
from apim_aks.cutover.cutover import cutover, would_move
from apim_aks.cutover.record import close_record, cutover_record
from apim_aks.cutover.rollback import rollback, would_go_back
from apim_aks.cutover.session import Moving, PhaseEnded
from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import StepDone, read_state, state_path
from apim_aks.errors import ExitCode, InputError
from apim_aks.facts.cutover import cutover_settings
from apim_aks.remote.azure import redacted
from apim_aks.remote.calls import Vantage
from apim_aks.verification import LiveScene
from apim_aks.verification.azure_reader import AzureReader


def _common(command: argparse.ArgumentParser) -> None:
    apply_argument(command)
    confirm_argument(command)
    place_argument(command)


_CONFIRMED = (
    ("--prepared", "HOST", "the callers of this host already send what the gateway demands"),
    ("--moved", "HOST", "the callers of this host were moved by hand"),
    (
        "--called",
        "API",
        "a person has called this API, or this back end of it as API:SERVICE, none of whose "
        "operations only reads, through the new path",
    ),
)


def cutover_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments for DNS zones, confirmations, and the limit that stops the move."""
    _common(command)
    command.add_argument(
        "--zone",
        action="append",
        default=[],
        metavar="GROUP/NAME",
        help="a DNS zone in Azure, public or private, whose records may be changed",
    )
    for flag, metavar, confirms in _CONFIRMED:
        help = f"confirm that {confirms}; * matches any text"
        command.add_argument(flag, action="append", default=[], metavar=metavar, help=help)
    points = cutover_settings().failures_percent
    command.add_argument(
        "--failures",
        type=float,
        metavar="POINTS",
        help="stop if the share of failed requests rises by more percentage points than this "
        f"(default: {points:g})",
    )


def rollback_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments for the place of the calls and for patches of other owners."""
    _common(command)
    patches_argument(command)


def close_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments for the period after the move and for irreversible changes."""
    _common(command)
    days = cutover_settings().close_after_days
    command.add_argument(
        "--after",
        type=_days,
        metavar="DAYS",
        help="how long ago callers must have moved, such as 7d or 12h (default: "
        f"azure.close_after_days of workload.yaml, else {days}d)",
    )
    command.add_argument(
        "--prepared",
        action="append",
        default=[],
        metavar="OBJECT",
        help="confirm that callers by this object of the cluster, which no file holds, have moved "
        "or may be cut off, such as 'Service shop/orders-old'; * matches any text",
    )
    command.add_argument(
        "--irreversible",
        action="store_true",
        help="confirm the changes that cannot be undone",
    )
    patches_argument(command)


def _days(text: str) -> float:
    """A period in days: `7d`, `12h`, or a number of days."""
    unit = {"d": 1.0, "h": 1 / 24}.get(text[-1:], 0.0)
    try:
        number = float(text[:-1] if unit else text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a period. Use one such as 7d or 12h.")
    return number * (unit or 1)


def cutover_command(given: argparse.Namespace) -> ExitCode:
    """Move callers, or show what would move."""
    zones = tuple(map(_zone, given.zone))
    made, placement = placed(given)
    if not given.apply:
        return _shown(given, made, would_move(made, placement))
    moving = run_of(
        given,
        Moving,
        zones=zones,
        moved=tuple(given.moved),
        prepared=tuple(given.prepared),
        called=tuple(given.called),
        failures=given.failures,
    )
    return _shown(given, made, cutover(_scene(given, made, placement), moving))


def rollback_command(given: argparse.Namespace) -> ExitCode:
    """Move callers back, or show which hosts would move back."""
    made, placement = placed(given)
    if given.apply:
        moving = run_of(given, Moving, patches=given.write_patches)
        return _shown(given, made, rollback(_scene(given, made, placement), moving))
    name, option = made.workload.name, placement.option.id
    path = state_path(state_folder(given), name, option)
    phases = read_state(path, name, option).phases
    shown = would_go_back(cutover_record(phases, path), option, close_record(phases).files)
    return _shown(given, made, shown)


def close_command(given: argparse.Namespace) -> ExitCode:
    """Close the previous entries, or show what would be closed."""
    made, placement = placed(given)
    if not given.apply:
        told = changes(made, placement)
        return _shown(given, made, would_close(planned(given, made, placement), told))
    moving = run_of(
        given,
        Moving,
        after_days=given.after,
        irreversible=given.irreversible,
        prepared=tuple(given.prepared),
        patches=given.write_patches,
    )
    return _shown(given, made, close(_scene(given, made, placement), moving))


def _scene(given: argparse.Namespace, made: Design, placement: Placement) -> LiveScene:
    """The scene of a phase: the design, its project, and the place of the calls."""
    client = client_of(given)
    say(client.identity().sentence)
    return LiveScene(
        design=made,
        placement=placement,
        project=planned(given, made, placement),
        azure=AzureReader(client),
        vantage=Vantage(given.place, values_of(given)),
        tell=say,
    )


def _zone(text: str) -> tuple[str, str]:
    group, _, name = text.partition("/")
    if not (group and name) or "/" in name:
        raise InputError(f"--zone {text}: it must be GROUP/NAME, such as rg-dns/contoso.com.")
    return group, name.rstrip(".").lower()


def _shown(given: argparse.Namespace, made: Design, ended: PhaseEnded) -> ExitCode:
    show(given, ended, phase_text)
    left_out = input_exit_code(made.workload, warn)
    for reason in ended.waits_for:
        (warn if given.apply else say)(f"{reason[:1].upper()}{reason[1:].rstrip('.')}.")
    return ExitCode.AZURE if given.apply and not ended.finished else left_out


def phase_text(ended: PhaseEnded) -> str:
    """The steps that were or would be taken, and what follows, as text."""
    steps = "\n".join(map(_step, ended.steps))
    said = "\n\n".join(filter(None, (steps, ended.follows)))
    return said or f"{ended.phase}: there is nothing to do."


def _step(step: StepDone) -> str:
    """The state and name of a step, with what was seen below it."""
    seen = textwrap.indent(console.paragraph(redacted(step.seen), console.WIDTH - 4), "    ")
    return f"{step.state}: {redacted(step.name)}\n{seen}"
