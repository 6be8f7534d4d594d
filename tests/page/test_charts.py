"""Charts as pictures of the same numbers as the tables beside them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from apim_aks.decision.design import Design, design, with_requirement
from apim_aks.page.charts import charts
from apim_aks.page.charts.chart_parts import WHOLE, Scale
from apim_aks.page.html import Html
from tests.support.designs import bundled, of_shop
from tests.support.scenario import shop

CHARTS = [
    charts.contributions_chart,
    charts.flips_chart,
    charts.robustness_chart,
    charts.exposure_chart,
]


def retail() -> Design:
    return bundled("contoso-retail")


def svg(chart: Html) -> ET.Element:
    found = re.search("<svg.*?</svg>", chart.text, re.DOTALL)
    assert found
    return ET.fromstring(found[0])


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("made", [of_shop, retail], ids=["shop", "retail"])
def test_a_chart_is_self_contained_and_says_itself(
    chart: Callable[[Design], Html], made: Callable[[], Design]
) -> None:
    drawn = chart(made())
    assert drawn == chart(made())
    root = svg(drawn)
    assert root.get("role") == "img" and root.get("aria-label")
    assert "<figcaption>" in drawn.text
    assert not re.search(r"https?://(?!www\.w3\.org)|url\(|<style| id=", drawn.text)


@pytest.mark.parametrize("chart", CHARTS)
def test_everything_lies_inside_the_picture(chart: Callable[[Design], Html]) -> None:
    root = svg(chart(retail()))
    left, _, width, height = map(float, (root.get("viewBox") or "").split())
    right = left + width
    for part in root.iter():
        for name, most in (("x", right), ("cx", right), ("x2", right), ("y", height)):
            least = 0 if name == "y" else left
            assert least <= float(part.get(name, least)) <= most


def test_bars_are_as_long_as_the_totals() -> None:
    root = svg(charts.contributions_chart(retail()))
    bars = [r for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.get("height") == "20"]
    rows: dict[str, float] = {}
    for found in bars:
        rows[found.attrib["y"]] = rows.get(found.attrib["y"], 0) + float(found.attrib["width"])
    whole = WHOLE.at(1) - WHOLE.at(0)
    for length, standing in zip(rows.values(), retail().ranking.standings, strict=True):
        assert length / whole == pytest.approx(standing.total, abs=0.003)


def test_fills_differ_without_colour() -> None:
    text = charts.contributions_chart(retail()).text
    assert text.count("stroke-linecap") >= len(retail().ranking.standings)
    lightness = set(re.findall('fill="(#[0-9a-f]{6})"', text))
    assert len(lightness) >= 3


def test_every_option_is_on_the_chart_of_cost_even_those_ruled_out() -> None:
    made = design(with_requirement(retail().workload, private_gateway=True))
    text = charts.exposure_chart(made).text
    for placement in made.placements:
        assert placement.option.title in text
    assert "stroke-dasharray" in text and "ruled out" in text


def test_marks_of_one_place_do_not_cover_each_other() -> None:
    root = svg(charts.exposure_chart(retail()))
    rings = [
        (float(c.attrib["cx"]), float(c.attrib["cy"]))
        for c in root.iter("{http://www.w3.org/2000/svg}circle")
    ]
    for i, (x, y) in enumerate(rings):
        assert all(abs(x - a) >= 20 or abs(y - b) >= 20 for a, b in rings[:i])


def test_without_an_option_there_is_no_chart_of_a_ranking() -> None:
    made = design(with_requirement(shop(), tiers_allowed=("Consumption",)))
    assert not made.ranking.standings
    assert charts.contributions_chart(made).text == ""
    assert charts.flips_chart(made).text == ""
    assert charts.robustness_chart(made).text == ""
    assert svg(charts.exposure_chart(made)) is not None


def test_titles_of_others_are_escaped() -> None:
    first = retail().placements[0]
    evil = replace(first.option, title="<script>alert(1)</script>")
    made = replace(retail(), placements=(replace(first, option=evil), *retail().placements[1:]))
    for chart in CHARTS:
        assert "<script" not in chart(made).text


def test_a_scale_keeps_values_inside() -> None:
    scale = Scale(100, 10_000, log=True)
    assert scale.at(1) == scale.at(100) < scale.at(1000) < scale.at(10_000) == scale.at(1e9)
    assert scale.at(1000) == pytest.approx((scale.at(100) + scale.at(10_000)) / 2)
