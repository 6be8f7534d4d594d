"""The reference is what the program reads, and leaves no key or argument without a word."""

from __future__ import annotations

import re

from tests.support import reference


def test_the_reference_is_made_of_schema_and_commands() -> None:
    assert reference.FILE.read_text(encoding="utf-8") == reference.document(), "make golden"


def test_every_key_and_every_argument_has_a_meaning() -> None:
    rows = re.findall(r"^\| (`.*`) \|(.*)\| (.*) \|$", reference.document(), re.MULTILINE)
    assert len(rows) > 60
    assert [key for key, _, meaning in rows if not meaning.strip()] == []
    arguments = re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|$", reference.document(), re.MULTILINE)
    assert len(arguments) > 40
    assert [name for name, meaning in arguments if not meaning.strip()] == []
