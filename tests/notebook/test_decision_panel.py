"""The panel that moves weights, requirements, tiers and units, and keeps the decision."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import ipywidgets
import pytest

from apim_aks.decision.design import Design, design, redesign
from apim_aks.decision.outcome import holds
from apim_aks.facts import preset, requirement_rows
from apim_aks.notebook import chosen
from apim_aks.notebook.widgets import decision_panel
from apim_aks.notebook.widgets.decision_panel import decided, shown
from apim_aks.page import regions_of
from apim_aks.workload.file import read_workload, save
from apim_aks.workload.file.source import BUNDLED
from apim_aks.workload.model import Pin
from apim_aks.workload.traffic import Traffic
from tests.support.designs import bundled
from tests.support.scenario import shop


def orders() -> Design:
    return bundled("contoso-orders")


def controls(panel: ipywidgets.Widget, kind: type) -> dict[str, ipywidgets.Widget]:
    found = {panel.description: panel} if isinstance(panel, kind) else {}
    for child in getattr(panel, "children", ()):
        found |= controls(child, kind)
    return found


def words(panel: ipywidgets.Widget) -> list[str]:
    """All that is said between the controls."""
    own = [str(panel.value)] if isinstance(panel, ipywidgets.HTML) else []
    return own + [w for child in getattr(panel, "children", ()) for w in words(child)]


def note(panel: ipywidgets.Widget) -> str:
    return next(w for w in words(panel) if "A save records" in w)


def view(panel: ipywidgets.Widget) -> str:
    return str(panel.children[-1].value)


def said(panel: ipywidgets.Widget) -> str:
    return str(panel.children[-2].value)


def press(panel: ipywidgets.Widget, *, button: str = "Save to workload.yaml") -> None:
    controls(panel, ipywidgets.Button)[button].click()


@pytest.fixture
def own(tmp_path: Path) -> tuple[Design, str]:
    """A copy of a bundled workload, which may be changed."""
    shutil.copytree(BUNDLED / "contoso-orders", tmp_path / "mine")
    file = str(tmp_path / "mine" / "workload.yaml")
    return design(read_workload(file)), file


def test_it_starts_at_the_design_it_is_given() -> None:
    """Its tables have names of their own, since the page has the same ones."""
    made = view(decision_panel(orders(), "contoso-orders"))
    assert made == regions_of("as moved", shown(orders())._repr_html_())
    assert 'aria-label="Table: ' in made
    assert re.findall('aria-label="Table: [^"]*(?<!, as moved)"', made) == []


def test_a_weight_a_requirement_a_tier_and_units_are_followed() -> None:
    panel = decision_panel(orders(), "contoso-orders")
    seen = {view(panel)}
    controls(panel, ipywidgets.FloatSlider)["Cost"].value = 90
    seen.add(view(panel))
    controls(panel, ipywidgets.Checkbox)["No public endpoint of the cluster"].value = True
    assert "endpoints of the cluster are on the internet" in view(panel)
    seen.add(view(panel))
    controls(panel, ipywidgets.Dropdown)["v2 tier with outbound integration"].value = "Premium v2"
    seen.add(view(panel))
    controls(panel, ipywidgets.IntSlider)["Units of each, at least"].value = 4
    seen.add(view(panel))
    assert len(seen) == 5


def test_a_weight_that_moves_draws_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = decision_panel(orders(), "contoso-orders")
    monkeypatch.setattr("apim_aks.decision.placement.drawn", None)
    controls(panel, ipywidgets.FloatSlider)["Cost"].value = 90
    with pytest.raises(TypeError):
        controls(panel, ipywidgets.IntSlider)["Units of each, at least"].value = 4


def test_units_cost_and_give_headroom() -> None:
    loaded = replace(orders().workload, traffic=Traffic(requests_per_second=200))
    twice = replace(loaded, traffic=replace(loaded.traffic, least_units=2))
    once, more = redesign(orders(), loaded), redesign(orders(), twice)
    for one, two in zip(once.placements, more.placements, strict=True):
        if one.topology.self_hosted:  # its pods carry the calls, whatever the units
            continue
        assert two.measure("monthly-cost").low > one.measure("monthly-cost").low
        least = one.measure("units-headroom").low
        assert two.measure("units-headroom").low == 2 * least


def test_a_named_set_draws_once_and_is_the_preset() -> None:
    panel = decision_panel(orders(), "contoso-orders")
    controls(panel, ipywidgets.Dropdown)["Named weights"].value = "cost-first"
    named = replace(orders().workload, preset="cost-first")
    assert view(panel) == regions_of("as moved", shown(redesign(orders(), named))._repr_html_())
    sliders = controls(panel, ipywidgets.FloatSlider)
    assert sliders["Cost"].value == 100 * dict(preset("cost-first").weights)["cost"]


def test_only_tiers_that_can_do_the_option_are_offered() -> None:
    panel = decision_panel(orders(), "contoso-orders")
    choice = controls(panel, ipywidgets.Dropdown)["Virtual network, internal"]
    assert [v for _, v in choice.options] == ["", "Developer", "Premium"]


def test_what_is_kept_can_be_read_again_and_comments_stay(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    controls(panel, ipywidgets.Dropdown)["Named weights"].value = "security-first"
    controls(panel, ipywidgets.Checkbox)["Fixed outbound address"].value = True
    controls(panel, ipywidgets.Dropdown)["Ingress with mutual TLS"].value = "Standard"
    controls(panel, ipywidgets.IntSlider)["Units of each, at least"].value = 3
    controls(panel, ipywidgets.Dropdown)["Option to record"].value = "ingress-mtls"
    before = Path(file).read_text(encoding="utf-8")
    press(panel)
    if "Press again" in said(panel):
        press(panel, button="Record it all the same")
    assert "Saved to workload.yaml" in said(panel)
    again = read_workload(file)
    assert (again.decided, again.preset) == ("ingress-mtls", "security-first")
    assert again.requirements.static_outbound_ip
    assert dict(again.pins) == {"ingress-mtls": Pin("Standard")}
    assert again.traffic == Traffic(least_units=3)
    started = controls(decision_panel(redesign(made, again), file), ipywidgets.IntSlider)
    assert started["Units of each, at least"].value == 3
    after = Path(file).read_text(encoding="utf-8")
    assert [c for c in before.splitlines() if "#" in c] == [
        c for c in after.splitlines() if "#" in c
    ]


def test_weights_that_somebody_changed_meanwhile_are_not_lost(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    path = Path(file)
    theirs = path.read_text(encoding="utf-8") + "weights: {preset: cost-first}\n"
    path.write_text(theirs, encoding="utf-8")
    controls(panel, ipywidgets.Dropdown)["Named weights"].value = "security-first"
    press(panel)
    assert "the input changed after this notebook read it" in said(panel)
    assert path.read_text(encoding="utf-8") == theirs


def test_own_weights_are_kept_by_axis(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    controls(panel, ipywidgets.FloatSlider)["Cost"].value = 60
    press(panel)
    again = dict(read_workload(file).weights)
    assert again["cost"] == pytest.approx(0.6)
    assert again["security"] == pytest.approx(0.2)


def test_a_preset_takes_own_weights_away_again() -> None:
    now = replace(shop(), preset="regulated")
    kept = decided(replace(shop(), weights=(("cost", 1.0),)), now, "ingress-mtls", "2026-11-23")
    assert kept["weights"]["preset"] == "regulated"
    assert {v for k, v in kept["weights"].items() if k != "preset"} == {None}
    assert kept["decision"] == {
        "option": "ingress-mtls",
        "date": "2026-11-23",
        "chosen_by": "reader",
    }


def test_a_tier_that_is_no_longer_pinned_is_taken_out() -> None:
    before = replace(shop(), pins=(("ingress-mtls", Pin("Standard")),))
    assert decided(before, shop(), "ingress-mtls", "d")["placements"] == {
        "ingress-mtls": {"tier": None}
    }


def test_a_bundled_workload_is_copied_and_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (BUNDLED / "contoso-orders" / "workload.yaml").read_bytes()
    panel = decision_panel(orders(), "contoso-orders")
    press(panel)
    assert "not done" in said(panel) and "new or empty folder" in said(panel)
    controls(panel, ipywidgets.Text)["Copy to"].value = "mine"
    controls(panel, ipywidgets.Dropdown)["Option to record"].value = orders().ranking.winner
    press(panel)
    assert "Saved to workload.yaml" in said(panel)
    assert read_workload(tmp_path / "mine" / "workload.yaml").decided == orders().ranking.winner
    assert chosen() == str(tmp_path / "mine" / "workload.yaml")
    assert (BUNDLED / "contoso-orders" / "workload.yaml").read_bytes() == before


def test_every_control_has_a_description() -> None:
    panel = decision_panel(orders(), "contoso-orders")
    kinds = (ipywidgets.Dropdown, ipywidgets.FloatSlider, ipywidgets.Checkbox, ipywidgets.IntSlider)
    for kind in kinds:
        assert controls(panel, kind) and all(controls(panel, kind))


def first(panel: ipywidgets.Widget) -> str:
    """The title of the first option of the ranking that the panel shows."""
    _, _, table = view(panel).partition("Ranking: values")
    found = re.search(r'<th scope="row"[^>]*>(?:<[^>]+>)*([^<]+)', table)
    assert found
    return found[1]


def option_of(made: Design, title: str) -> str:
    (found,) = [p.option.id for p in made.placements if p.option.title == title]
    return found


def test_what_is_saved_is_the_first_that_is_shown_after_a_weight_moved(
    own: tuple[Design, str],
) -> None:
    made, file = own
    panel = decision_panel(made, file)
    assert first(panel) == made.placement(made.ranking.winner).option.title
    for id, weight in (("Cost", 100), ("Security", 0), ("High availability", 0)):
        controls(panel, ipywidgets.FloatSlider)[id].value = weight
    shown_first = option_of(made, first(panel))
    assert shown_first != made.ranking.winner
    assert f"no option: the first of the ranking is followed, now {first(panel)}" in note(panel)
    press(panel)
    again = design(read_workload(file))
    assert (again.workload.decided, again.ranking.winner) == ("", shown_first)
    controls(panel, ipywidgets.Dropdown)["Option to record"].value = shown_first
    press(panel)
    assert read_workload(file).decided == shown_first
    assert holds(design(read_workload(file)))


def test_an_option_that_the_reader_picked_stays_when_weights_move(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    controls(panel, ipywidgets.Dropdown)["Option to record"].value = "vnet-external"
    controls(panel, ipywidgets.FloatSlider)["Cost"].value = 100
    press(panel)
    assert "Nothing was saved yet: Virtual network, external" in said(panel)
    assert read_workload(file).decided == ""
    press(panel, button="Record it all the same")
    assert read_workload(file).decided == "vnet-external"
    assert "exit code of `decide` is 1" in said(panel)
    controls(panel, ipywidgets.Dropdown)["Option to record"].value = ""
    press(panel)
    assert holds(design(read_workload(file)))
    assert "exit code" not in said(panel)


def test_weights_are_kept_without_a_decision_and_one_is_taken_out(own: tuple[Design, str]) -> None:
    made, file = own
    save(file, {"decision": {"option": "ingress-mtls", "because": "We know it."}})
    panel = decision_panel(design(read_workload(file)), file)
    recorded = controls(panel, ipywidgets.Dropdown)["Option to record"]
    assert recorded.value == "ingress-mtls"
    recorded.value = ""
    controls(panel, ipywidgets.FloatSlider)["Cost"].value = 60
    press(panel)
    again = read_workload(file)
    assert again.decided == "" and dict(again.weights)["cost"] == pytest.approx(0.6)
    assert "We know it." in Path(file).read_text(encoding="utf-8")
    assert "records no option" in said(panel)


def test_weights_given_to_the_notebook_are_kept_because_they_are_shown(
    own: tuple[Design, str],
) -> None:
    made, file = own
    given = design(replace(made.workload, preset="cost-first", weights=()))
    panel = decision_panel(given, file)
    press(panel)
    again = read_workload(file)
    assert again.preset == "cost-first" and again.decided == ""
    assert design(again).ranking.winner == given.ranking.winner


def test_what_was_asked_about_is_asked_again_after_a_change(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    controls(panel, ipywidgets.Dropdown)["Option to record"].value = "vnet-external"
    press(panel)
    controls(panel, ipywidgets.FloatSlider)["Cost"].value = 90
    assert "Record it all the same" not in controls(panel, ipywidgets.Button)
    press(panel)
    assert read_workload(file).decided == ""


def test_every_requirement_can_be_moved_and_kept(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    for row in requirement_rows():
        boxes = {**controls(panel, ipywidgets.Checkbox), **controls(panel, ipywidgets.Text)}
        choices = {"consumers": "on premises", "tiers_allowed": "Premium"}
        elsewhere = row.id in ("region", "egress")
        assert elsewhere or choices.get(row.id, row.label) in boxes
    boxes = controls(panel, ipywidgets.Checkbox)
    boxes["on premises"].value = boxes["Premium"].value = True
    texts = controls(panel, ipywidgets.Text)
    before = view(panel)
    texts["Monthly budget"].value = "many"
    assert "is not a valid answer" in " ".join(words(panel)) and view(panel) == before
    texts["Monthly budget"].value, texts["Regions"].value = "4000", "2"
    press(panel)
    again = read_workload(file)
    assert [c.value for c in again.consumers] == ["internet", "on-premises"]
    assert again.requirements.tiers_allowed == ("Premium",)
    assert (again.requirements.monthly_budget, again.requirements.regions) == (4000, 2)


def test_a_file_that_changed_meanwhile_is_not_overwritten(own: tuple[Design, str]) -> None:
    made, file = own
    panel = decision_panel(made, file)
    save(file, {"requirements": {"private_gateway": True}})
    before = Path(file).read_bytes()
    press(panel)
    assert "not done" in said(panel) and "changed after this notebook read it" in said(panel)
    assert Path(file).read_bytes() == before


def test_no_weight_at_all_is_refused_before_anything_is_written(own: tuple[Design, str]) -> None:
    made, file = own
    before = Path(file).read_bytes()
    panel = decision_panel(made, file)
    for slider in controls(panel, ipywidgets.FloatSlider).values():
        slider.value = 0
    press(panel)
    assert "not done" in said(panel) and "No weight is above 0" in said(panel)
    assert Path(file).read_bytes() == before


@pytest.mark.parametrize("more", [{}, {"chosen_by": "reader"}, {"date": "2026-11-23"}])
def test_a_decision_is_read_in_its_old_form_too(
    own: tuple[Design, str], more: dict[str, str]
) -> None:
    _, file = own
    save(file, {"decision": {"option": "ingress-mtls", **more}})
    assert read_workload(file).decided == "ingress-mtls"
