"""Every claim of the article stands in the prose of each notebook it belongs to."""

import json
import re
from functools import cache

import pytest

from apim_aks.facts import ROOT, claims, corrections
from apim_aks.options import OPTIONS
from apim_aks.page.tables.gains import COUNTED

PLACES = [(c.id, name) for c in claims() for name in c.where]


@cache
def prose(notebook: str) -> str:
    text = (ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@cache
def code(notebook: str) -> str:
    text = (ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def mentions(id: str, text: str) -> bool:
    """`(B1)`, or the id first in a longer bracket such as `(S2: a named pair)`."""
    return re.search(rf"\({re.escape(id)}[):]", text) is not None


@pytest.mark.parametrize(("id", "notebook"), PLACES, ids=lambda value: str(value))
def test_claim_is_said_in_its_notebook(id: str, notebook: str) -> None:
    assert mentions(id, prose(notebook)), f"{notebook} never says ({id})"


@pytest.mark.parametrize(("id", "notebook"), PLACES, ids=lambda value: str(value))
def test_claim_is_shown_beside_what_holds_today(id: str, notebook: str) -> None:
    shown = re.findall(r'"([^"]*)"', code(notebook))
    assert any(id in text.split() for text in shown), f"{notebook} has no table row for {id}"


@pytest.mark.parametrize("notebook", sorted({n for c in corrections() for n in c.notebooks}))
def test_corrections_are_shown_in_their_notebook(notebook: str) -> None:
    assert f'page.corrections_table("{notebook}")' in code(notebook)


def test_every_gain_and_cost_of_an_option_is_counted() -> None:
    named = {id for o in OPTIONS for id in (*o.gains, *o.costs)}
    assert named <= set(COUNTED)


def test_only_claims_of_the_article_are_cited() -> None:
    known = {c.id for c in claims()}
    cited = {
        id
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for id in re.findall(r"\(([A-Z][+-]?\d)[):]", prose(path.stem))
    }
    assert cited == known
