"""The one page that says what the words of a report mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.facts import criteria
from apim_aks.facts.glossary import terms
from apim_aks.page.document import document
from apim_aks.page.html import Content, Html, element, joined, paragraph
from apim_aks.page.numbers import slug
from apim_aks.page.reachability import answers, sources

TITLE = "Glossary"
_BOUND = (
    "An open connection may still be refused: by a certificate that is asked for, which stands "
    "beside the answer, by a mesh or by the application, which are not answered here. Whether an "
    "answer is true of a deployment only a call from the same place can tell."
)


def glossary() -> str:
    """glossary.html, whole."""
    body = joined(
        (
            element("h1", TITLE),
            _section("words", "Words", ((t.term, t.meaning) for t in terms())),
            _section("counted", "What is counted", ((c.label, c.definition) for c in criteria())),
            _section("answers", "Answers about connections", answers()),
            _section("sources", "Who connects", sources()),
            paragraph(_BOUND),
        )
    )
    return document(TITLE, f'<div class="workbook">{body.text}</div>', home="index.html")


def _section(id: str, title: str, words: Iterable[tuple[str, Content]]) -> Html:
    body = element("dl", *_pairs(id, words), class_="glossary")
    return element("section", element("h2", title, id=id), body, aria_labelledby=id)


def _pairs(section: str, words: Iterable[tuple[str, Content]]) -> Iterator[Html]:
    for term, meaning in words:
        yield element("dt", term, id=f"{section}-{slug(term)}")
        yield element("dd", meaning)
