"""The files of a report that are no pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apim_aks.check import Check
from apim_aks.design import Design
from apim_aks.design_json import as_json, checks_data, design_data, topology_data
from apim_aks.diagram import picture
from apim_aks.record import decision_record


def write_artefacts(folder: Path, made: Design, checks: Sequence[Check]) -> None:
    """Design, checks, decision record, and each option's picture and topology."""
    write(folder / "design.json", as_json(design_data(made)))
    write(folder / "checks.json", as_json(checks_data(checks)))
    write(folder / "decision.md", decision_record(made, checks))
    for placement in made.placements:
        own = folder / placement.option.id
        drawn = picture(placement.topology, placement.option.title)
        write(own / "topology.svg", drawn.svg)
        write(own / "topology.json", as_json(topology_data(placement.topology)))


def write(path: Path, text: str) -> None:
    """The text as a file, the same on every system."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def files(folder: Path) -> list[str]:
    """What lies in the folder, as a page beside it would link to it."""
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
