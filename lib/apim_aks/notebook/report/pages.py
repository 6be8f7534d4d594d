"""Converts an executed notebook into a page with folded code and no external resources."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

import nbformat
from jinja2 import DictLoader
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode

DETAIL = "detail"
"""The tag of a heading whose cells a page shows when asked for, up to the next heading."""
_SETUP = {"parameters", "injected-parameters", "imports"}
"""Ids and tags of the cells that only prepare; on a page they are one."""

_TEMPLATE = """{%- extends 'basic/index.html.j2' -%}
{%- block any_cell -%}
{%- if cell.metadata.part_opens -%}
<div class="workbook"><details class="part"><summary>{{ cell.metadata.part_opens | e }}</summary>
{%- endif -%}
{{ super() }}
{%- if cell.metadata.part_ends -%}</details></div>{%- endif -%}
{%- endblock any_cell -%}
{%- block input -%}
<details class="code"><summary>{{ cell.metadata.summary or "Code" }}</summary>
{{ super() }}
</details>
{%- endblock input -%}
{%- block data_javascript -%}{%- endblock data_javascript -%}
{%- block data_widget_view -%}{%- endblock data_widget_view -%}
"""
_LINK = re.compile(r'href="(?:\./)?(\d\d_\w+)\.ipynb(#[^"]*)?"')
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)
_PART = re.compile(r"^### (.+)$", re.MULTILINE)
_PILCROW = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')
_ONE_AT_A_TIME = threading.Lock()
"""An exporter keeps what it is converting."""


def body(node: NotebookNode) -> str:
    """The notebook as an HTML fragment, with links to other notebooks leading to their pages."""
    with _ONE_AT_A_TIME:
        html, _ = _exporter().from_notebook_node(_in_parts(_setup_in_one(node)))
    linked = _LINK.sub(lambda m: f'href="{m[1]}.html{m[2] or ""}"', html)
    return _PILCROW.sub("", linked)


def _in_parts(node: NotebookNode) -> NotebookNode:
    """The notebook with what follows each heading of a detail as one part, which is folded."""
    cells = [piece for cell in node.cells for piece in _at_headings(cell)]
    heads = [at for at, cell in enumerate(cells) if _heading(cell)]
    for start, end in zip(heads, [*heads[1:], len(cells)], strict=False):
        if DETAIL in cells[start].metadata.get("tags", []) and end - start > 1:
            inside = cells[start + 1 : end]
            named = [h for c in inside for h in _PART.findall(_prose(c))]
            inside[0].metadata["part_opens"] = f"Show: {', '.join(named)}" if named else "Show"
            inside[-1].metadata["part_ends"] = True
    parts: NotebookNode = nbformat.from_dict({**node, "cells": cells})
    return parts


def _at_headings(cell: NotebookNode) -> list[NotebookNode]:
    """A cell of prose as one cell for each heading in it; id and tags belong to the last one."""
    *before, last = filter(None, _SECTION.split(_prose(cell))) if _prose(cell) else [""]
    if not before:
        return [cell]
    plain = {k: v for k, v in cell.metadata.items() if k != "tags"}
    cells = [
        nbformat.from_dict({**cell, "source": piece, "metadata": plain, "id": f"{cell.id}-{at}"})
        for at, piece in enumerate(before, 1)
    ]
    return [*cells, nbformat.from_dict({**cell, "source": last})]


def _prose(cell: NotebookNode) -> str:
    return str(cell.source) if cell.cell_type == "markdown" else ""


def _heading(cell: NotebookNode) -> bool:
    return _prose(cell).startswith("## ")


def _setup_in_one(node: NotebookNode) -> NotebookNode:
    """The notebook with each run of cells that only prepare as one cell under its own name."""
    cells: list[NotebookNode] = []
    for cell in node.cells:
        if not _prepares(cell):
            cells.append(cell)
        elif cells and "summary" in cells[-1].metadata:
            cells[-1].source += f"\n\n{cell.source}"
        else:
            named = {**cell.metadata, "summary": "Parameters and imports"}
            cells.append(nbformat.from_dict({**cell, "metadata": named}))
    joined: NotebookNode = nbformat.from_dict({**node, "cells": cells})
    return joined


def _prepares(cell: NotebookNode) -> bool:
    named = {cell.get("id"), *cell.metadata.get("tags", [])}
    return cell.cell_type == "code" and not cell.outputs and bool(named & _SETUP)


_WAY: dict[str, Any] = {
    "template_file": "workbook.html.j2",
    "extra_loaders": [DictLoader({"workbook.html.j2": _TEMPLATE})],
    "exclude_input_prompt": True,
    "exclude_output_prompt": True,
    "embed_images": True,
}


class _Once(HTMLExporter):
    """Without the second reading of the whole page, which nbconvert does for two attributes.

    It describes pictures that nobody described and lets the keyboard into cells of a whole page;
    here every picture has its words, and a fragment has no such cells.
    """

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """Convert from notebook node."""
        known = self._init_resources(resources)  # type: ignore[no-untyped-call]
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        filters = {
            "highlight_code": Highlight2HTML(pygments_lexer=lexer, parent=self),
            "filter_data_type": WidgetsDataTypeFilter(self._nb_metadata, known, parent=self),
        }
        for name, made in filters.items():
            self.register_filter(name, made)  # type: ignore[no-untyped-call]
        return TemplateExporter.from_notebook_node(self, nb, known, **kw)


@cache
def _exporter() -> HTMLExporter:
    return _Once(**_WAY)  # type: ignore[no-untyped-call]
