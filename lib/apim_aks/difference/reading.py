"""A side as it was named: a report's folder, or a workload, which is designed and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from apim_aks.apis.document import read_contract
from apim_aks.decision.as_json import SCHEMA_VERSION
from apim_aks.decision.design import design
from apim_aks.decision.environments import placed_in
from apim_aks.difference.side import Recorded, Side, side, side_of
from apim_aks.errors import InputError
from apim_aks.own_files import listed
from apim_aks.verification import check_all
from apim_aks.workload.documents.watched import opened
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload

DESIGN = "design.json"
_COMPARED = (DESIGN, "checks.json", "reachability.json")
_OPENAPI = "openapi"
MAX_BYTES = 200_000_000
"""A report of a thousand Services has a tenth of it in its largest JSON file."""


def read_side(name: str, allow_outside: bool = False) -> Side:
    """The side of this name: the folder of a report, a bundled workload, or one's file or folder.

    `shop/workload.yaml@test` is the workload in its environment `test`, as the one decision has it.

    Raises:
        InputError: nothing like that is there, or it cannot be used.
    """
    if (Path(name) / DESIGN).is_file() or DESIGN in (listed(Path(name)) or ()):
        return _report(Path(name))
    workload, _, environment = name.rpartition("@")
    if workload and not Path(name).exists():
        return _in_environment(read_workload(workload, allow_outside), environment)
    return side_now(read_workload(name, allow_outside))


def _in_environment(workload: Workload, name: str) -> Side:
    chosen = design(workload).chosen
    if chosen is None:
        raise InputError(
            f"No option of {workload.name} is recorded or ranked, so that nothing is deployed in "
            f"{name!r}; record one under decision in workload.yaml."
        )
    made, _ = placed_in(chosen, name)
    there = side_of(made, check_all(made))
    return replace(there, title=f"{there.title} in {name}")


def side_now(workload: Workload) -> Side:
    """The side that a workload is as it was read."""
    made = design(workload)
    return side_of(made, check_all(made))


def _report(folder: Path) -> Side:
    try:
        recorded = _recorded(folder)
        return side(recorded)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{folder.as_posix()} is no report that can be compared ({type(error).__name__}: "
            f"{error}). Write it again with `apim-aks report --out {folder.as_posix()}`, or name a "
            "workload.yaml."
        ) from None


def _recorded(folder: Path) -> Recorded:
    _require_unchanged(folder)
    made = _json(folder / DESIGN)
    if made is None:
        raise ValueError(f"{DESIGN} is not there")
    if made["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema_version is {made['schema_version']!r}, not {SCHEMA_VERSION}")
    return Recorded(
        design=made,
        checks=_json(folder / _COMPARED[1]),
        reachability=_json(folder / _COMPARED[2]),
        documents=_documents(folder, made),
    )


def _require_unchanged(folder: Path) -> None:
    """Return if each file that is compared is as the report wrote it, or is not there."""
    for name, digest in (listed(folder) or {}).items():
        is_read = name in _COMPARED or PurePosixPath(name).parent.name == _OPENAPI
        if is_read and (folder / name).is_file() and digest not in _digests(folder / name):
            raise ValueError(f"{name} is not as the report wrote it")


def _digests(file: Path) -> Iterator[str]:
    """Of what is there, and of the same with the line ends that Git may have changed."""
    content = file.read_bytes()
    yield hashlib.sha256(content).hexdigest()
    yield hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _documents(folder: Path, made: Mapping[str, Any]) -> dict[str, Any] | None:
    """The documents of the first option that has any: those of all options are the same."""
    for placement in made["placements"]:
        found = sorted((folder / _plain_name(placement["option"]) / _OPENAPI).glob("*.json"))
        if found:
            return {path.stem: read_contract(path) for path in found}
    return None if made["apis"] else {}


def _plain_name(option: str) -> str:
    """The id of an option, which leads to no other folder."""
    if Path(option).name != option:
        raise ValueError(f"the option {option!r}")
    return option


def _json(path: Path) -> Any:
    """What the file holds; None where there is none."""
    if not path.is_file():
        return None
    opened(path.as_posix())
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_BYTES:,} bytes")
    return json.loads(path.read_bytes())
