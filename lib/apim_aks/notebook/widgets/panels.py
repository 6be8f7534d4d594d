"""Controls over the same functions that the pages use: nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import ipywidgets

from apim_aks import page
from apim_aks.decision.design import Design, design
from apim_aks.facts import axes, preset, presets, tiers
from apim_aks.notebook.widgets.decision_controls import wrapping
from apim_aks.options import option
from apim_aks.page import Html
from apim_aks.page.diagram import picture
from apim_aks.workload.model import Consumer

Control = Any
"""A widget of ipywidgets, which has no types of its own."""

_WIDE = {"description_width": "11rem"}
_PLACES = {
    "on the internet and inside": (Consumer.INTERNET, Consumer.SAME_VNET),
    "on the internet only": (Consumer.INTERNET,),
    "inside the network only": (Consumer.SAME_VNET,),
    "inside, peered and on premises": (
        Consumer.SAME_VNET,
        Consumer.PEERED_VNET,
        Consumer.ON_PREMISES,
    ),
}


def option_picker(designed: Design) -> Control:
    """Choose an option; its picture and path follow."""
    choices = [(p.option.title, p.option.id) for p in designed.placements]
    hint = "Show any option again."
    return _panel(hint, _placement_view(designed), {"option": _choice("Option", choices)})


def mode_picker(designed: Design, *modes: str) -> Control:
    """Choose a network mode; the picture and path of the option that uses it follow."""
    placements = [page.placement_in_mode(designed, m) for m in modes]
    choices = [(p.option.title, p.option.id) for p in placements]
    hint = "Switch between the modes; a report shows both pictures."
    return _panel(hint, _placement_view(designed), {"option": _buttons("Network mode", choices)})


def consumers_picker(designed: Design) -> Control:
    """Choose the location of the consumers; what is ruled out and the ranking follow."""

    @cache
    def shown(places: str) -> Html:
        changed = design(replace(designed.workload, consumers=_PLACES[places]))
        return page.verdict(changed) + page.ruled_out_table(changed) + page.ranking_table(changed)

    hint = "Choose where consumers are, and see which options are ruled out and which comes first."
    return _panel(hint, shown, {"places": _choice("Consumers are", [(k, k) for k in _PLACES])})


def tier_picker(designed: Design, option_id: str) -> Control:
    """Choose a tier; the option's measures on it follow, or the sentence that refuses it."""

    @cache
    def shown(tier: str) -> Html:
        return page.on_tier(designed, option(option_id), tier)

    names = [(t.name, t.name) for t in tiers()]
    start = designed.placement(option_id).tier.name
    hint = "Choose a tier to see its measures, or why it cannot be used."
    return _panel(hint, shown, {"tier": _choice("Tier", names, start)})


def weights_panel(designed: Design) -> Control:
    """Move the weight of an axis or take a named set; the ranking follows."""
    weights = dict(designed.ranking.weights)
    sliders: dict[str, Control] = {
        a.id: _slider(a.label, a.sentence, weights[a.id]) for a in axes()
    }
    named = _choice("Named weights", [(p.label, p.id) for p in presets()])
    named.value = designed.workload.preset

    def take(change: Mapping[str, Any]) -> None:
        for id, weight in preset(change["new"]).weights:
            sliders[id].value = round(100 * weight)

    named.observe(take, names="value")
    hint = "Move a weight, and watch the order; only the proportions of the weights count."
    shown = _panel(hint, lambda **moved: page.ranking_under(designed, moved), sliders)
    return ipywidgets.VBox([named, shown])


def _placement_view(designed: Design) -> Callable[..., Html]:
    @cache
    def shown(option: str) -> Html:
        placement = designed.placement(option)
        drawn = picture(placement.topology, placement.option.title)
        return page.in_one_sentence(placement) + page.figure(drawn) + page.path(drawn)

    return shown


def _panel(hint: str, shown: Callable[..., Html], controls: Mapping[str, Control]) -> Control:
    """A hint, the controls, and what `shown` makes of their values, redrawn when one moves."""
    view = ipywidgets.HTML()

    def draw(_: object = None) -> None:
        view.value = shown(**{name: c.value for name, c in controls.items()})._repr_html_()

    for control in controls.values():
        control.observe(draw, names="value")
    draw()
    said = ipywidgets.HTML(page.paragraph(hint).text)
    return ipywidgets.VBox([said, *controls.values(), view])


def _choice(label: str, choices: list[tuple[str, str]], start: str = "") -> Control:
    value = start or choices[0][1]
    return ipywidgets.Dropdown(
        description=label, options=choices, value=value, style=_WIDE, layout=wrapping("24rem")
    )


def _buttons(label: str, choices: list[tuple[str, str]]) -> Control:
    return ipywidgets.ToggleButtons(
        description=label,
        options=choices,
        tooltips=[k for k, _ in choices],
        style={**_WIDE, "button_width": "auto"},
    )


def _slider(label: str, meaning: str, weight: float) -> Control:
    return ipywidgets.IntSlider(
        description=label,
        tooltip=meaning,
        value=round(100 * weight),
        min=0,
        max=100,
        step=5,
        style=_WIDE,
        layout=wrapping("34rem"),
    )
