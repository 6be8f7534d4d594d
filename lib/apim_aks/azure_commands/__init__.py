"""The commands that ask Azure: `plan`, `deploy`, `certificates`, `remove`.

Results go to standard output, what happens meanwhile to standard error. Nothing changes anything
without `--apply`. Each returns 0 done, 1 the plan cannot be met, 3 Azure refused or waits for
somebody, 4 a bug.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apim_aks import __version__, console
from apim_aks.azure_client import (
    AzureClient,
    AzureRefused,
    SignIn,
    azure,
    redacted,
    redacted_value,
    remember,
)
from apim_aks.azure_commands.texts import deployed_text, plan_text, removal_text
from apim_aks.check import State
from apim_aks.deployment import (
    Project,
    Run,
    deploy,
    do_certificates,
    plan,
    project,
    remove,
)
from apim_aks.design import design
from apim_aks.workload import WorkbookError
from apim_aks.workload_file import read_workload

DONE, FAILED, AZURE, BUG, INTERRUPTED = 0, 1, 3, 4, 130
VALUES = "APIM_AKS_VALUE_"

Command = Callable[[argparse.Namespace], int]
Common = Callable[[argparse.ArgumentParser], object]


def add_azure_commands(commands: Any, workload: Common, option: Common, json: Common) -> None:
    """The commands beside the others; the three functions add the arguments that all share."""
    for name, (run, sentence, further) in _COMMANDS.items():
        command = commands.add_parser(name, help=sentence, description=f"{name}: {sentence}.")
        command.set_defaults(run=_guarded(run))
        command.add_argument("--debug", action="store_true", help="show where a bug happened")
        for add in (workload, option, json, _common, further):
            add(command)


def _guarded(run: Command) -> Command:
    """A refusal of Azure is status 3; wrong input goes on to whoever handles it for all."""

    def guarded(given: argparse.Namespace) -> int:
        try:
            return run(given)
        except AzureRefused as refused:
            _say(str(refused))
            return AZURE
        except (WorkbookError, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            _say("Interrupted; Azure goes on with what was started, and the next run finds it.")
            return INTERRUPTED
        except Exception as error:
            # Whatever it is may quote an answer of Azure: it is shown through the same filter.
            if given.debug:
                print(redacted(traceback.format_exc()), file=sys.stderr)
            _say(
                f"{type(error).__name__}: {error}. This is a bug of the workbook; please report it."
            )
            return BUG

    return guarded


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sign-in",
        default=SignIn.DEFAULT.value,
        choices=[s.value for s in SignIn],
        help="how to sign in (default: whatever azure-identity finds)",
    )
    command.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"a value that only you know; also as {VALUES}NAME in the environment",
    )
    command.add_argument(
        "--values", default="", metavar="FILE", help="such values as a JSON object"
    )
    command.add_argument(
        "--state", default="", metavar="DIR", help="folder of the record (default: .apim-aks)"
    )


def _plan_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--offline", action="store_true", help="against an empty subscription; asks nobody"
    )


def _deploy_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--apply", action="store_true", help="really do it")
    command.add_argument(
        "--restore", action="store_true", help="bring a deleted API Management or vault back"
    )
    command.add_argument(
        "--gate-checked",
        action="store_true",
        help="you have seen that the entry refuses a call without a certificate",
    )
    command.add_argument(
        "--certificates-done", action="store_true", help="the vault cannot be seen from here"
    )


def _certificate_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--apply", action="store_true", help="really do it")
    command.add_argument(
        "--folder", default="certificates", help="requests go there, signed ones are read there"
    )


def _remove_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--apply", action="store_true", help="really do it")
    command.add_argument(
        "--purge", action="store_true", help="give the names of deleted things up for good"
    )


def _plan(given: argparse.Namespace) -> int:
    made = _project(given)
    found = plan(None if given.offline else _client(given), made, _say)
    _print(given, found, plan_text)
    return FAILED if found.refused else DONE


def _deploy(given: argparse.Namespace) -> int:
    made = _project(given)
    client = _client(given)
    if not given.apply:
        _print(given, plan(client, made, _say), plan_text)
        _say("Nothing was changed; --apply does it.")
        return DONE
    run = Run(
        values=_values(given),
        folder=given.state,
        tell=_say,
        restore=frozenset({"gateway", "vault"}) if given.restore else frozenset(),
        gate_checked=given.gate_checked,
        certificates_done=given.certificates_done,
    )
    done = deploy(client, made, apply=True, run=run)
    _print(given, done, deployed_text)
    if done.waits_for:
        _say(done.waits_for)
    return DONE if done.finished else AZURE


def _certificates(given: argparse.Namespace) -> int:
    made = _project(given)
    if not given.apply:
        print("\n".join(made.certificates))
        _say("Nothing was changed; --apply requests what is missing and merges what is signed.")
        return DONE
    found = do_certificates(_client(given), made, Path(given.folder))
    rows = [
        (s.state.sign, s.name, f"{s.seen}{'; ' if s.next_step else ''}{s.next_step}") for s in found
    ]
    print(console.table(("", "certificate", "state"), rows))
    return DONE if all(s.state is State.PASS for s in found) else AZURE


def _remove(given: argparse.Namespace) -> int:
    made = _project(given)
    found = remove(
        _client(given),
        made,
        apply=given.apply,
        purge=given.purge,
        folder=given.state,
        tell=_say,
    )
    _print(given, found, removal_text)
    if found.waits_for:
        _say(f"{found.waits_for}.")
    return AZURE if found.waits_for and given.apply else DONE


def _client(given: argparse.Namespace) -> AzureClient:
    return azure(given.sign_in, headless=not sys.stdin.isatty())


def _project(given: argparse.Namespace) -> Project:
    made = design(read_workload(given.workload, given.allow_outside))
    placement = made.placement(given.option) if given.option else made.chosen
    if placement is None:
        raise WorkbookError("Every option is ruled out; name one with --option.")
    return project(made, placement, __version__, _values(given))


def _values(given: argparse.Namespace) -> dict[str, Any]:
    """The deployer's values: environment, then file, then arguments; none is ever shown."""
    found: dict[str, Any] = {
        name.removeprefix(VALUES): value
        for name, value in os.environ.items()
        if name.startswith(VALUES)
    }
    found |= _file(given.values) if given.values else {}
    for pair in given.value:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WorkbookError(f"--value {pair!r} has no equals sign; expected NAME=VALUE.")
        found[name.strip()] = value
    for name, value in found.items():
        if isinstance(value, str) and "email" not in name.lower() and len(value) > 20:
            remember(value)
    return found


def _file(path: str) -> dict[str, Any]:
    try:
        held = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkbookError(
            f"{path}: cannot be read ({type(error).__name__}); expected a JSON object of values."
        ) from None
    if not isinstance(held, dict):
        raise WorkbookError(f"{path}: found a list or text; expected a JSON object of values.")
    return held


def _say(sentence: str) -> None:
    print(console.printable(redacted(sentence)), file=sys.stderr, flush=True)


def _print(given: argparse.Namespace, value: Any, text: Callable[[Any], str]) -> None:
    if given.json:
        print(json.dumps(redacted_value(asdict(value)), indent=2, default=str))
    else:
        print(text(value))


_COMMANDS: dict[str, tuple[Command, str, Common]] = {
    "plan": (_plan, "what Azure would change, stage by stage; changes nothing", _plan_arguments),
    "deploy": (_deploy, "put the option into Azure; the plan without --apply", _deploy_arguments),
    "certificates": (
        _certificates,
        "request and merge the certificates of the option",
        _certificate_arguments,
    ),
    "remove": (_remove, "remove what was created here, and nothing else", _remove_arguments),
}
