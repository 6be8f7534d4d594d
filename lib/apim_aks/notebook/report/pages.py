"""From an executed notebook to a page: what a reviewer needs, code folded away, nothing loaded."""

from __future__ import annotations

import re
import threading
from functools import cache

import nbformat
from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

_SETUP = {"parameters", "injected-parameters", "imports"}
"""Ids and tags of the cells that only prepare; on a page they are one."""

_TEMPLATE = """{%- extends 'basic/index.html.j2' -%}
{%- block input -%}
<details class="code"><summary>{{ cell.metadata.summary or "Code" }}</summary>
{{ super() }}
</details>
{%- endblock input -%}
{%- block data_javascript -%}{%- endblock data_javascript -%}
{%- block data_widget_view -%}{%- endblock data_widget_view -%}
"""
_LINK = re.compile(r'href="(?:\./)?(\d\d_\w+)\.ipynb(#[^"]*)?"')
_PILCROW = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')
_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')
_ONE_AT_A_TIME = threading.Lock()
"""An exporter keeps what it is converting."""
_CELL = '<div class="cell '


def body(node: NotebookNode) -> str:
    """The notebook as an HTML fragment, with links to other notebooks leading to their pages."""
    with _ONE_AT_A_TIME:
        html, _ = _exporter().from_notebook_node(_setup_in_one(node))
    linked = _LINK.sub(lambda m: f'href="{m[1]}.html{m[2] or ""}"', html)
    return _with_contents(_PILCROW.sub("", linked))


def _with_contents(html: str) -> str:
    """Links to the headings, after the first cell: the short answer stays first."""
    links = "".join(f'<a href="#{id}">{title}</a>' for id, title in _HEADING.findall(html))
    at = html.find(_CELL, html.find(_CELL) + 1)
    listed = f'<nav class="contents" aria-label="On this page">{links}</nav>'
    contents = f'<div class="workbook">{listed}</div>\n'
    return html if at < 0 or not links else html[:at] + contents + html[at:]


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


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_file="workbook.html.j2",
        extra_loaders=[DictLoader({"workbook.html.j2": _TEMPLATE})],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        embed_images=True,
    )
