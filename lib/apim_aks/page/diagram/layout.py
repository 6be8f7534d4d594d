"""Graphviz, in process where pygraphviz is installed, else the `dot` command."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apim_aks.errors import InputError

_ONE_AT_A_TIME = threading.Lock()


def laid_out(dot: str, format: str = "svg") -> bytes:
    """The graph laid out and drawn.

    Raises:
        InputError: neither pygraphviz nor a `dot` command is installed.
    """
    try:
        import pygraphviz
    except ImportError:
        return _by_command(dot, format)
    with _ONE_AT_A_TIME, _quiet():
        return bytes(pygraphviz.AGraph(string=dot).draw(prog="dot", format=format))


def _by_command(dot: str, format: str) -> bytes:
    from graphviz import ExecutableNotFound, Source  # type: ignore[import-untyped]

    try:
        return bytes(Source(dot).pipe(format=format, quiet=True))
    except ExecutableNotFound as missing:
        raise InputError(
            "Pictures need Graphviz, and neither the Python package pygraphviz nor a dot command "
            "was found: install pygraphviz with pip, or Graphviz so that dot is on the PATH."
        ) from missing


@contextmanager
def _quiet() -> Iterator[None]:
    """Graphviz writes notices to the process's standard error; keep them from the reader."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
