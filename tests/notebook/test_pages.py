"""A notebook as a page: each cell keeps a name of its own, so that two runs give the same bytes."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat import v4

from apim_aks.notebook.report import running
from apim_aks.notebook.report.pages import _WAY, _exporter, body
from apim_aks.workload.file import read_workload
from tests.support.small_notebooks import READ, notebook


def test_a_cell_with_several_headings_becomes_several_that_are_named_apart() -> None:
    source = "Before.\n\n## One\n\nText.\n\n## Two\n\nMore."
    cells = [v4.new_markdown_cell(source, id="prose"), v4.new_markdown_cell("", id="empty")]
    node = nbformat.from_dict(v4.new_notebook(cells=cells))
    first = body(node)
    assert re.findall(r'id="cell-id=([^"]*)"', first) == ["prose-1", "prose-2", "prose", "empty"]
    assert body(node) == first


class Meant(HTMLParser):
    """What a browser reads: elements with their attributes, and the words of texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: (value or "").split() for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.found.append(" ".join(data.split()))


def test_what_a_cell_shows_stands_on_the_page_as_it_was_and_all_means_what_nbconvert_means() -> (
    None
):
    shown = '<svg viewBox="0 0 1 1"><title>It&#x27;s one</title></svg>'
    output = v4.new_output("display_data", {"text/html": shown})
    code = v4.new_code_cell("print('a')", id="code", outputs=[output])
    node = nbformat.from_dict(v4.new_notebook(cells=[v4.new_markdown_cell("*It*", id="it"), code]))
    assert shown in body(node)
    ours, theirs = (
        Meant(way.from_notebook_node(node)[0]) for way in (_exporter(), HTMLExporter(**_WAY))
    )
    assert ours.found == theirs.found


def test_what_all_pages_need_is_there_before_the_first_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, which keeps neither the workload nor the variables."""
    monkeypatch.setattr(running, "keep", lambda *_: None)
    _exporter.cache_clear()
    source = notebook(tmp_path, READ)
    with patch.dict(os.environ):
        running._prepare("contoso-orders", read_workload("contoso-orders"), [source])
    assert _exporter.cache_info().currsize == 1
