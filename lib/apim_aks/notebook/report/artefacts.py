"""The files of a report other than its pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from apim_aks.page.html import WholeLists
from apim_aks.page.pictures import picture_files
from apim_aks.page.whole_lists import has_many, lists_of_option
from apim_aks.topology.check import Check
from apim_aks.verification.callers import access
from apim_aks.verification.entries import outside_callers


@dataclass(frozen=True, slots=True)
class Written:
    """What cannot be made for an option, as sentences, and its lists that pages cut short."""

    refused: tuple[str, ...]
    lists: WholeLists | None


def write_common(folder: Path, made: Design, checks: Sequence[Check]) -> None:
    """Design, proofs, checks, decision, and the merged document of every API for every option."""
    write(folder / "design.json", as_json(design_data(made)))
    write_pieces(folder / "reachability.json", reached_pieces(made))
    write(folder / "checks.json", as_json(checks_data(checks)))
    write(folder / "decision.md", decision_record(made, checks))
    for document in api_documents(made.workload, made.mapping):
        text = _indented(document)
        for placement in made.placements:
            write(folder / placement.option.id / "openapi" / f"{document.api}.json", text)


def write_option(folder: Path, made: Design, option: str) -> Written:
    """Picture, topology, callers of an option, and the files that it is built with."""
    placement, own = made.placement(option), folder / option
    own.mkdir(parents=True, exist_ok=True)
    for name, content in picture_files(made, placement).items():
        (own / name).write_bytes(content)
    write(own / "topology.json", as_json(topology_data(placement.topology)))
    write(own / "callers.json", as_json(_callers(made, placement)))
    built = artefacts(placement)
    for file in built.files:
        write(own / file.file, file.text)
    lists = lists_of_option(made, placement, built) if has_many(made) else None
    if placement in made.handed_over:
        built = in_environments(built)
        _hand_over(own, built)
    return Written(tuple(f"{placement.option.title}: {said}" for said in built.refused), lists)


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
