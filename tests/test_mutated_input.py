"""Input with something wrong in it: read or named, never a traceback, never a lost report."""

from __future__ import annotations

from pathlib import Path

from apim_aks import page
from apim_aks.artefacts.bundle import artefacts
from apim_aks.decision.design import Design, design, mapped
from apim_aks.errors import InputError
from apim_aks.workload.file import read_workload
from tests.support.mutating import mutated, system, write
from tests.support.series import SEED, seeds

EACH = 40 if SEED else 5
"""Inputs of one seed."""

TABLES = (
    page.opening,
    page.pods_table,
    page.services_table,
    page.mapping_rows,
    page.apis_table,
    page.operations_table,
    page.collisions_table,
    page.notes,
    page.documents_table,
    page.imports,
    page.mapping_in_yaml,
    page.verdict,
    page.ruled_out_table,
)
BUILT = (
    page.manifests_folded,
    page.policies_folded,
    page.expiry_table,
    page.planned_addresses,
)


@seeds(2)
def test_mistakes_in_the_input_are_named_and_cost_no_report(seed: int, tmp_path: Path) -> None:
    for number in range(seed * EACH, (seed + 1) * EACH):
        chosen, file = mutated(system(number), number)
        made = tried(write(chosen, tmp_path / str(number)))
        if made is not None:
            report(made, own=file == "workload.yaml")


def tried(path: Path) -> Design | None:
    """The design; None where one sentence says why there is none."""
    try:
        workload = read_workload(path)
        mapped(workload)
        return design(workload)
    except InputError as error:
        assert str(error).strip() and "\n" not in str(error)
        return None


def report(made: Design, own: bool) -> None:
    """What the notebooks show and what options are built with, refused by words of our own file."""
    for table in TABLES:
        table(made)
    page.findings(made.workload)
    for placement in made.placements:
        built = artefacts(placement)
        for shown in BUILT:
            shown(built)
        page.formats(made, built)
        page.endpoints_table(placement)
        assert own or built.refused == ()
