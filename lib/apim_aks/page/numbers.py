"""Numbers and addresses of the figures and tables of a page, so that a reader can point at one."""

from __future__ import annotations

import html
import re
from collections import Counter

_CAPTION = re.compile(
    r'(?P<open><table[^>]*><caption>|<figcaption>|<span class="caption")(?P<words>>?.*?)</'
)
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r' id="([^"]+)"')
_MOST = 60
"""Characters of a caption that its address takes."""


def numbered(body: str) -> str:
    """The body with a number before each caption, which leads to the address of that place.

    In a table only what belongs to one may stand, and in a summary no link: the number is a link
    before the table, and plain on a folded one.
    """
    counts: Counter[str] = Counter()
    taken = set(_ID.findall(body))

    def with_number(found: re.Match[str]) -> str:
        start, words = found["open"], found["words"].lstrip(">")
        kind = "Figure" if start == "<figcaption>" else "Table"
        counts[kind] += 1
        id = _free(f"{kind.lower()}-{slug(words)}", taken)
        number = f"{kind} {counts[kind]}"
        link = f'<a class="nr" id="{id}" href="#{id}">{number}</a> '
        if start.startswith("<table"):
            return f"{link}{start}{words}</"
        if start.startswith("<span"):
            return f'<span class="caption" id="{id}"><span class="nr">{number}</span> {words}</'
        return f"{start}{link}{words}</"

    return _CAPTION.sub(with_number, body)


def slug(words: str) -> str:
    """Words as part of an address."""
    plain = html.unescape(_TAG.sub("", words)).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MOST].rstrip("-")


def _free(id: str, taken: set[str]) -> str:
    number, found = 1, id
    while found in taken:
        number += 1
        found = f"{id}-{number}"
    taken.add(found)
    return found
