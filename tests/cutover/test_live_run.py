"""docs/live-run.md says of each of its lines what was seen locally, by tests that are there."""

from __future__ import annotations

import re

from tests.support.live_run import FILE, LINES, lines, written
from tests.support.places import REPOSITORY


def test_every_line_says_what_was_seen_locally() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert lines(text) == list(LINES)
    assert written(text) == text, "make golden"


def test_each_test_that_it_names_is_there() -> None:
    for file, name, _ in LINES.values():
        held = (REPOSITORY / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", held, re.M), f"{file} has no {name}"
