"""`verify`: checks every promise of the option on the deployed resources.

The exit code is 3 if no live check was run.
"""

from __future__ import annotations

import argparse

from apim_aks.cli.arguments import ARGUMENTS
from apim_aks.cli.azure.arguments import (
    place_argument,
    placed,
    planned,
    reached_by,
    show,
    values_of,
)
from apim_aks.cli.azure.texts import verified_text
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.results import write_design_results
from apim_aks.cli.terminal import say, warn
from apim_aks.errors import ExitCode
from apim_aks.remote.azure import AzureClient
from apim_aks.remote.calls import Vantage
from apim_aks.topology.check import Check, State
from apim_aks.verification import OFFLINE, Verified, failed, verify


def verify_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments for the place of the calls, and for the control of missing answers."""
    place_argument(command, "a refusal counts only if the call comes from the right place")
    command.add_argument(
        "--control",
        default="",
        metavar="HOST:PORT",
        help="an address that answers from here, as the control for checks that expect no answer",
    )
    command.add_argument("--offline", action="store_true", help="do not contact Azure")
    ARGUMENTS["results"](command)


def verify_command(given: argparse.Namespace) -> ExitCode:
    """Run the checks, print them, and return the exit code of the result."""
    made, placement = placed(given)
    left_out = input_exit_code(made.workload, warn)
    client, because = _client(given)
    place = Vantage(given.place, values_of(given), given.control)
    project = planned(given, made, placement)
    found = verify(client, made, placement, project, place, say, because)
    show(given, found, verified_text)
    write_design_results(given, made, found.checks, found.option)
    return left_out or _ended(found)


def _client(given: argparse.Namespace) -> tuple[AzureClient | None, str]:
    """The client, or the reason why there is none."""
    return (None, OFFLINE) if given.offline else reached_by(given)


def _ended(found: Verified) -> ExitCode:
    for check in failed(found.checks):
        warn(f"Check {check.id} failed. Expected: {check.expected}. Observed: {check.observed}.")
    waiting = [c for c in found.live if c.state is State.NOT_RUN]
    if waiting:
        warn(f"{len(waiting)} of {len(found.live)} live checks were not run: {_reason(waiting)}.")
    if failed(found.checks):
        return ExitCode.FAILED
    return ExitCode.AZURE if found.live and len(waiting) == len(found.live) else ExitCode.SUCCESS


def _reason(waiting: list[Check]) -> str:
    reasons = {c.reason.rstrip(".") for c in waiting}
    return reasons.pop() if len(reasons) == 1 else "each says why"
