"""The Markdown that this workbook writes itself, as safe HTML: no raw HTML gets through."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mistune import BlockState, HTMLRenderer, Markdown, create_markdown

from apim_aks.page.html import Html, cell, code, element, framed

_ADDRESS = re.compile(r"https?://\S+|(?!//)[\w./#-]+")
_TAG = re.compile(r"<[^>]*>")


def markdown(text: str) -> str:
    """Markdown with tables as HTML; tags, images and addresses of other kinds are their text."""
    return str(_reader()(text)).strip()


@cache
def _reader() -> Markdown:
    return create_markdown(renderer=_Renderer(), plugins=["table"])


class _Renderer(HTMLRenderer):
    """Everything escaped as elsewhere on a page, and nothing that a page would load."""

    def text(self, text: str) -> str:
        return html.escape(text)

    def codespan(self, text: str) -> str:
        return code(text).text

    def softbreak(self) -> str:
        return " "

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return element("a", Html(text), href=url).text if _ADDRESS.fullmatch(url) else text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text

    def render_token(self, token: dict[str, Any], state: BlockState) -> str:
        if token["type"] != "table":
            return super().render_token(token, state)
        head, *bodies = token["children"]
        heads = list(self._cells(head, state))
        labels = [html.unescape(_TAG.sub("", h.text)) for h in heads]
        rows = (
            element("tr", *map(cell, self._cells(row, state), labels), role="row")
            for body in bodies
            for row in body["children"]
        )
        return framed(heads, rows).text

    def _cells(self, row: dict[str, Any], state: BlockState) -> Iterator[Html]:
        return (Html(self.render_tokens(c["children"], state)) for c in row["children"])
