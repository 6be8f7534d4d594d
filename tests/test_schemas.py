"""The schemas that are published: what the classes say, closed, and listed.

Written files are held to them where tests write them: tests/test_report.py, test_saved_plan.py, and
test_close.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import schemas
from tests.support.places import REPOSITORY

EVERY = sorted(schemas.FOLDER.glob("*.schema.json"))


def test_the_schemas_are_made_of_the_classes() -> None:
    for name, text in schemas.schemas().items():
        assert (schemas.FOLDER / name).read_text(encoding="utf-8") == text, "make golden"


@pytest.mark.parametrize("file", EVERY, ids=lambda f: f.name)
def test_each_has_an_id_and_is_closed(file: Path) -> None:
    held = json.loads(file.read_text(encoding="utf-8"))
    name = file.name.removesuffix(".schema.json")
    assert (held["$id"], held["$schema"]) == (f"urn:apim-aks:{name}", schemas.DRAFT)
    assert held["description"] and held.get("additionalProperties", held.get("items")) != {}
    schemas.wrong(name, "{}")


def test_a_schema_notices_what_does_not_belong() -> None:
    listing = {"schema_version": 1, "written_by": "apim-aks", "what": "", "files": {"a": "0" * 64}}
    assert schemas.wrong("files", json.dumps(listing)) == []
    for key, value in (("schema_version", 2), ("files", {"a": "short"}), ("more", 1)):
        assert schemas.wrong("files", json.dumps({**listing, key: value}))


def test_the_schemas_are_listed_where_a_reader_looks() -> None:
    text = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    assert [f.name for f in EVERY if f"data/schemas/{f.name}" not in text] == []
