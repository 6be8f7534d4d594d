"""Paths of the workload on this machine, and how to show them without revealing them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from apim_aks.facts import ROOT
from apim_aks.workload.file import bundled_names, find
from apim_aks.workload.model import Workload

Shown = Callable[[str], str]


def everywhere(workload: str) -> str:
    """The workload as a name or a whole path: kernels run in another folder."""
    path = Path(workload)
    return workload if workload in bundled_names() or not path.exists() else str(path.resolve())


def input_paths(workload: str, read: Workload) -> tuple[Path, ...]:
    """Every file that this workload was read from or names, where it lies on this machine."""
    file = find(workload)
    named = dict.fromkeys([name for name, _ in read.digests] + [f.file for f in read.findings])
    return (file, *(file.parent / name for name in named))


def without_places(workload: str) -> Shown:
    """Text as a reader on another machine may see it: paths begin at the workload's folder."""
    path = Path(everywhere(workload))
    folder = path if path.is_dir() else path.parent
    known = {f"{ROOT}{os.sep}": ""}
    if path.is_absolute():
        known = {f"{folder}{os.sep}": "", str(folder): folder.name, **known}
    ways = [(way, reader) for machine, reader in known.items() for way in _written(machine)]

    def shown(text: str) -> str:
        for machine, reader in ways:
            text = text.replace(machine, reader)
        return text

    return shown


def _written(machine: str) -> tuple[str, ...]:
    """The ways a path is written: as it is, inside quotes, with slashes."""
    slashes = machine.replace("\\", "/")
    return tuple(dict.fromkeys((machine, machine.replace("\\", "\\\\"), slashes)))
