"""Fixtures that more than one test file needs."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from apim_aks.notebook.report.without_grammar import without_grammar
from tests.support import designs, report_runs, series
from tests.support.places import CORPORA

with without_grammar():
    import jsonschema  # noqa: F401 - once for all tests, which need no grammar either


RARELY = (50_000, 20, 100)
"""Thresholds of the garbage collector: ten thousand tests stay in memory, and each of its rounds
over them takes longer than what it would free is worth."""


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the reports of all workers, which start after this and inherit its name."""
    gc.set_threshold(*RARELY)
    if not hasattr(config, "workerinput"):
        os.environ[report_runs.SHARED] = tempfile.mkdtemp(prefix="apim-aks-")
    if series.SEED:
        config.pluginmanager.register(series.Tried(Path(os.environ[series.COUNTS])))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(report_runs.SHARED), ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of the whole and those in a browser first, so that no worker ends with a long one."""
    config.hook.pytest_deselected(items=[i for i in items if not series.has_its_turn(i)])
    items[:] = filter(series.has_its_turn, items)
    items.sort(key=lambda item: item.path.parent.name not in ("tests", "browser"))


def pytest_collection_finish() -> None:
    gc.freeze()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of other people's systems; skipped where it is absent."""
    if not CORPORA.is_dir():
        message = f"no corpora in {CORPORA}; set APIM_AKS_CORPORA to their folder"
        if os.environ.get("REQUIRE_CORPORA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return CORPORA


@pytest.fixture
def designed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in this process read their workloads, and those that are equal share a design."""
    for caller in ("apim_aks.__main__", "apim_aks.cli.azure.arguments"):
        monkeypatch.setattr(f"{caller}.design", designs.designed)
