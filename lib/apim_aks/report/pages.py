"""From an executed notebook to a page: what a reviewer needs, code folded away, nothing loaded."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

_TEMPLATE = """{%- extends 'basic/index.html.j2' -%}
{%- block input -%}
<details class="code"><summary>Code</summary>
{{ super() }}
</details>
{%- endblock input -%}
{%- block data_javascript -%}{%- endblock data_javascript -%}
{%- block data_widget_view -%}{%- endblock data_widget_view -%}
"""
_LINK = re.compile(r'href="(?:\./)?(\d\d_\w+)\.ipynb(#[^"]*)?"')
_PILCROW = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')


def body(node: NotebookNode) -> str:
    """The notebook as an HTML fragment, with links to other notebooks leading to their pages."""
    html, _ = _exporter().from_notebook_node(node)
    linked = _LINK.sub(lambda m: f'href="{m[1]}.html{m[2] or ""}"', html)
    return _PILCROW.sub("", linked)


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_file="workbook.html.j2",
        extra_loaders=[DictLoader({"workbook.html.j2": _TEMPLATE})],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=True,
    )
