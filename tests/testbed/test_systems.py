"""Other people's systems, run: every operation arrives at the Service that owns it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.places import CORPORA
from tests.support.programs import needs_proxies
from tests.support.series import at_length
from tests.support.testbed import OPTIONS, SYSTEMS, arrived, written_operations

pytestmark = [
    needs_proxies,
    pytest.mark.skipif(not CORPORA.is_dir(), reason=f"{CORPORA} is not there"),
]


@at_length
@pytest.mark.parametrize("id", OPTIONS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_operations_of_systems_arrive_as_the_document_says(
    name: str, id: str, tmp_path: Path
) -> None:
    assert arrived(name, id, tmp_path) == written_operations()[name, id]


def test_all_that_is_published_arrives() -> None:
    """Only a system that wants the mesh's TLS behind the entry is not run, with the reason."""
    said = written_operations()
    parts = {key: text.split(" of ") for key, text in said.items() if not text.startswith("not")}
    assert set(said) - set(parts) == {("bookinfo", "ingress-mtls")}
    assert all(did == of for did, of in parts.values())
