"""Running a notebook without a screen: prepared, parameterised, executed, tidied."""

from __future__ import annotations

import builtins
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from apim_aks.errors import (
    BugError,
    CheckError,
    InputError,
    RemoteError,
    WorkbookError,
    error_named,
)
from apim_aks.notebook.parameters import declarations, refuse_unknown
from apim_aks.notebook.report.forked import ForkedKernel
from apim_aks.notebook.report.kernels import START_SECONDS, manager
from apim_aks.verification import ChecksFailed

INTERACTIVE = "interactive"
PARAMETERS = "parameters"
OPTIONAL = ("option",)
"""Parameters that only some notebooks have."""

_CELL_FILE = re.compile(r"(?<!\S)\S*/ipykernel_\d+/\d+\.py")
"""From the beginning of a word only: a page may carry whole files as one long word."""

logging.getLogger("papermill").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Executed:
    """A notebook as it ran; `failure` is the sentence of the failed check that stopped it."""

    name: str
    title: str
    node: NotebookNode
    failure: str = ""


def run(
    source: Path,
    folder: Path,
    parameters: Mapping[str, Any],
    shown: Callable[[str], str],
    kernel: ForkedKernel | None = None,
) -> Executed:
    """The notebook executed with these parameters, tidied so that every run gives the same bytes.

    `folder` takes the executed notebook; `shown` rewrites text that would show this machine.

    Raises:
        InputError: a parameter is unknown to the notebook or of another type.
        WorkbookError: a cell ended in an error that is no failed check; one that is none of ours
            and no refusal of the file system is a BugError.
    """
    node = nbformat.read(source, as_version=4)
    known = declared(node)
    parameters = {k: v for k, v in parameters.items() if k in known or k not in OPTIONAL}
    refuse_unknown(source.name, known, parameters)
    target = folder / source.name
    prepared = _prepared(node)
    nbformat.write(prepared, target)
    failure = ""
    try:
        _execute(target, parameters, folder, kernel)
    except PapermillExecutionError as error:
        sentence = shown(_sentence(source.name, node, error))
        kind = _kind(error.ename)
        if not issubclass(kind, CheckError):
            told = (InputError, RemoteError, BugError)
            raise next(k for k in told if issubclass(kind, k))(sentence) from None
        failure = sentence if issubclass(kind, ChecksFailed) else ""
    except DeadKernelError:
        raise BugError(f"{source.name}: its kernel ended before it did") from None
    finally:
        ensure_event_loop().close()
    tidy = tidied(nbformat.read(target, as_version=4), prepared, shown)
    nbformat.write(tidy, target)
    return Executed(source.stem, title(tidy, source.stem), tidy, failure)


def _kind(name: str) -> type[WorkbookError]:
    """What an error of this name is here: ours, a refusal of the file system, or a bug."""
    other = getattr(builtins, name, None)
    refused = isinstance(other, type) and issubclass(other, OSError)
    return error_named(name) or (InputError if refused else BugError)


def _execute(
    path: Path, parameters: Mapping[str, Any], folder: Path, kernel: ForkedKernel | None
) -> None:
    papermill.execute_notebook(
        path,
        path,
        dict(parameters),
        progress_bar=False,
        request_save_on_cell_execute=False,
        start_timeout=START_SECONDS,
        kernel_name="python3",
        kernel_manager_class=manager(kernel),
        coalesce_streams=True,
        store_widget_state=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(folder)}},
    )


def declared(node: NotebookNode) -> dict[str, Any]:
    """The parameters of a notebook with their defaults, from the cell tagged `parameters`."""
    cells = [c.source for c in node.cells if PARAMETERS in c.metadata.get("tags", [])]
    return declarations("\n".join(cells))


def title(node: NotebookNode, otherwise: str) -> str:
    """The first heading of a notebook."""
    for cell in node.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line[2:].strip())
    return otherwise


def _prepared(node: NotebookNode) -> NotebookNode:
    cells = [c for c in node.cells if INTERACTIVE not in c.metadata.get("tags", [])]
    prepared: NotebookNode = nbformat.from_dict({**node, "cells": cells})
    return prepared


def tidied(node: NotebookNode, source: NotebookNode, shown: Callable[[str], str]) -> NotebookNode:
    """The executed notebook without times, durations, random ids and paths of this machine."""
    known = {c.get("id") for c in source.cells}
    marked = [c for c in node.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    for index, cell in enumerate(marked):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.get("id") not in known:
            cell["id"] = f"injected-{index}"
        cell.source = shown(cell.source)
        for output in cell.get("outputs", []):
            _tidy_output(output, shown)
    kept = {**node, "cells": marked, "metadata": source.metadata}
    tidy: NotebookNode = nbformat.from_dict(kept)
    return tidy


def _tidy_output(output: NotebookNode, shown: Callable[[str], str]) -> None:
    def clean(text: str) -> str:
        return shown(_CELL_FILE.sub("cell", text))

    for key in ("text", "evalue"):
        if key in output:
            output[key] = clean(output[key])
    if "traceback" in output:
        output.traceback = [clean(f"{output.ename}: {output.evalue}")]
    for mime, data in output.get("data", {}).items():
        if isinstance(data, str):
            output.data[mime] = clean(data)


def _sentence(file: str, node: NotebookNode, error: PapermillExecutionError) -> str:
    sources = [c.source for c in node.cells]
    number = sources.index(error.source) + 1 if error.source in sources else error.cell_index + 1
    message = " ".join(str(error.evalue).split())
    said = message if error_named(error.ename) else f"{error.ename}: {message}"
    return f"{file} cell {number}: {said}"
