import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.decision.design import design, rank_placements
from apim_aks.decision.measures import Measure
from apim_aks.decision.ranking import (
    Contender,
    Score,
    Size,
    Standing,
    normalised,
    rank,
    robustness,
    value,
)
from apim_aks.decision.ranking.sensitivity import flip
from apim_aks.decision.requirements import NotCompared, RuledOut
from apim_aks.facts import axes, criteria, criterion
from apim_aks.facts.criterion_ids import CriterionId
from tests.support.scenario import shop
from tests.support.series import examples

DESIGN = design(shop())
AXES = [a.id for a in axes()]
weightings = st.fixed_dictionaries({a: st.floats(0.01, 1) for a in AXES})


@given(weightings)
def test_the_order_of_the_options_does_not_matter(weights: dict[str, float]) -> None:
    there, back = (
        rank_placements(DESIGN.mapping, DESIGN.placements[::o], weights) for o in (1, -1)
    )
    assert {s.option: s.total for s in there.standings} == {
        s.option: s.total for s in back.standings
    }


@given(weightings)
def test_contributions_sum_to_the_total_between_nothing_and_one(weights: dict[str, float]) -> None:
    for standing in rank_placements(DESIGN.mapping, DESIGN.placements, weights).standings:
        assert sum(s.contribution for s in standing.scores) == pytest.approx(standing.total)
        assert sum(s.weight for s in standing.scores) == pytest.approx(1)
        assert 0 <= standing.total <= 1


@given(weightings)
def test_an_option_more_or_less_changes_no_other_score(weights: dict[str, float]) -> None:
    totals = {
        s.option: s.total
        for s in rank_placements(DESIGN.mapping, DESIGN.placements, weights).standings
    }
    fewer = rank_placements(DESIGN.mapping, DESIGN.placements[:2], weights)
    assert all(s.total == totals[s.option] for s in fewer.standings)


@given(weightings, st.sampled_from(AXES), st.floats(0.01, 0.99))
def test_more_weight_never_hurts_who_is_best_on_the_axis(
    weights: dict[str, float], axis: str, more: float
) -> None:
    before = rank_placements(DESIGN.mapping, DESIGN.placements, weights)
    scaled = normalised(weights)
    rest = (1 - scaled[axis]) or 1.0
    new = scaled[axis] + more * (1 - scaled[axis])
    moved = {a: new if a == axis else w / rest * (1 - new) for a, w in scaled.items()}
    after = rank_placements(DESIGN.mapping, DESIGN.placements, moved)
    best = max(before.standings, key=lambda s: s.axis_value(axis))
    behind = {s.option for s in before.standings if s.total < best.total - 1e-9}
    total = {s.option: s.total for s in after.standings}
    assert all(total[o] <= total[best.option] + 1e-9 for o in behind)


@examples(20)
@given(weightings)
def test_the_winner_changes_at_a_flip_point_and_not_before(weights: dict[str, float]) -> None:
    found = rank_placements(DESIGN.mapping, DESIGN.placements, weights)
    for turn in found.flips:
        for end, sign in ((turn.below, -1), (turn.above, 1)):
            if end is None or not 0.001 < end[0] < 0.999:
                continue
            if abs(end[0] - turn.weight) < 0.01:
                continue
            at = {s: moved(found.weights, turn.axis, end[0] + s * sign * 1e-4) for s in (-1, 1)}
            near = rank_placements(DESIGN.mapping, DESIGN.placements, at[-1])
            beyond = rank_placements(DESIGN.mapping, DESIGN.placements, at[1])
            totals = {s.option: s.total for s in near.standings}
            assert totals[found.winner] >= max(totals.values()) - 1e-9
            totals = {s.option: s.total for s in beyond.standings}
            assert totals[end[1]] > totals[found.winner]


@pytest.mark.parametrize(("cost", "scale"), [((0.9, 0.4), (0.5, 0.5)), ((0.5, 0.5), (0.9, 0.4))])
def test_options_that_only_draw_level_at_the_end_of_a_scale_do_not_turn_the_first_place(
    cost: tuple[float, float], scale: tuple[float, float]
) -> None:
    """They meet at weight 0 or 1 of the cost, and no weight lies beyond."""
    standings = [
        Standing(name, 0.0, tuple(scores))
        for name, *scores in (
            (name, scored("cost", cost[at]), scored("scale", scale[at]))
            for at, name in enumerate(("first", "other"))
        )
    ]
    found = flip("cost", {"cost": 0.5, "scale": 0.5}, standings)
    assert (found.below, found.above) == (None, None)


def scored(axis: str, value: float) -> Score:
    return Score(CriterionId(axis), axis, value, 1.0, 0.5)


def moved(weights: tuple[tuple[str, float], ...], axis: str, to: float) -> dict[str, float]:
    rest = sum(w for a, w in weights if a != axis)
    return {a: to if a == axis else w / rest * (1 - to) for a, w in weights}


@pytest.mark.parametrize("out", [True, False])
def test_an_option_out_or_not_compared_has_no_standing_and_sets_no_scale(out: bool) -> None:
    free = [Contender(p.option.id, p.measures) for p in DESIGN.placements]
    why = RuledOut("vnet-internal", "private_gateway", "it is not", "a source")
    lacks = NotCompared(
        option="vnet-internal",
        requirement="consumers",
        reason="it is",
        means="an edge",
        status="verified",
        source="s",
        checked_on="d",
    )
    changed = {"ruled_out": (why,)} if out else {"not_compared": (lacks,)}
    contenders = [replace(c, **changed) if c.option == "vnet-internal" else c for c in free]
    size = Size(3, 5)
    weights = dict.fromkeys(AXES, 1.0)
    all_in = rank(free, weights, size)
    as_is = rank(contenders, weights, size)
    assert "vnet-internal" not in {s.option for s in as_is.standings}
    totals = {s.option: s.total for s in all_in.standings}
    assert all(s.total == totals[s.option] for s in as_is.standings)


def test_values_lie_on_the_fixed_scale() -> None:
    endpoints = criterion("public-endpoints")
    size = Size(7, 40)
    assert value(endpoints, Measure("public-endpoints", 0, 0), size) == 1
    assert value(endpoints, Measure("public-endpoints", 7, 7), size) == 0
    assert value(endpoints, Measure("public-endpoints", 99, 99), size) == 0
    assert 0 < value(endpoints, Measure("public-endpoints", 1, 1), size) < 1


def test_an_interval_counts_at_its_worse_end_and_an_open_one_at_the_known() -> None:
    cost = criterion("monthly-cost")
    low, high = Measure("monthly-cost", 147, 147), Measure("monthly-cost", 700, 700)
    size = Size(1, 1)
    assert value(cost, Measure("monthly-cost", 147, 700), size) == value(cost, high, size)
    assert value(cost, Measure("monthly-cost", 147, float("inf")), size) == value(cost, low, size)


def test_the_first_endpoint_takes_half_whatever_the_size() -> None:
    endpoints = criterion("public-endpoints")
    for services in (3, 11, 200):
        at = [value(endpoints, Measure("x", n, n), Size(services, 1)) for n in (0, 1, services)]
        assert at == [1, 0.5, 0]
    falling = [value(endpoints, Measure("x", n, n), Size(40, 1)) for n in range(41)]
    assert falling == sorted(falling, reverse=True)
    assert value(endpoints, Measure("x", 1, 1), Size(1, 1)) == 0


@given(weightings, st.permutations(range(len(DESIGN.placements))))
def test_any_order_of_the_options_gives_the_same_places(
    weights: dict[str, float], order: list[int]
) -> None:
    shuffled = [DESIGN.placements[i] for i in order]
    there = rank_placements(DESIGN.mapping, DESIGN.placements, weights)
    back = rank_placements(DESIGN.mapping, shuffled, weights)
    assert [round(s.total, 12) for s in there.standings] == [
        round(s.total, 12) for s in back.standings
    ]


@given(weightings)
def test_shares_of_any_weighting_sum_to_one(weights: dict[str, float]) -> None:
    found = robustness(rank_placements(DESIGN.mapping, DESIGN.placements, weights), draws=500)
    assert sum(share for _, share in found.anywhere) == pytest.approx(1)
    assert sum(share for _, share in found.nearby) == pytest.approx(1)


@given(weightings)
def test_only_the_proportions_of_the_weights_count(weights: dict[str, float]) -> None:
    once = rank_placements(DESIGN.mapping, DESIGN.placements, weights)
    twice = rank_placements(
        DESIGN.mapping, DESIGN.placements, {a: 2 * w for a, w in weights.items()}
    )
    assert once.standings == twice.standings


def test_weights_that_are_all_zero_weigh_the_same() -> None:
    assert set(normalised({}).values()) == {1 / len(AXES)}


def contender(option: str, **values: float) -> Contender:
    named = {id.replace("_", "-"): v for id, v in values.items()}
    return Contender(option, tuple(Measure(id, v, v) for id, v in named.items()))


@pytest.mark.parametrize("lacking", ["", "units-headroom", "sla"])
def test_who_is_worse_on_everything_is_dominated_where_everything_is_known(lacking: str) -> None:
    alike = {c.id.replace("-", "_"): 1 for c in criteria()}
    good = contender("good", **{**alike, "public_endpoints": 0, "monthly_cost": 150})
    bad = contender("bad", **{**alike, "public_endpoints": 3, "monthly_cost": 900})
    open_ = Measure(CriterionId(lacking), 0, math.inf)
    both = [
        replace(c, measures=tuple(open_ if m.id == lacking else m for m in c.measures))
        for c in (bad, good)
    ]
    found = rank(both, {}, Size(5, 20))
    by = "" if lacking else "good"
    assert [(s.option, s.dominated_by) for s in found.standings] == [("good", ""), ("bad", by)]


def test_a_judgement_that_turns_the_verdict_makes_a_tie() -> None:
    one = contender("one", owners=2, monthly_cost=150)
    two = contender("two", owners=2, monthly_cost=151)
    found = rank([one, two], {}, Size(5, 20))
    assert found.winner == "one"
    assert found.tied_with == ("two",)
    assert not found.undecided_on
    assert {(h.criterion, h.option) for h in found.hinges} == {("owners", "one"), ("owners", "two")}


def test_an_unknown_end_that_turns_the_verdict_leaves_it_undecided() -> None:
    sure = contender("sure", monthly_cost=160)
    open_ended = Contender("open", (Measure("monthly-cost", 150, float("inf")),))
    found = rank([sure, open_ended], {}, Size(5, 20))
    assert found.winner == "open"
    assert found.undecided_on == ("monthly-cost",)
    assert found.hinges[0].winner == "sure"


def test_a_clear_lead_hangs_on_nothing() -> None:
    clear = contender("clear", public_endpoints=0, monthly_cost=150, owners=1)
    far = contender("far", public_endpoints=5, monthly_cost=5000, owners=4)
    assert rank([clear, far], {}, Size(5, 20)).hinges == ()


def test_shares_of_weightings_sum_to_one_and_repeat() -> None:
    found = rank_placements(DESIGN.mapping, DESIGN.placements, dict.fromkeys(AXES, 1.0))
    shares = robustness(found)
    assert shares == robustness(found)
    for part in (shares.anywhere, shares.nearby):
        assert sum(share for _, share in part) == pytest.approx(1)
    assert shares.error < 0.002


def test_robustness_agrees_with_exact_geometry() -> None:
    """Two options, two axes that count: the winner's share is where the lines cross."""
    secure = contender("secure", public_endpoints=0, monthly_cost=10_000)
    cheap = contender("cheap", public_endpoints=5, monthly_cost=100)
    found = rank([secure, cheap], {"security": 1, "cost": 1}, Size(5, 20))
    anywhere = dict(robustness(found).anywhere)
    assert anywhere["secure"] == pytest.approx(0.5, abs=3 * robustness(found).error)


def test_a_weight_of_nothing_hides_no_value() -> None:
    weights = {a: 0.0 if a == "cost" else 1.0 for a in AXES}
    found = rank_placements(DESIGN.mapping, DESIGN.placements, weights)
    assert any(s.axis_value("cost") > 0 for s in found.standings)


def test_nothing_left_is_no_crash() -> None:
    found = rank([], {}, Size(1, 1))
    assert (found.winner, found.hinges, robustness(found).anywhere) == ("", (), ())
