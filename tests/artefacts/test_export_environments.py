"""One environment changed: the difference in every format is the lines that say it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.artefacts.export import FORMATS, Format, exported
from apim_aks.decision.environments import everywhere, in_environments
from apim_aks.workload.file import read_workload
from tests.support.designs import alone
from tests.support.environments import ENVIRONMENTS, with_environments

BEFORE, NOW = "ordersdev", "ordersnew"
WHOLE = {"apiops", "apiops-toolkit", "kustomize", "gitops"}
"""Formats that hold every environment beside the others; the rest is exported for one."""


def made(folder: Path, said: str) -> tuple[Artefacts, Artefacts]:
    """What is built everywhere, and in dev alone."""
    placement = alone(read_workload(with_environments(folder, said)), "ingress-mtls")
    return in_environments(artefacts(placement)), artefacts(everywhere(placement)["dev"])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Artefacts, Artefacts]]:
    folder = tmp_path_factory.mktemp("workload")
    return [made(folder, ENVIRONMENTS.replace(BEFORE, suffix)) for suffix in (BEFORE, NOW)]


def lines(files: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(path, line) for path, text in files.items() for line in text.splitlines()}


def renamed(line: str) -> str:
    """The line with the other name, as a part of a symbol too."""
    return line.replace(BEFORE, NOW).replace(BEFORE.capitalize(), NOW.capitalize())


@pytest.mark.parametrize("format", FORMATS, ids=[f.id for f in FORMATS])
def test_only_the_expected_lines_differ(
    format: Format, both: list[tuple[Artefacts, Artefacts]]
) -> None:
    old, new = (exported(format, pair[0 if format.id in WHOLE else 1]) for pair in both)
    assert old.keys() == new.keys()
    gone, come = lines(old) - lines(new), lines(new) - lines(old)
    assert {(p, renamed(line)) for p, line in gone} == come
    if format.id in WHOLE:
        assert all("dev" in path or path == "README.md" for path, _ in come)
    assert bool(come) is (format.id != "gitops"), "GitOps names environments, not their instances"
