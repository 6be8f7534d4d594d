"""Fixtures that more than one test file needs."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support import report_runs, series
from tests.support.places import CORPORA


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the reports of all workers, which start after this and inherit its name."""
    if not hasattr(config, "workerinput"):
        os.environ[report_runs.SHARED] = tempfile.mkdtemp(prefix="apim-aks-")
    if series.SEED:
        config.pluginmanager.register(series.Tried(Path(os.environ[series.COUNTS])))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(report_runs.SHARED), ignore_errors=True)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of other people's systems; skipped where it is absent."""
    if not CORPORA.is_dir():
        message = f"no corpora in {CORPORA}; set APIM_AKS_CORPORA to their folder"
        if os.environ.get("REQUIRE_CORPORA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return CORPORA
