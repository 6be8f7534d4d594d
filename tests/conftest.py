"""Fixtures that more than one test file needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of other people's systems; skipped where it is absent."""
    given = os.environ.get("APIM_AKS_CORPORA")
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "corpora"
    if not folder.is_dir():
        message = f"no corpora in {folder}; set APIM_AKS_CORPORA to their folder"
        if os.environ.get("REQUIRE_CORPORA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder
