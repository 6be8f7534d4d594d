"""The files of a report other than its pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from apim_aks.apis.document import ApiDocument, api_documents
from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.artefacts.export import FORMATS, exported
from apim_aks.cutover.changes import changes
from apim_aks.cutover.owners import owners
from apim_aks.decision.as_json import (
    SCHEMA_VERSION,
    as_json,
    checks_data,
    design_data,
    plain,
    topology_data,
)
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.environments import in_environments
from apim_aks.decision.reached import reached_pieces
from apim_aks.decision.record import decision_record
from apim_aks.page.pictures import picture_files
from apim_aks.topology.check import Check
from apim_aks.verification.callers import access
from apim_aks.verification.entries import outside_callers


def write_artefacts(folder: Path, made: Design, checks: Sequence[Check]) -> tuple[str, ...]:
    """Design, proofs, checks, decision; of each option picture, topology, callers and its files.

    What cannot be made for an option comes back as sentences.
    """
    refused: list[str] = []
    write(folder / "design.json", as_json(design_data(made)))
    write_pieces(folder / "reachability.json", reached_pieces(made))
    write(folder / "checks.json", as_json(checks_data(checks)))
    write(folder / "decision.md", decision_record(made, checks))
    documents = {d.api: _indented(d) for d in api_documents(made.workload, made.mapping)}
    for placement in made.placements:
        own = folder / placement.option.id
        own.mkdir(parents=True, exist_ok=True)
        for name, content in picture_files(made, placement).items():
            (own / name).write_bytes(content)
        write(own / "topology.json", as_json(topology_data(placement.topology)))
        write(own / "callers.json", as_json(_callers(made, placement)))
        for api, text in documents.items():
            write(own / "openapi" / f"{api}.json", text)
        built = artefacts(placement)
        for file in built.files:
            write(own / file.file, file.text)
        if placement in made.handed_over:
            built = in_environments(built)
            _hand_over(own, built)
        refused += [f"{placement.option.title}: {sentence}" for sentence in built.refused]
    return tuple(refused)


def _hand_over(own: Path, built: Artefacts) -> None:
    """The option in every format beside the templates, which stand in a folder of their own."""
    for format in () if built.refused else FORMATS[1:]:
        for path, text in exported(format, built).items():
            write(own / format.id / path, text)


def _callers(made: Design, placement: Placement) -> dict[str, Any]:
    """Calls inside the cluster and entries from outside, before and after, and what changes."""
    return {
        "schema_version": SCHEMA_VERSION,
        "callers": plain(access(made, placement)),
        "outside": plain(outside_callers(made, placement)),
        "teams": owners(made.workload).words,
        "changes": plain(changes(made, placement)),
    }


def _indented(document: ApiDocument) -> str:
    """The document as people read it; its numbers, dates and order as in its one-line text."""
    return json.dumps(json.loads(document.text), indent=2, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> None:
    """The text as a file, the same on every system."""
    write_pieces(path, [text])


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """The same where the text comes in pieces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def files(folder: Path) -> list[str]:
    """What lies in the folder, as a page beside it would link to it."""
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
