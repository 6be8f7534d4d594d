"""Safe HTML: the one place where text from anywhere becomes part of a page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from apim_aks.columns import Column
from apim_aks.listing import counted
from apim_aks.page.extent import SCREEN, SHEET, lines

PLAIN = 300
"""How much of a fragment a front end without HTML shows."""

ROWS = 100
"""Rows of one list on a page: some five screens. A longer list is searched, not read."""

NARROW = 3
"""How many columns a telephone shows beside each other; rows of more become cards."""

_LIST = '<details class="list'

_DATE = r"\d{4}-\d\d(-\d\d)?"
_NUMBER = re.compile(rf"{_DATE}|[≥<+−-]?\s?[\d,.]+( to [\d,.]+)?( %)?")
_TAG = re.compile(r"<(style|svg|symbol).*?</\1>|<[^>]*>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Html:
    """A fragment that is safe as it stands, and shows itself in a notebook."""

    text: str

    def _repr_html_(self) -> str:
        return f'<div class="workbook">{self.text}</div>'

    def __repr__(self) -> str:
        words = " ".join(html.unescape(_TAG.sub(" ", self.text)).split())
        return words if len(words) <= PLAIN else f"{words[:PLAIN]} …"

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: Html) -> Html:
        return Html(self.text + other.text)


Content = Html | str | int | float
"""What a cell or element can hold; everything but Html is escaped."""


def safe(content: Content) -> str:
    """The content as HTML, escaped unless it is HTML already."""
    return content.text if isinstance(content, Html) else html.escape(str(content))


def element(tag: str, *children: Content, **attributes: str) -> Html:
    """An element with escaped children; `class_` and `aria_label` become class and aria-label."""
    names = {k: k.rstrip("_").replace("_", "-") for k in attributes}
    words = "".join(f' {names[k]}="{html.escape(v)}"' for k, v in attributes.items() if v)
    return Html(f"<{tag}{words}>{''.join(safe(c) for c in children)}</{tag}>")


def joined(parts: Iterable[Html]) -> Html:
    """The fragments one after the other."""
    return Html("".join(p.text for p in parts))


def paragraph(*children: Content) -> Html:
    """A paragraph."""
    return element("p", *children)


def items(values: Iterable[Content], tag: str = "ul") -> Html:
    """A list, `ol` for a numbered one."""
    return element(tag, *(element("li", v) for v in values))


def folded(summary: Content, body: Html, kind: str = "") -> Html:
    """A disclosure element without script; the kind "paper" is open in print as well.

    A list that is folded again inside opens with it.
    """
    inside = Html(body.text.replace(_LIST, _LIST.replace(" class", " open class")))
    return element("details", element("summary", summary), inside, class_=kind)


def some(values: Sequence[Content], most: int = 4) -> Content:
    """A few values as a list; more than `most` of them folded under their number."""
    if not values:
        return "none"
    if len(values) == 1:
        return values[0]
    return (
        items(values) if len(values) <= most else folded(f"show all {len(values)}", items(values))
    )


def mark(kind: str, sign: str, words: str) -> Html:
    """A state as sign and words; colour only repeats them."""
    return element("span", f"{sign} {words}", class_=f"state {kind}")


def yes_no(value: bool) -> Html:
    """Yes or no, which is neither good nor bad."""
    word, kind = ("yes", "plain") if value else ("no", "none")
    return element("span", word, class_=f"state {kind}")


def code(text: str) -> Html:
    """Inline code."""
    return element("code", text)


def marked(text: str) -> Html:
    """A sentence whose words between backticks are to be typed or found as they stand."""
    parts = text.split("`")
    return joined(
        code(part) if at % 2 and at < len(parts) - 1 else Html(safe(part))
        for at, part in enumerate(parts)
    )


def source(text: str) -> Html:
    """Sources as links where they are addresses, separated by line breaks."""
    return Html("<br>".join(_source(part.strip()).text for part in text.split(";")))


def _source(text: str) -> Html:
    address, _, rest = text.partition(" ")
    if not address.startswith("https://"):
        return element("span", text, class_="source")
    host, _, path = address.removeprefix("https://").partition("/")
    link = element("a", path.rstrip("/").rsplit("/", 1)[-1] or host, href=address)
    date = (Html(" "), element("span", rest, class_="whole")) if rest else ()
    return element("span", link, *date, class_="source")


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over the rows that follow it, across all columns of their table."""

    words: Content


def table(
    caption: str,
    rows: Iterable[Row | Heading],
    *columns: Column[Row, Content],
    whole: bool = False,
    lead: bool = False,
) -> Html:
    """A table whose first column names the rows; a sentence where there are none.

    A long one is folded under its caption, unless it is what its page is for (`lead`). A very long
    one is begun only, unless it has to be `whole`: nothing of a plan or a check is hidden.
    """
    heads = [c.head for c in columns]
    found = [_row(row, columns) for row in rows]
    if not found:
        return paragraph(f"{caption}: none.")
    if whole or lead:
        return framed(heads, found, caption, kind="lead" if lead else "")
    count = counted(sum('class="group"' not in row.text[:30] for row in found), "row")

    def around(shown: Sequence[Html]) -> Html:
        listed, deep = framed(heads, shown, caption), lines([row.text for row in shown])
        if deep <= SCREEN:
            return listed
        return _under_its_caption(caption, count, listed, "" if deep <= SHEET else "aside")

    return bounded(found, caption, around)


def _under_its_caption(caption: str, count: str, listed: Html, kind: str) -> Html:
    head = element("summary", element("span", caption, class_="caption"), f" ({count})")
    inside = listed.text.replace("<caption>", '<caption class="above">', 1)
    return Html(f'{_LIST} {kind}">{head.text}{inside}</details>'.replace(' ">', '">'))


@dataclass(slots=True)
class WholeLists:
    """Lists that were too long for their page, by the file that holds all of them.

    A file has a title and, by what each is about (an option, or nothing), the whole lists.
    """

    about: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    lists: dict[str, dict[str, Html]] = field(default_factory=dict)

    def keep(self, file: str, title: str, whole: Html) -> None:
        """Keep this list; one that is the same for several options once."""
        self.titles.setdefault(file, title)
        found = self.lists.setdefault(file, {})
        if whole not in found.values():
            found[self.about] = found[self.about] + whole if self.about in found else whole

    def add(self, others: WholeLists) -> None:
        """Keep those too."""
        for file, lists in others.lists.items():
            for self.about, whole in lists.items():
                self.keep(file, others.titles[file], whole)


_WHOLE: ContextVar[WholeLists | None] = ContextVar("whole lists", default=None)


def bounded(parts: Sequence[Html], title: str, around: Callable[[Sequence[Html]], Html]) -> Html:
    """All parts, or the first of them with a link to the page of the report that has all."""
    if len(parts) <= ROWS:
        return around(parts)
    file = f"all-{re.sub('[^a-z0-9]+', '-', title.lower()).strip('-')}.html"
    if (kept := _WHOLE.get()) is not None:
        kept.keep(file, title, around(parts))
    link = element("a", f"all {len(parts):,} on a page of the report", href=file)
    return around(parts[:ROWS]) + paragraph(f"The first {ROWS} of {len(parts):,}: ", link, ".")


@contextmanager
def whole_lists() -> Iterator[WholeLists]:
    """What `bounded` cuts short meanwhile, whole."""
    kept = WholeLists()
    before = _WHOLE.set(kept)
    try:
        yield kept
    finally:
        _WHOLE.reset(before)


def framed(
    heads: Sequence[Content],
    rows: Iterable[Html],
    caption: str = "",
    kind: str = "",
    **attributes: str,
) -> Html:
    """A table of finished rows under its heads; on a telephone a wide one becomes cards.

    Cards need other boxes than those of a table; the roles keep it a table for those who hear it.
    """
    headers = (element("th", h, scope="col", role="columnheader") for h in heads)
    whole = element(
        "table",
        *([element("caption", caption)] if caption else []),
        element("thead", element("tr", *headers, role="row"), role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        role="table",
        **attributes,
    )
    return element(
        "div",
        whole,
        class_=" ".join(filter(None, ("scroll", "cards" if len(heads) > NARROW else "", kind))),
        role="region" if caption else "",
        tabindex="0",
        aria_label=f"Table: {caption}" if caption else "",
    )


def _row(row: Row | Heading, columns: Sequence[Column[Row, Content]]) -> Html:
    if isinstance(row, Heading):
        width = str(len(columns))
        head = element("th", row.words, scope="colgroup", colspan=width, role="columnheader")
        return element("tr", head, class_="group", role="row")
    first, *others = columns
    cells = (_cell(c.cell(row), c.head) for c in others)
    return element("tr", row_head(first.cell(row)), *cells, role="row")


def _cell(content: Content, column: str) -> Html:
    return cell(content, column, class_="number" if is_number(content) else "")


def row_head(content: Content) -> Html:
    """The header cell of a row."""
    return element("th", content, scope="row", role="rowheader")


def cell(content: Content, column: str, **attributes: str) -> Html:
    """A cell that knows its column, so that it can be read where the heads are out of sight."""
    return element("td", content, role="cell", data_label=column, **attributes)


def is_number(content: Content) -> bool:
    """Whether the cell is a number, which is aligned to the right."""
    return not isinstance(content, Html) and bool(_NUMBER.fullmatch(str(content)))


def definitions(pairs: Iterable[tuple[str, Content]]) -> Html:
    """Names and what they mean or hold."""
    return element("dl", *(p for k, v in pairs for p in (element("dt", k), element("dd", v))))
