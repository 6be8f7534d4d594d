"""A whole way walked, with what has to hold of it: people do their part in between."""

from __future__ import annotations

import html

from apim_aks.cutover.change import Stops
from apim_aks.cutover.changes import changes
from apim_aks.page.callers import callers_page
from apim_aks.reachability.reach import Answer
from apim_aks.topology.check import State
from tests.support.whole_way import (
    BACK_FROM_IT,
    NOWHERE,
    TOO_EARLY,
    UNPREPARED,
    Way,
    not_ours,
    open_states,
    people,
)

CLOSES = {
    "cluster-unreachable-from-internet",
    "no-public-cluster-endpoint",
    "gateway-subnet-only",
    "gateway-pods-only",
    "one-public-endpoint",
    "nothing-around-the-gateway",
}
"""Promises that hold once closed: what serves today stands beside until then."""


def walked(way: Way) -> str:
    """From the plan to what is left; people do their part in between. What stopped the cut-over
    while some callers were not prepared."""
    theirs, stopped = not_ours(way), ""
    way.plan()
    assert way.deploy().finished
    if not way.there:
        people(way)
    failing = {f.removeprefix("standing-") for f in open_states(way.verify(), State.FAIL)}
    assert failing <= CLOSES
    if way.running:
        stopped = way.cut_over_too_early()
        assert_back(way, BACK_FROM_IT)
        assert_only_the_unprepared_lose(way)
        way.told()
    for last in (False, True):
        done = way.cutover("cutover again" if last else "cutover")
        assert done.finished, done.waits_for
        assert [c.name for c in way.callers if way.gets(c) is Answer.CLOSED] == []
        way.verify()
        if not last:
            assert_back(way)
    assert way.losers.keys() <= {TOO_EARLY, BACK_FROM_IT}, way.losers
    done = way.close()
    assert done.finished, done.waits_for
    assert_named(way)
    assert {f for f in open_states(way.verify(), State.FAIL) if f.startswith("standing")} == set()
    assert way.remove().waits_for == ""
    assert not_ours(way) == theirs
    assert way.lost["remove"] == 0
    assert not way.differs
    return stopped


def assert_back(way: Way, phase: str = "rollback") -> None:
    """Everybody is answered as before."""
    assert way.rollback(phase).finished
    assert [way.gets(c) for c in way.callers] == [c.at_first for c in way.callers]


def assert_only_the_unprepared_lose(way: Way) -> None:
    """While callers move, who loses is on the page, with what it does not send yet."""
    names = way.losers.get(TOO_EARLY, set()) | way.losers.get(BACK_FROM_IT, set())
    losing = [c for c in way.callers if c.name in names]
    assert all(c.name.endswith(UNPREPARED) for c in losing), way.losers
    assert losing or not any(c.host for c in way.callers)
    page = html.unescape(callers_page(way.design))
    for caller in losing:
        assert caller.change in changes(way.design, way.placement), caller.name
        assert caller.change.caller in page and caller.service in page
        assert caller.change.news and all(d.words in page for d in caller.change.news)


def assert_named(way: Way) -> None:
    """Whoever lost its way stands on the page of what changes for whom."""
    told = {c.service for c in changes(way.design, way.placement) if c.stops is Stops.CLOSE}
    cut = {c.name: c.service for c in way.callers if way.gets(c) is Answer.CLOSED}
    assert set(cut.values()) <= told
    page = html.unescape(callers_page(way.design))
    assert not cut or "any pod of the cluster that no file names as its caller" in page
    assert all(service in page for service in cut.values())
    assert all(name.startswith(NOWHERE) for name in cut), cut
    assert way.losers.get("close", set()) <= set(cut)
