"""A reviewer moves the weights on the exported page: it computes what Python computes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from apim_aks import page as pages
from apim_aks.decision.design import Design, rank_placements
from apim_aks.facts import axes, presets
from tests.support import report_runs
from tests.support.designs import bundled
from tests.support.series import SEED, seeds

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
WEIGHTINGS = 100 if SEED else 25

_SET = """weights => {
  const form = document.querySelector('[data-decision] form');
  for (const [axis, weight] of Object.entries(weights)) {
    const input = form.elements[axis];
    input.value = String(weight);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
}"""
_SEEN = """() => [...document.querySelectorAll('[data-ranking] tbody tr')].map(row => ({
  option: row.dataset.option,
  total: Number(row.dataset.total),
  axes: Object.fromEntries([...row.querySelectorAll('[data-axis]')]
    .map(cell => [cell.dataset.axis, cell.textContent])),
}))"""
_PARTS = """() => [...document.querySelectorAll('[data-criterion]')]
  .map(cell => [cell.dataset.of, cell.dataset.criterion, cell.textContent])"""


def retail() -> Design:
    return bundled("contoso-retail")


def written(made: Design, folder: Path) -> str:
    file = folder / "index.html"
    file.write_text(pages.index(made, (), [], []), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The index, without a network; an error of the script fails the test."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(1000 * report_runs.GUARD)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.goto(written(retail(), tmp_path_factory.mktemp("page")))
    yield page
    context.close()
    assert wrong == []


def agrees(page: Page, weights: dict[str, float]) -> None:
    expected = rank_placements(retail().mapping, retail().contenders, weights).standings
    seen = page.evaluate(_SEEN)
    assert [s["option"] for s in seen] == [s.option for s in expected]
    for found, standing in zip(seen, expected, strict=True):
        assert found["total"] == pytest.approx(standing.total, abs=1e-12)
        for axis, added in found["axes"].items():
            own = sum(s.contribution for s in standing.scores if s.axis == axis)
            assert float(added) == pytest.approx(own, abs=6e-4)
    parts = {s.option: {x.criterion: x.contribution for x in s.scores} for s in expected}
    for option, criterion, shown in page.evaluate(_PARTS):
        assert float(shown) == pytest.approx(parts[option][criterion], abs=6e-4)


@seeds(1)
def test_random_weightings_agree_with_python(opened: Page, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(WEIGHTINGS):
        weights = {a.id: chance.choice([0, chance.randrange(201) / 2]) for a in axes()}
        opened.evaluate(_SET, weights)
        agrees(opened, weights)


def test_no_weight_at_all_weighs_every_axis_the_same(opened: Page) -> None:
    opened.evaluate(_SET, {a.id: 0 for a in axes()})
    agrees(opened, {})


def test_named_weights_and_reset_are_buttons(opened: Page) -> None:
    for row in presets():
        opened.get_by_role("button", name=row.label, exact=True).click()
        agrees(opened, dict(row.weights))
    opened.get_by_role("button", name="Reset").click()
    agrees(opened, dict(retail().ranking.weights))


def test_moved_weights_stand_in_the_address_and_the_first_screen_follows(opened: Page) -> None:
    opened.get_by_role("button", name="Cost first").click()
    view = opened.url.partition("#weights=")[2]
    assert "cost:" in view
    first = opened.evaluate(_SEEN)[0]["option"]
    said = opened.locator("[data-verdict]")
    assert f"{retail().placement(first).option.title} comes first" in said.inner_text()
    assert opened.locator("[data-card]").first.get_attribute("data-card") == first
    sent = opened.url
    opened.get_by_role("button", name="Reset").click()
    assert "#" not in opened.url
    assert not said.is_visible()
    opened.goto(sent)
    opened.reload()
    assert opened.evaluate(_SEEN)[0]["option"] == first
    agrees(opened, {axis: float(w) for axis, w in (p.split(":") for p in view.split(","))})
    opened.get_by_role("button", name="Reset").click()


def test_the_keyboard_moves_a_weight_and_the_change_is_announced(opened: Page) -> None:
    opened.get_by_role("button", name="Reset").click()
    slider = opened.get_by_role("slider", name="Cost")
    slider.focus()
    for _ in range(40):
        opened.keyboard.press("ArrowRight")
    weights = {a.id: 100 * dict(retail().ranking.weights)[a.id] for a in axes()}
    agrees(opened, {**weights, "cost": weights["cost"] + 20})
    said = opened.locator("[data-said]")
    assert said.get_attribute("aria-live") == "polite"
    first = opened.evaluate(_SEEN)[0]["option"]
    assert said.inner_text().startswith(retail().placement(first).option.title)
    assert slider.get_attribute("aria-valuetext").endswith("%")


def test_without_script_the_ranking_is_there_and_the_controls_are_not(
    browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    context.set_default_timeout(1000 * report_runs.GUARD)
    page = context.new_page()
    page.goto(written(retail(), tmp_path))
    assert page.locator("[data-ranking] tbody tr").count() == len(retail().ranking.standings)
    assert not page.locator("[data-decision] form").is_visible()
    context.close()
