"""What a search looks through lies in the page, packed."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pytest

from apim_aks.page import search
from apim_aks.page.search import Entry, entries, search_form

PAGE = '<h2 id="one">One &amp; all</h2><p>first <b>text</b></p><h2>Two</h2><p>second</p>'


def held(form: str) -> tuple[list[list[str]], list[str]]:
    found = re.search(r'<script type="application/json">(.*?)</script>', form)
    assert found
    rows, packed = json.loads(found[1])
    return rows, json.loads(zlib.decompress(base64.b64decode(packed)))


def test_titles_and_addresses_are_plain_and_texts_packed() -> None:
    rows, texts = held(search_form(entries("Page", "a.html", PAGE)).text)
    assert rows == [["Page", "a.html#one", "One & all"], ["Page", "a.html", "Two"]]
    assert texts == ["first text", "second"]


def test_a_page_without_a_heading_has_nothing_to_find() -> None:
    assert not list(entries("Page", "a.html", "<p>text</p>"))


def test_of_what_is_too_much_the_titles_are_searched_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "MOST", 12)
    form = search_form(
        [Entry("Page", "a.html", "First", "x" * 10), Entry("P", "b.html", "S", "yyy")]
    )
    rows, texts = held(form.text)
    assert [r[2] for r in rows] == ["First", "S"] and texts == ["x" * 10, ""]
    assert "Of 1 place only the headings are searched." in form.text
