"""Where the parts of a document will stand is known before it is written, and said right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apim_aks.artefacts.manifests import manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.workload.documents import dump, is_laid_out, line_in, lines_of, parse
from tests.support.designs import bundled
from tests.support.series import examples

Path = tuple[str | int, ...]
TEXTS = st.text("abc yn1.:#-{}'\"&*!%@é🚀~", max_size=12) | st.sampled_from(
    ["a\nb", "a\nb\n", "a\n\n  b\n", "a" * 120, "null", "2024-01-01"]
)
PARTS = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
ODD = ["a\r\nb", "\n", "a\n\n", " a\nb", "a \nb", "a\tb\nc", "a\x85b", "a\u2028b", "w " * 6000]


def paths(part: Any, path: Path = ()) -> Iterator[Path]:
    """Every path in a document, and one below each that is not there."""
    yield path
    yield (*path, "not there")
    if isinstance(part, (dict, list)):
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
            yield from paths(inner, (*path, key))


@examples(60)
@given(st.dictionaries(TEXTS, PARTS, min_size=1, max_size=4))
def test_each_part_stands_where_it_is_said_to(document: dict[str, Any]) -> None:
    assume(is_laid_out(document))
    text = dump(document)
    (read,) = parse(text.encode(), "a.yaml").documents
    assert lines_of(document) == text.count("\n")
    for path in paths(document):
        assert read.line_of(*path) == 1 + line_in(document, path), (path, text)


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_of_text_that_may_take_more_lines_nothing_is_said(text: str) -> None:
    assert not is_laid_out({"data": [text]})
    assert not is_laid_out({text: "a"})


@pytest.mark.parametrize("workload", ["contoso-orders", "contoso-retail"])
def test_objects_of_manifests_have_the_lines_of_their_files(workload: str) -> None:
    for placement in bundled(workload).placements:
        files = manifests(placement)
        for file, step in zip(files, steps(files), strict=True):
            read = parse(file.yaml.encode(), file.name).documents
            for object, document in zip(step.objects, read, strict=True):
                where = list(paths(object.data))
                assert object.line == document.line
                lines = [object.document.line_of(*path) for path in where]
                assert lines == [document.line_of(*path) for path in where]
