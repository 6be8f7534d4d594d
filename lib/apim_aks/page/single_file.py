"""The whole report as one page, to be sent: the first page, and every other one folded below it.

What a page carries for download and links to files beside it are left out: beside a mail there is
no folder.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from apim_aks.page.diagram.svg import icons_once
from apim_aks.page.document import assembled, regions_apart

Pages = Mapping[str, tuple[str, str]]
"""Title and text of each page by its file, the first page first."""

_MAIN = re.compile(r'<main id="main" tabindex="-1">\n(.*)\n</main>', re.DOTALL)
_SCRIPT = re.compile(r"<script>\n.*?</script>", re.DOTALL)
_TITLE = re.compile(r"<h1[^>]*>.*?</h1>", re.DOTALL)
_LEVEL = re.compile(r"<(/?)h([2-5])(?=[ >])")
_DOWNLOAD = re.compile(r'<a download="[^"]*" href="[^"]*">(.*?)</a>', re.DOTALL)
_BESIDE = re.compile(r'<a href="(?!https?://|#)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_ID = re.compile(r'(\s(?:id|aria-labelledby|aria-describedby|aria-controls|for)=")([^"]+)(")')
_OWN = re.compile(r'((?:href|xlink:href)="#|url\(#)([^")]+)')
_PAGE = re.compile(r'"([\w-]+\.html)(?:#([^"]*))?"')
_NUMBER = re.compile(r"(?<=>)(Table|Figure) (\d+)(?=</(?:a|span)>)")


def single_file(pages: Pages, sheet: str = "") -> str:
    """All pages in one; `sheet` is the style that one of them has beside the others'."""
    first, *others = pages
    title, text = pages[first]
    parts = [_linked(_inside(text), pages, "", first)]
    for number, file in enumerate(others, 1):
        parts.append(_chapter(number, file, pages, first))
    body = _BESIDE.sub(r"\1", "\n".join(parts))
    return assembled(title, icons_once(regions_apart(body)), home="", sheet=sheet)


def _chapter(number: int, file: str, pages: Pages, first: str) -> str:
    """A page under its title, one level lower, its figures and tables with its number."""
    title, text = pages[file]
    body = _SCRIPT.sub("", _TITLE.sub("", _DOWNLOAD.sub(r"\1", _inside(text)), count=1))
    lower = _LEVEL.sub(lambda found: f"<{found[1]}h{int(found[2]) + 1}", body)
    own = _linked(_NUMBER.sub(rf"\1 {number}.\2", lower), pages, _stem(file), first)
    head = f'<h2 id="{_stem(file)}">{html.escape(title)}</h2>'
    return (
        f'<div class="workbook chapter"><details><summary>{head}</summary>\n{own}\n</details></div>'
    )


def _inside(text: str) -> str:
    found = _MAIN.search(text)
    return found[1] if found else ""


def _stem(file: str) -> str:
    return file.removesuffix(".html")


def _linked(body: str, pages: Pages, own: str, first: str) -> str:
    """Ids apart from those of other pages, and links between pages as links inside this one."""

    def place(page: str, id: str) -> str:
        return ".".join(filter(None, (page, id))) or "main"

    def other(found: re.Match[str]) -> str:
        file, id = found[1], found[2] or ""
        if file not in pages:
            return found[0]
        return f'"#{place("" if file == first else _stem(file), id)}"'

    if own:
        body = _ID.sub(
            lambda m: f"{m[1]}{' '.join(place(own, id) for id in m[2].split())}{m[3]}", body
        )
        body = _OWN.sub(lambda m: f"{m[1]}{place(own, m[2])}", body)
    return _PAGE.sub(other, body)
