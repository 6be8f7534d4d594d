"""Who calls whom as picture and table: what is drawn, what is grouped, what is only said."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from apim_aks import page
from apim_aks.cli.text import mapping_data
from apim_aks.page.calls import call_ways
from apim_aks.page.diagram import End, Way, call_picture
from apim_aks.page.diagram.calls import MOST, ends, hubs, views
from apim_aks.workload.call import CallGraph, CallState
from apim_aks.workload.file import read_workload
from tests.support.designs import bundled


def ways(*pairs: tuple[str, str], space: str = "shop") -> tuple[Way, ...]:
    return tuple(Way(End(space, a), End(space, b), "80", False) for a, b in pairs)


def test_the_page_shows_what_holds_and_lists_what_is_struck() -> None:
    workload = read_workload("contoso-retail")
    first, second, *rest = workload.graph.calls
    said = (
        replace(first, state=CallState.STRUCK),
        replace(second, state=CallState.CONFIRMED),
        *rest,
    )
    workload = replace(workload, graph=replace(workload.graph, calls=said))
    drawn = call_ways(workload)
    assert len(drawn) == len({(c.caller.id, c.callee) for c in said}) - 1
    assert [w.sure for w in drawn].count(True) == 1
    table = page.calls_table(workload).text
    for words in ("struck", "confirmed", "detected, not confirmed", "manifests/shop-ordering.yaml"):
        assert words in table
    assert "checkout" in page.calls_figure(workload).text


def test_a_workload_without_calls_says_so() -> None:
    workload = replace(read_workload("contoso-orders"), graph=CallGraph())
    assert "No field of the input names a Service" in page.calls_figure(workload).text
    assert page.calls_table(workload).text == ""


def test_what_nearly_all_call_has_a_number_in_place_of_arrows() -> None:
    many = ways(*((f"a{i}", "log") for i in range(6)), ("a0", "a1"))
    assert hubs(many) == {End("shop", "log"): 6}
    picture = call_picture(many, "Calls")
    assert "called by 6" in picture.svg
    assert picture.source.count('class="edge"') == 1
    assert "log is called by a0, a1, a2, a3, a4 and 1 more" in picture.alt


def test_a_big_graph_is_grouped_until_a_page_shows_it() -> None:
    chain = pairwise(f"s{i}" for i in range(400))
    big = tuple(w for i, pair in enumerate(chain) for w in ways(pair, space=f"n{i // 8}"))
    for cards in views(big):
        assert len(cards) <= MOST
        assert sum(len(card.ends) for card in cards) == len(ends(big))
    picture = call_picture(big, "Calls")
    assert picture.shown < picture.total
    assert call_picture(big, "Calls") == picture


def test_names_are_escaped() -> None:
    picture = call_picture(ways(("<script>&", "b")), "Calls")
    assert "<script>" not in picture.svg
    assert re.search(r"&lt;script&gt;&amp;", picture.svg)


def test_json_has_the_calls_with_their_evidence() -> None:
    data = mapping_data(bundled("contoso-retail"))
    call = next(c for c in data["calls"] if c["callee"] == "fulfilment/inventory")
    assert (call["caller"]["name"], call["port"], call["state"]) == ("checkout", 80, "found")
    assert call["evidence"] == [
        {
            "file": "manifests/shop-ordering.yaml",
            "line": 187,
            "says": "Deployment shop/checkout, env INVENTORY_ENDPOINT",
        }
    ]
    assert data["calls_unread"] == []
