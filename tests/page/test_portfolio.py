"""The page of a portfolio: whole without a network, bounded, and safe whatever others wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apim_aks.page import portfolio as page
from apim_aks.page.portfolio import portfolio_page
from apim_aks.portfolio.assessment import State, stopped
from apim_aks.portfolio.running import Row
from apim_aks.portfolio.together import together
from tests.support.portfolios import GOOD, PLACED, rows

EVIL = "<script>alert(1)</script>&'\""


def test_whatever_a_workload_says_is_text() -> None:
    said = replace(
        GOOD,
        title=EVIL,
        verdict=EVIL,
        chosen="ingress-mtls",
        left_out=(EVIL,),
        placements=(replace(PLACED, title=EVIL, tier=EVIL, failed=(EVIL,)),),
    )
    found = portfolio_page(together((Row(EVIL, said), Row("lost", stopped(State.LOST, EVIL)))))
    assert "alert(1)</script>" not in found
    assert found.count("&lt;script&gt;alert(1)") >= 6


def test_states_are_said_in_words_and_what_is_not_known_is_no_number() -> None:
    gone = stopped(State.TIME, "It took more than 3 seconds.")
    out = replace(GOOD, placements=(replace(PLACED, standing="ruled out"),), chosen="")
    found = portfolio_page(together(rows(good=GOOD, gone=gone, out=out)))
    for words in ("✓ first", "✗ out", "not assessed: out of time", "It took more than 3 seconds."):
        assert words in found
    assert "1 workload not assessed" in found
    assert "Not counted, so that the sums are lower bounds: gone." in found


def test_what_a_page_cannot_list_is_named_and_stands_in_the_file(monkeypatch: Any) -> None:
    monkeypatch.setattr(page, "LISTED", 2)
    found = portfolio_page(together(rows(a=GOOD, b=GOOD, c=GOOD)))
    assert found.count("data-chosen=") == 2
    assert "1 workload of the least risk stand only in" in found
