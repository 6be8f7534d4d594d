"""The document of other people's systems is what they become today."""

from __future__ import annotations

from pathlib import Path

from tests.support import systems


def test_every_system_has_a_row_with_our_judgement(corpora: Path) -> None:
    folders = sorted(p.name for p in (corpora / systems.FOLDER).iterdir() if p.is_dir())
    assert folders == sorted(systems.REMAINS)


def test_the_document_is_made_of_the_systems(corpora: Path) -> None:
    made = systems.document(systems.systems(corpora))
    assert systems.FILE.read_text(encoding="utf-8") == made, "make golden"
