"""The regions of a page can be told apart by those who hear it (axe's rule landmark-unique)."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import pytest

from apim_aks.columns import Column
from apim_aks.page import document, paragraph, table
from apim_aks.page.document import regions_apart
from tests.support.report_runs import report

ROLES = {
    "nav": "navigation",
    "main": "main",
    "aside": "complementary",
    "section": "region",
    "form": "form",
}
"""Elements that are landmarks by themselves, the last two where they have a name."""
LANDMARKS = {*ROLES.values(), "banner", "contentinfo", "search"}


class Landmarks(HTMLParser):
    """Role and accessible name of every landmark of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.words: dict[str, str] = {}
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inside = [*self.inside, given["id"]] if tag == "h2" and "id" in given else self.inside
        role = given.get("role", ROLES.get(tag, ""))
        by = given.get("aria-labelledby", "")
        if role in LANDMARKS and (role not in ("region", "form") or by or given.get("aria-label")):
            self.found.append((role, given.get("aria-label", ""), by))

    def handle_data(self, data: str) -> None:
        for id in self.inside[-1:]:
            self.words[id] = self.words.get(id, "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "h2" and self.inside:
            self.inside.pop()

    @property
    def names(self) -> list[tuple[str, str]]:
        named = ((role, self.words.get(by, "") or label) for role, label, by in self.found)
        return [(role, " ".join(name.split()).casefold()) for role, name in named]


def alike(text: str) -> dict[tuple[str, str], int]:
    return {key: n for key, n in Counter(Landmarks(text).names).items() if n > 1}


@pytest.mark.parametrize("workload", ["contoso-orders", "contoso-retail"])
def test_no_two_landmarks_of_a_page_are_named_alike(workload: str) -> None:
    pages = sorted(report(workload).folder.glob("*.html"))
    assert len(pages) == 12
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages}
    assert {name: alike(text) for name, text in texts.items() if alike(text)} == {}
    assert min(len(Landmarks(text).names) for text in texts.values()) > 4


def test_the_same_table_twice_and_a_name_that_is_taken_stay_apart() -> None:
    captions = ("Rules", "rules", "Rules (2)", "Rules")
    body = "".join(table(caption, ["x"], Column("A", str)).text for caption in captions)
    assert alike(body)
    assert alike(document("T", body)) == {}
    assert 'aria-label="Table: Rules"' in document("T", body)


def test_what_only_looks_like_a_region_is_left_as_it_is() -> None:
    written = paragraph('<div role="region" aria-label="Rules">') + paragraph("Table: Rules")
    twice = written.text * 2
    assert regions_apart(twice) == twice


def test_landmarks_are_seen_however_they_are_named() -> None:
    """The reader of landmarks sees both ways of naming, and both kinds of twins."""
    named = '<h2 id="a">One</h2><section aria-labelledby="a"></section>'
    assert alike(f'{named}<div role="region" aria-label="one"></div>') == {("region", "one"): 2}
    assert alike("<nav></nav><nav></nav>") == {("navigation", ""): 2}
    assert alike("<section></section><section></section><form></form><form></form>") == {}
