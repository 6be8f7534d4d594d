"""The command `portfolio`: many workloads, each in a process of its own, on one page."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from apim_aks.cli.arguments import ARGUMENTS, command_of, folder_argument
from apim_aks.cli.terminal import open_page, progress, say, show, warn
from apim_aks.decision.as_json import as_json
from apim_aks.errors import ExitCode, InputError, RemoteError
from apim_aks.listing import counted, listed
from apim_aks.own_files import replaced, write_whole
from apim_aks.portfolio.allowance import Allowance
from apim_aks.portfolio.assessment import State
from apim_aks.portfolio.results import FOLDER, Results
from apim_aks.portfolio.risk import why
from apim_aks.portfolio.running import IN_FLIGHT, IN_FLIGHT_AWAY, work_out
from apim_aks.portfolio.task import end_running
from apim_aks.portfolio.together import Portfolio, portfolio_csv, portfolio_data, together
from apim_aks.portfolio.workloads import Named, workloads_of

_MEANING = (
    "FOLDER is searched for every workload.yaml below it; LIST is a text file with one path in "
    "each line. A workload whose files, facts and version are those of a finished result is not "
    "run again. --scheduler needs: pip install 'apim-aks[distributed]' (docs/portfolio-on-aks.md)."
)
_USUAL = Allowance()
_OUT = "reports/portfolio"
_CONNECTING = 5
"""Seconds in which a scheduler has to answer."""


def add_portfolio_command(commands: Any) -> None:
    """Add `portfolio` to the commands."""
    sentence = "compare the options for many workloads, and show what only shows together"
    command = command_of(commands, "portfolio", _run, sentence, _MEANING)
    ARGUMENTS["place"](command)
    folder_argument(command, f"the folder for page and files (default: {_OUT})")
    for name, unit, value, words in (
        ("--timeout", "SECONDS", _USUAL.seconds, "the time that one workload may take"),
        ("--memory", "MB", _USUAL.megabytes, "the memory that one workload may take"),
    ):
        more = f"{words} (default: {value:g})"
        command.add_argument(name, type=_positive, default=value, metavar=unit, help=more)
    command.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask scheduler that runs them instead"
    )
    for name in ("keep_old", "open", "json"):
        ARGUMENTS[name](command)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return number


def _run(given: argparse.Namespace) -> ExitCode:
    named = workloads_of(given.place, say)
    out = Path(given.out or _OUT)
    given.interrupted = "Interrupted; what is finished is kept, and the same command goes on."
    with replaced(out, say, given.keep_old) as new:
        results = Results(out, new.parent / FOLDER)
        whole = _whole(given, named, results)
        _write(whole, new)
        results.move({r.digest for r in whole.rows if r.digest}, new / FOLDER)
    page = out / "index.html"
    if given.json:
        print(as_json(portfolio_data(whole)), end="")
    else:
        show(str(page))
    if given.open:
        open_page(page)
    return _ended(whole)


def _whole(given: argparse.Namespace, named: tuple[Named, ...], results: Results) -> Portfolio:
    """Every workload worked out, with a bar."""
    again = []
    with _executor(given.scheduler) as executor, progress(given, " workloads", 0.5) as bar:
        bar.total = len(named)

        def done(label: str, before: bool) -> None:
            again.extend([label] if before else [])
            bar.set_postfix_str(label, refresh=False)
            bar.update()

        allowance = Allowance(given.timeout, given.memory)
        at_once = IN_FLIGHT_AWAY if given.scheduler else IN_FLIGHT
        rows = work_out(named, executor, results, allowance, done, at_once)
    if again:
        say(f"{counted(len(again), 'workload')} of {len(rows):,} as an earlier run left them.")
    return together(rows)


@contextmanager
def _executor(scheduler: str) -> Iterator[Executor]:
    """Threads of this machine, each of which waits for a process; or a cluster's workers."""
    if not scheduler:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            try:
                yield threads
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                end_running()
                raise
        return
    with _client(scheduler) as client:
        if not client.scheduler_info()["workers"]:
            say("The scheduler has no worker yet; workloads wait until it has one.")
        yield client.get_executor()


def _client(scheduler: str) -> Any:
    """Dask's client of this scheduler.

    Raises:
        InputError: Dask is not installed.
        RemoteError: nobody answers there, or no scheduler does.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--scheduler needs Dask's distributed. Install it: pip install 'apim-aks[distributed]'."
        ) from None
    found: Future[Any] = Future()

    def connect() -> None:
        try:
            found.set_result(Client(scheduler, timeout=_CONNECTING))
        except Exception as error:  # whatever comes of an answer that is not a scheduler's
            found.set_exception(error)

    # Its timeout does not end the wait for somebody who takes a connection and says nothing.
    Thread(target=connect, daemon=True).start()
    try:
        return found.result(_CONNECTING + 1)
    except Exception as error:
        words = " ".join(str(error).split())[:200] or "no answer"
        raise RemoteError(
            f"The scheduler {scheduler!r} was not reached ({words}). Give its address, such as "
            "tcp://scheduler:8786."
        ) from None


def _write(whole: Portfolio, folder: Path) -> None:
    from apim_aks.page.portfolio import portfolio_page

    write_whole(folder / "portfolio.json", as_json(portfolio_data(whole)))
    write_whole(folder / "portfolio.csv", portfolio_csv(whole))
    write_whole(folder / "index.html", portfolio_page(whole))


def _ended(whole: Portfolio) -> ExitCode:
    """What of it decides the exit code, each with its sentence; the gravest is the code."""
    codes = [ExitCode.SUCCESS]
    for row in whole.rows:
        found, decided = row.found, row.found.decided
        if found.state is not State.ASSESSED:
            warn(f"{row.label}: {found.sentence}")
            codes.append(ExitCode.BUG if found.state is State.BUG else ExitCode.INPUT)
        elif found.left_out:
            more = counted(len(found.left_out), "part")
            warn(f"{row.label}: {more} of the input left out. {found.left_out[0]}")
            codes.append(ExitCode.INPUT)
        placed = found.placed
        if decided and placed and placed.option == decided and placed.failed:
            warn(f"{row.label}: failed checks of {decided}: {listed(placed.failed)}.")
            codes.append(ExitCode.FAILED)
        elif decided and not found.holds:
            warn(f"{row.label}: the recorded option {decided} is no longer first or is ruled out.")
            codes.append(ExitCode.FAILED)
    many = counted(whole.totals.workloads, "workload")
    say(f"{many}, {whole.totals.assessed:,} assessed; first by risk: {_first(whole)}.")
    return max(codes)


def _first(whole: Portfolio) -> str:
    row = whole.rows[0]
    return f"{row.label} ({why(row.found)})"
