"""Output of a command: results on standard output, messages on standard error."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apim_aks.cli import console
from apim_aks.remote.azure import redacted
from apim_aks.workload.documents import watched
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload

_MESSAGES = logging.getLogger("apim_aks")
_COLOURS = {
    "32": ("pass", "closed", "✓"),
    "31": ("fail", "open", "✗"),
    "33": ("not run", "unknown", "–"),
}
"""ANSI colour numbers and the cells they apply to; the word alone carries the meaning."""
_COLOUR = {word: number for number, words in _COLOURS.items() for word in words}
_PATIENCE = 2
"""Seconds before a progress bar is shown."""
_CELL = re.compile(rf"(?:^|(?<=  ))({'|'.join(map(re.escape, _COLOUR))})(?=  |$)", re.MULTILINE)


def listen(quiet: bool) -> None:
    """Show messages from now on; of a quiet command only what decides about its end."""
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(logging.Formatter("%(message)s"))
    _MESSAGES.handlers, _MESSAGES.propagate = [shown], False
    _MESSAGES.setLevel(logging.WARNING if quiet else logging.INFO)


def say(sentence: str) -> None:
    """What happens and what may come next, with nothing secret in it; nothing for an empty one."""
    if sentence:
        _MESSAGES.info("%s", console.printable(redacted(sentence)))


def warn(sentence: str) -> None:
    """A message that explains the exit code; `--quiet` does not suppress it."""
    _MESSAGES.warning("%s", console.printable(redacted(sentence)))


def typed(question: str) -> str:
    """What is typed behind a question, which stands on standard error; empty at an end of input."""
    print(console.printable(redacted(question)), end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def show(text: str, end: str = "\n") -> None:
    """A result; states in the columns of its tables have a colour where the terminal has any."""
    print(coloured(text) if _has_colours() else text, end=end)


def coloured(text: str) -> str:
    """The text with cells that are a state, and nothing else, in their colour."""
    return _CELL.sub(lambda found: f"\x1b[{_COLOUR[found[1]]}m{found[1]}\x1b[0m", text)


def open_page(page: Path) -> None:
    """Show a page in the browser; a sentence where there is none."""
    if not webbrowser.open(page.resolve().as_uri()):
        warn(f"No browser was found to open {page} with.")


def _has_colours() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def progress(given: argparse.Namespace, unit: str, delay: float) -> Any:
    """A bar on standard error once `delay` seconds are over; none for a quiet command."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread only redraws what waits; `report` forks while it has one
    return tqdm(
        desc=given.command,
        unit=unit,
        file=sys.stderr,
        leave=False,
        delay=delay,
        disable=given.quiet,
    )


def showing(bar: Any, what: str, more: int = 0) -> None:
    """What a bar is at; `set_postfix_str` alone would not wait for the bar's delay."""
    bar.set_postfix_str(what, refresh=False)
    bar.update(more)


@contextmanager
def reading(given: argparse.Namespace) -> Iterator[None]:
    """A bar that counts the files that are read, where that takes a while."""
    with progress(given, " files", _PATIENCE) as bar, watched(lambda _: bar.update()):
        yield


def workload_of(given: argparse.Namespace) -> Workload:
    """The workload that a command is asked about.

    Raises:
        InputError: it cannot be used.
    """
    with reading(given):
        return read_workload(given.workload, given.allow_outside)
