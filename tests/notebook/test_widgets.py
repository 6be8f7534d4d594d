from dataclasses import replace
from pathlib import Path

import ipywidgets
import pytest

from apim_aks import page
from apim_aks.apis.mapping import map_services
from apim_aks.decision.design import Design, design
from apim_aks.facts import preset
from apim_aks.notebook import widgets
from apim_aks.page import Html
from apim_aks.workload.file import copy_bundled, read_workload
from apim_aks.workload.model import Consumer, Workload
from tests.support import scenario


@pytest.fixture(scope="module")
def designed() -> Design:
    return design(scenario.shop())


def controls(panel: ipywidgets.Widget, kind: type) -> list[ipywidgets.Widget]:
    found = [panel] if isinstance(panel, kind) else []
    return found + [w for child in getattr(panel, "children", ()) for w in controls(child, kind)]


def shown(panel: ipywidgets.Widget) -> str:
    return str(controls(panel, ipywidgets.HTML)[-1].value)


def test_option_picker_shows_what_the_page_shows(designed: Design) -> None:
    panel = widgets.option_picker(designed)
    (choice,) = controls(panel, ipywidgets.Dropdown)
    for placement in designed.placements:
        choice.value = placement.option.id
        assert page.in_one_sentence(placement).text in shown(panel)


def test_option_picker_draws_each_picture_once(designed: Design) -> None:
    panel = widgets.option_picker(designed)
    (choice,) = controls(panel, ipywidgets.Dropdown)
    first = shown(panel)
    choice.value = designed.placements[1].option.id
    choice.value = designed.placements[0].option.id
    assert shown(panel) == first
    assert "<svg" in first


def test_mode_picker_offers_the_modes_it_is_given(designed: Design) -> None:
    panel = widgets.mode_picker(designed, "external", "internal")
    (choice,) = controls(panel, ipywidgets.ToggleButtons)
    assert [value for _, value in choice.options] == ["vnet-external", "vnet-internal"]
    choice.value = "vnet-internal"
    assert "neither is reachable from the internet" in shown(panel)


def test_tier_that_cannot_is_refused_with_the_reason(designed: Design) -> None:
    panel = widgets.tier_picker(designed, "vnet-external")
    (choice,) = controls(panel, ipywidgets.Dropdown)
    assert choice.value == designed.placement("vnet-external").tier.name
    assert "Counted" in shown(panel)
    choice.value = "Standard v2"
    assert "refused" in shown(panel)
    assert "injection into a virtual network with a public gateway" in shown(panel)


def test_moving_the_consumers_inside_takes_the_edge_away(designed: Design) -> None:
    panel = widgets.consumers_picker(designed)
    (choice,) = controls(panel, ipywidgets.Dropdown)
    outside = shown(panel)
    choice.value = "inside the network only"
    assert shown(panel) != outside


def test_a_slider_changes_the_ranking(designed: Design) -> None:
    panel = widgets.weights_panel(designed)
    before = shown(panel)
    for slider in controls(panel, ipywidgets.IntSlider):
        slider.value = 100 if slider.description == "Cost" else 0
    assert shown(panel) != before
    assert shown(panel) == page.ranking_under(designed, {"cost": 1.0})._repr_html_()


def test_a_named_set_of_weights_moves_the_sliders(designed: Design) -> None:
    panel = widgets.weights_panel(designed)
    (named,) = controls(panel, ipywidgets.Dropdown)
    named.value = "security-first"
    moved = [s.value for s in controls(panel, ipywidgets.IntSlider)]
    assert moved == [round(100 * w) for _, w in preset("security-first").weights]


def test_every_control_has_a_description(designed: Design) -> None:
    panels = (
        widgets.option_picker(designed),
        widgets.mode_picker(designed, "external"),
        widgets.consumers_picker(designed),
        widgets.tier_picker(designed, "ingress-mtls"),
        widgets.weights_panel(designed),
    )
    kinds = (ipywidgets.Dropdown, ipywidgets.ToggleButtons, ipywidgets.IntSlider)
    for panel in panels:
        for kind in kinds:
            assert all(w.description for w in controls(panel, kind))


def test_the_panel_starts_at_the_weights_of_the_workload() -> None:
    own = replace(
        scenario.shop(consumers=(Consumer.INTERNET,)), weights=(("cost", 3.0), ("security", 1.0))
    )
    panel = widgets.weights_panel(design(own))
    moved = {s.description: s.value for s in controls(panel, ipywidgets.IntSlider)}
    assert moved["Cost"] == 75
    assert moved["Security"] == 25


class Editor:
    """The editor as a person finds it: controls by their descriptions."""

    def __init__(self, workload: Workload, name: str = "own/workload.yaml") -> None:
        self.panel = widgets.mapping_editor(design(workload), name)

    def control(self, label: str) -> ipywidgets.Widget:
        every = controls(self.panel, ipywidgets.ValueWidget)
        return next(w for w in every if getattr(w, "description", "") == label)

    def set(self, **values: str) -> None:
        for label, value in values.items():
            self.control(label.replace("_", " ")).value = value

    def press(self, label: str) -> str:
        every = controls(self.panel, ipywidgets.Button)
        next(b for b in every if b.description == label).click()
        return str(controls(self.panel, ipywidgets.HTML)[-2].value)

    @property
    def shown(self) -> str:
        return shown(self.panel)


def test_the_editor_shows_a_move_at_once_and_undoes_it() -> None:
    editor = Editor(scenario.shop())
    first = editor.shown
    editor.set(Service="shop/payments", To_the_API="orders")
    editor.press("Move")
    assert "gone" in editor.shown
    assert "changed" in editor.shown
    editor.press("Undo")
    assert editor.shown == first


def test_the_editor_moves_one_operation_to_a_new_api() -> None:
    editor = Editor(scenario.shop())
    editor.set(Service="shop/orders", Operation="POST /orders", To_the_API="a new API")
    assert "Give the new API an id first" in editor.press("Move")
    editor.set(Called="placing")
    assert editor.press("Move") == Html("")._repr_html_()
    assert "placing" in editor.shown


def test_the_editor_publishes_or_says_why_not() -> None:
    editor = Editor(scenario.shop())
    editor.set(Service="shop/db")
    assert "no HTTP Service" in editor.press("Publish")
    editor.set(Service="shop/reviews")
    editor.press("Do not publish")
    assert "gone" in editor.shown
    editor.press("Publish")
    assert "gone" not in editor.shown


def test_the_editor_saves_a_bundled_workload_to_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # all notebooks that are run there are about the copy
    editor = Editor(read_workload("contoso-orders"), "contoso-orders")
    editor.set(API="customers", Title="Clients")
    editor.press("Rename")
    assert "not done" in editor.press("Save to workload.yaml")
    editor.set(Copy_to=str(tmp_path / "mine"))
    assert "Saved to workload.yaml" in editor.press("Save to workload.yaml")
    saved = read_workload(tmp_path / "mine")
    assert map_services(saved).api("customers").title == "Clients"
    editor.set(Title="Buyers")
    editor.press("Rename")
    assert "Saved" in editor.press("Save to workload.yaml")
    assert map_services(read_workload(tmp_path / "mine")).api("customers").title == "Buyers"


def test_the_editor_writes_nothing_before_it_is_asked(tmp_path: Path) -> None:
    file = copy_bundled("contoso-orders", tmp_path / "mine")
    before = file.read_bytes()
    editor = Editor(read_workload(file), str(file))
    editor.set(Service="orders/customers", To_the_API="orders")
    editor.press("Move")
    assert file.read_bytes() == before
    editor.press("Save to workload.yaml")
    assert file.read_bytes() != before
    assert b"# The smallest workload" in file.read_bytes()


def test_every_field_of_the_editor_has_a_description() -> None:
    panel = Editor(scenario.shop(), "contoso-retail").panel
    for kind in (ipywidgets.Dropdown, ipywidgets.Text, ipywidgets.Button):
        assert controls(panel, kind)
        assert all(w.description for w in controls(panel, kind))
