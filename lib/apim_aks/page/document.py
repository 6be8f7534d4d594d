"""A whole page: one file that needs nothing else, no script and no network."""

from __future__ import annotations

import html
import os
import re
from functools import cache
from itertools import count
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.own_files import save_listed
from apim_aks.page.diagram.svg import icons_once
from apim_aks.page.html import Html, element, items, joined, paragraph
from apim_aks.page.numbers import numbered

Link = tuple[str, str]
"""A file beside this page, and its title."""

HERE = Path(__file__).parent
GLOSSARY = "glossary.html"
"""The page of a report that says what the words mean."""
_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')
_TAG = re.compile(r"<[^>]*>")
_REGION = re.compile(r'(<(?:section\b|\w+(?=[^>]* role="region"))[^>]* aria-label=")([^"]*)(")')


@cache
def _css(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def style() -> Html:
    """The style of tables, figures and states for a notebook in JupyterLab."""
    return Html(f"<style>\n{_css('fragments.css')}</style>")


def document(
    title: str,
    body: str,
    *,
    home: str = "",
    previous: Link | None = None,
    next: Link | None = None,
    sheet: str = "",
) -> str:
    """A complete page around a body that is safe already; `sheet` is a style of its own."""
    inside = numbered(regions_apart(icons_once(body.replace(style().text, ""))))
    return assembled(title, inside, home=home, previous=previous, next=next, sheet=sheet)


def assembled(
    title: str,
    inside: str,
    *,
    home: str = "",
    previous: Link | None = None,
    next: Link | None = None,
    sheet: str = "",
) -> str:
    """The page around what was numbered already."""
    links = _navigation(home, previous, next)
    own = _css(sheet) if sheet else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"<style>\n{_css('page.css')}{_css('fragments.css')}{own}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the content</a>\n'
        f'{_nav(links, "Pages")}\n<div class="frame">\n{contents(inside)}\n'
        f'<main id="main" tabindex="-1">\n{inside}\n</main>\n</div>\n'
        f"{_nav(links, 'Pages, again')}\n<script>\n{_css('page.js')}</script>\n</body>\n</html>\n"
    )


def contents(body: str) -> str:
    """Links to the headings of a page, which stay in sight; nothing where there are none."""
    found = [(id, html.unescape(_TAG.sub("", words))) for id, words in _HEADING.findall(body)]
    if not found:
        return ""
    links = items(element("a", words, href=f"#{id}") for id, words in found)
    listed = element("details", element("summary", "On this page"), links)
    return element("nav", listed, class_="contents", aria_label="On this page").text


def regions_apart(body: str) -> str:
    """The page with each region under a name of its own, for those who go from one to the next.

    The second of a name, such as the same table for two options, is "Table: Rules (2)".
    """
    taken = {name.casefold() for _, name, _ in _REGION.findall(body)}
    seen: set[str] = set()

    def named(found: re.Match[str]) -> str:
        name = found[2]
        if name.casefold() in seen:
            others = (f"{found[2]} ({number})" for number in count(2))
            name = next(n for n in others if n.casefold() not in seen | taken)
        seen.add(name.casefold())
        return f"{found[1]}{name}{found[3]}"

    return _REGION.sub(named, body)


def regions_of(name: str, body: str) -> str:
    """The body with each region of it named as one of these: the same stand elsewhere too."""
    return _REGION.sub(lambda found: f"{found[1]}{found[2]}, {name}{found[3]}", body)


def section(title: str, body: Html) -> str:
    """A fragment under a first heading, as the body of a page of its own."""
    return Html((element("h1", title) + body).text)._repr_html_()


def _navigation(home: str, previous: Link | None, next: Link | None) -> Html:
    parts = []
    if previous:
        parts.append(element("a", f"← {previous[1]}", href=previous[0], rel="prev"))
    if home:
        parts.append(element("a", "Overview", href=home))
        parts.append(element("a", "Search", href=f"{home}#search"))
        parts.append(element("a", "Glossary", href=GLOSSARY))
    if next:
        parts.append(element("a", f"{next[1]} →", href=next[0], rel="next"))
    return joined(parts)


def _nav(links: Html, label: str) -> str:
    return element("nav", links, aria_label=label).text if links.text else ""


def save(out: str, name: str, text: str) -> Html:
    """Write `text` to `name` in the folder `out`; with an empty `out` nothing is written.

    Raises:
        InputError: `out` is no text or cannot be written, `name` leads out of it, or another
            file is there that is not ours.
    """
    if not isinstance(out, str):
        raise InputError(f"out is {out!r}. Name a folder, or leave it empty to write nothing.")
    if not out:
        return Html("")
    folder = Path(os.path.realpath(out))
    target = Path(os.path.realpath(folder / name))
    if not target.is_relative_to(folder):
        raise InputError(f"{name!r} leads out of {out!r}. Use a path inside that folder.")
    save_listed(folder, target.relative_to(folder).as_posix(), text)
    return paragraph(f"Written: {name}.")
