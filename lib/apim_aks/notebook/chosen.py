"""The workload that every notebook uses unless it is given another one."""

from __future__ import annotations

import os
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.own_files import refusal, write_whole
from apim_aks.workload.file import DEFAULT, bundled_names, find

FILE = Path(".apim-aks", "workload")
"""Below the folder that JupyterLab was started in; a line with a name or a path from there."""


def home() -> Path:
    """The folder that JupyterLab was started in: a notebook's own folder lies in it."""
    here = Path.cwd()
    return here.parent if here.name == "notebooks" else here


def chosen(given: str = "") -> str:
    """What a notebook was given, else what was chosen in notebook 00, else the bundled workload.

    Raises:
        InputError: what was chosen is no longer there.
    """
    if given:
        return given
    file = home() / FILE
    if not file.is_file():
        return DEFAULT
    name = file.read_text(encoding="utf-8").strip()
    try:
        return name if name in bundled_names() else str(find(home() / name))
    except InputError as error:
        raise InputError(
            f"The workload chosen before, {name!r}, is not there any more: choose another one in "
            f"00_start.ipynb, or set the parameter workload. ({error})"
        ) from None


def choose(workload: str | Path) -> str:
    """Make this workload the default of every notebook; returns its name or path.

    Raises:
        InputError: there is no such workload, or the choice cannot be kept.
    """
    name = str(workload)
    if name not in bundled_names():
        name = _from_home(find(name).resolve())
    file = home() / FILE
    try:
        file.parent.mkdir(exist_ok=True)
        write_whole(file, f"{name}\n")
    except OSError as error:
        raise InputError(refusal(error, file)) from None
    return name


def _from_home(file: Path) -> str:
    top = home().resolve()
    return file.relative_to(top).as_posix() if file.is_relative_to(top) else os.fspath(file)
