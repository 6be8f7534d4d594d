"""Search without a network: the text of all pages as data in the page with the form."""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.listing import counted
from apim_aks.page.decision_script import script_json
from apim_aks.page.html import Html, element

MOST = 1_500_000
"""Characters of text that a search looks through; what is beyond is named beside the form."""

_PLACE = re.compile(
    r'<h[1-3](?: id="(?P<heading>[^"]+)")?[^>]*>(?P<words>.*?)</h[1-3]>'
    r'|<figcaption><a class="nr" id="(?P<figure>[^"]+)"[^>]*>[^<]*</a> (?P<drawn>.*?)</'
    r'|<a class="nr" id="(?P<table>[^"]+)"[^>]*>[^<]*</a> <table[^>]*><caption>(?P<listed>.*?)</'
    r'|<span class="caption" id="(?P<fold>[^"]+)"><span class="nr">[^<]*</span> (?P<folded>.*?)</',
    re.DOTALL,
)
_SILENT = re.compile(r"<(script|style|svg|nav|head)\b.*?</\1>", re.DOTALL)
_CODE = re.compile(r'<details class="code">.*?</details>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading, figure or table of a page: where it is, what it is called, what stands there."""

    page: str
    address: str
    title: str
    text: str


def entries(title: str, file: str, page: str) -> Iterator[Entry]:
    """What can be found on this page, from one heading, figure or table to the next."""
    body = _CODE.sub(" ", _SILENT.sub(" ", page))
    places = list(_PLACE.finditer(body))
    ends = [p.start() for p in places[1:]] + [len(body)]
    for place, end in zip(places, ends, strict=False):
        id = _first(place, "heading", "figure", "table", "fold")
        named = _plain(_first(place, "words", "drawn", "listed", "folded"))
        said = _plain(body[place.end() : end])
        yield Entry(title, f"{file}#{id}" if id else file, named, said)


def _first(place: re.Match[str], *names: str) -> str:
    return next((place[name] for name in names if place[name]), "")


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _packed(texts: list[str]) -> str:
    """The texts compressed, a fifth as large; the page's script reads them with what browsers have.

    https://developer.mozilla.org/docs/Web/API/DecompressionStream
    """
    plain = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(plain.encode(), 9)).decode()


def search_form(found: Iterable[Entry]) -> Html:
    """A field that searches every page of the report, where scripts run."""
    rows: list[list[str]] = []
    texts: list[str] = []
    left, more = MOST, 0
    for entry in found:
        left -= len(entry.text)
        more += left < 0
        rows.append([entry.page, entry.address, entry.title])
        texts.append(entry.text if left >= 0 else "")
    bound = f" Of {counted(more, 'place')} only the headings are searched." if more else ""
    label = element("label", "Search every page of this report", for_="query")
    field = Html('<input id="query" type="search" autocomplete="off">')
    told = element("p", "", role="status", data_found="yes")
    data = Html(f'<script type="application/json">{script_json([rows, _packed(texts)])}</script>')
    listed = Html('<ol class="found" hidden></ol>')
    off = "Search needs scripts, which do not run here; the browser searches each page."
    without = Html(f"<noscript><p>{off}</p></noscript>")
    form = element(
        "form", label, " ", field, element("small", bound), hidden="hidden", role="search"
    )
    return element("div", without, form, told, listed, data, data_search="yes", class_="screen")
