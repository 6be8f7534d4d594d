"""The command `testbed`: the cluster's entry run on this machine, called and attacked."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from apim_aks.cli.arguments import ARGUMENTS, command_of
from apim_aks.cli.console import input_exit_code, paragraph, table
from apim_aks.cli.terminal import progress, say, show, warn, workload_of
from apim_aks.columns import Column
from apim_aks.decision.as_json import SCHEMA_VERSION, as_json, plain
from apim_aks.decision.design import design
from apim_aks.errors import ExitCode
from apim_aks.topology.check import Check, State
from apim_aks.verification import failed

if TYPE_CHECKING:
    from apim_aks.testbed.trial import Trial

_MEANING = (
    "Nothing leaves this machine and nothing stays on it. What runs for what, and what that does "
    "not prove, stands in docs/testbed.md. It needs: pip install 'apim-aks[testbed]'."
)
_ORDER = (State.FAIL, State.NOT_RUN, State.PASS)


def add_testbed_command(commands: Any) -> None:
    """Add `testbed` to the commands."""
    sentence = "run the cluster's entry on this machine, call it as consumers do, and attack it"
    command = command_of(commands, "testbed", _run, sentence, _MEANING)
    for name in ("workload", "option", "json"):
        ARGUMENTS[name](command)


def _run(given: argparse.Namespace) -> ExitCode:
    from apim_aks.testbed.trial import trial

    made = design(workload_of(given))
    chosen = (made.placement(given.option),) if given.option else made.placements
    found = []
    with progress(given, " options", 0.5) as bar:
        bar.total = len(chosen)
        for placement in chosen:
            bar.set_postfix_str(placement.option.id)
            found.append(trial(placement))
            bar.update()
    if given.json:
        print(as_json(_data(found)), end="")
    else:
        show("\n\n".join(map(_text, found)))
    checks = tuple(c for t in found for c in t.checks)
    for check in failed(checks):
        warn(f"Check {check.id} failed. Expected: {check.expected}. Observed: {check.observed}.")
    say(f"{len(checks)} checks, {len(failed(checks))} failed.")
    left_out = input_exit_code(made.workload, warn)
    return left_out or (ExitCode.FAILED if failed(checks) else ExitCode.SUCCESS)


def _data(found: Iterable[Trial]) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "trials": plain(tuple(found))}


def _text(found: Trial) -> str:
    """What ran for the option, then its checks, failed ones first."""
    ran = "; ".join(f"{p.runs}, for {p.stands_for}" for p in found.parts)
    checks = sorted(found.checks, key=lambda c: _ORDER.index(c.state))
    listed = table(
        checks,
        Column("", lambda c: c.state.sign),
        Column("state", lambda c: c.state.label),
        Column("check", lambda c: c.id),
        Column("seen", _seen),
    )
    return "\n\n".join(filter(None, (found.option, paragraph(f"{ran}.") if ran else "", listed)))


def _seen(check: Check) -> str:
    return "; ".join(text for text in (check.observed, check.reason) if text)
