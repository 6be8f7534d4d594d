"""A notebook as a page: each cell keeps a name of its own, so that two runs give the same bytes."""

from __future__ import annotations

import re

import nbformat
from nbformat import v4

from apim_aks.notebook.report.pages import body


def test_a_cell_with_several_headings_becomes_several_that_are_named_apart() -> None:
    source = "Before.\n\n## One\n\nText.\n\n## Two\n\nMore."
    cells = [v4.new_markdown_cell(source, id="prose"), v4.new_markdown_cell("", id="empty")]
    node = nbformat.from_dict(v4.new_notebook(cells=cells))
    first = body(node)
    assert re.findall(r'id="cell-id=([^"]*)"', first) == ["prose-1", "prose-2", "prose", "empty"]
    assert body(node) == first
