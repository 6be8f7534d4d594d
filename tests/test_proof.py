"""The document of what was broken is what the tests hold."""

from __future__ import annotations

from tests.support import proof


def test_the_document_is_made_of_the_tables_of_the_tests() -> None:
    assert proof.FILE.read_text(encoding="utf-8") == proof.document(), "make golden"


def test_every_probe_of_the_document_ended_each_way() -> None:
    rows = [r.split(" | ") for r in proof.matrix().splitlines()[2:]]
    assert rows
    assert [r for r in rows if "0" in (r[2], r[3], r[4].rstrip(" |"))] == []
