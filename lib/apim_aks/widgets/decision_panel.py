"""Weights, requirements, tiers and units to move; the ranking and what would turn it follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import ipywidgets

from apim_aks import page
from apim_aks.design import Design, Placement, redesign, refusal
from apim_aks.facts import axes, preset, presets, requirement_row, tiers
from apim_aks.page import Html
from apim_aks.workload import Pin, Requirements, WorkbookError, Workload
from apim_aks.workload_file import bundled_names, copy_bundled, said, save

Control = Any
"""A widget of ipywidgets, which has no types of its own."""

_WIDE = {"description_width": "12rem"}
_WIDTH = "32rem"
_CHEAPEST = ("the cheapest that fits", "")
_MOST_UNITS = 10
_OWN = ("weights of workload.yaml", "")


def decision_panel(designed: Design, workload: str) -> Control:
    """Move what a decision rests on and watch it; kept in workload.yaml on demand.

    `workload` is what was read: a path, or a bundled name, which is copied before it is saved.
    """
    return _Panel(designed, workload).whole


def decided(before: Workload, now: Workload, option: str, today: str = "") -> dict[str, Any]:
    """What to write into workload.yaml: the option with its day, and whatever was moved."""
    day = today or datetime.now(UTC).date().isoformat()
    changed: dict[str, Any] = {"decision": {"option": option, "date": day}}
    if (before.weights, before.preset) != (now.weights, now.preset):
        changed["weights"] = _weights(now)
    wanted = {f.name: getattr(now.requirements, f.name) for f in fields(Requirements)}
    moved = {k: v for k, v in wanted.items() if v != getattr(before.requirements, k)}
    pins = {o: {"tier": p.tier or None} for o, p in now.pins if dict(before.pins).get(o) != p}
    gone = {o: {"tier": None} for o, p in before.pins if p.tier and o not in dict(now.pins)}
    return {
        **changed,
        **({"requirements": moved} if moved else {}),
        **({"placements": {**pins, **gone}} if pins or gone else {}),
    }


def _weights(workload: Workload) -> dict[str, Any]:
    own = dict(workload.weights)
    by_axis: dict[str, Any] = {a.id: own.get(a.id, 0.0) if own else None for a in axes()}
    return {"preset": None if own else workload.preset, **by_axis}


class _Panel:
    """Holds the controls; every picture of them is a pure function of the workload they make."""

    def __init__(self, designed: Design, workload: str) -> None:
        self.designed, self.saved = designed, designed.workload
        self.bundled = workload if workload in bundled_names() else ""
        self.file = "" if self.bundled else workload
        self.read = said(self.file, self.saved) if self.file else {}
        self.quiet = False
        named = [(p.label, p.id) for p in presets()]
        start = "" if self.saved.weights else self.saved.preset
        choices = [_OWN, *named] if self.saved.weights else named
        self.named = _dropdown("Named weights", choices, start)
        now = dict(designed.ranking.weights)
        self.weights = {a.id: _slider(a.label, a.sentence, 100 * now[a.id]) for a in axes()}
        self.switches = {name: _switch(name, self.saved) for name in _switchable()}
        self.tiers = {p.option.id: _tiers(p) for p in designed.placements}
        self.units = _units()
        self.option = _dropdown(
            "Option to record", [(p.option.title, p.option.id) for p in designed.placements], ""
        )
        self.folder = ipywidgets.Text(
            description="Copy to", placeholder="a new folder, such as my-workload", style=_WIDE
        )
        self.view, self.said = ipywidgets.HTML(), ipywidgets.HTML()
        self._watch()
        self.whole = self._laid_out()
        self._draw()
        if designed.chosen:
            self.option.value = designed.chosen.option.id

    def _watch(self) -> None:
        self.named.observe(self._take, names="value")
        for control in (
            *self.weights.values(),
            *self.switches.values(),
            *self.tiers.values(),
            self.units,
        ):
            control.observe(self._draw, names="value")

    def _laid_out(self) -> Control:
        said = page.paragraph(
            "Move a weight, switch a requirement, choose a tier: the order follows. Only the "
            "proportions of the weights count. Nothing is written before you save."
        )
        keep = ipywidgets.Button(
            description="Save to workload.yaml", layout=ipywidgets.Layout(width="14rem")
        )
        keep.on_click(lambda _: self._save())
        parts = (
            ipywidgets.VBox([self.named, *self.weights.values()]),
            ipywidgets.VBox([*self.switches.values()]),
            ipywidgets.VBox([*self.tiers.values(), self.units]),
            ipywidgets.VBox([self.option, *([self.folder] if self.bundled else []), keep]),
        )
        titles = ("Weights", "Requirements", "Tiers and units", "Record the decision")
        tabs = ipywidgets.Tab(children=parts, titles=titles)
        return ipywidgets.VBox([ipywidgets.HTML(said.text), tabs, self.said, self.view])

    def _take(self, change: Mapping[str, Any]) -> None:
        """All sliders in one go: drawn once, not five times."""
        found = dict(preset(change["new"]).weights) if change["new"] else dict(self.saved.weights)
        self.quiet = True
        for id, slider in self.weights.items():
            slider.value = 100 * found.get(id, 0.0)
        self.quiet = False
        self._draw()

    def now(self) -> Workload:
        """The workload as the controls have it."""
        moved = tuple((id, s.value / 100) for id, s in self.weights.items())
        named = self.named.value
        as_named = dict(preset(named).weights) if named else dict(self.saved.weights)
        same = all(abs(w - as_named.get(id, 0.0)) < 1e-9 for id, w in moved)
        weights = (() if named else self.saved.weights) if same else moved
        wanted = {name: switch.value for name, switch in self.switches.items()}
        return replace(
            self.saved,
            preset=named or self.saved.preset,
            weights=weights,
            requirements=replace(self.saved.requirements, **wanted),
            pins=tuple(self._pins()),
            decided="",
        )

    def _pins(self) -> list[tuple[str, Pin]]:
        before = dict(self.saved.pins)
        found = [(id, replace(before.get(id, Pin()), tier=c.value)) for id, c in self.tiers.items()]
        return [(id, pin) for id, pin in found if pin != Pin()]

    def _draw(self, _: object = None) -> None:
        if not self.quiet:
            made = redesign(self.designed, self.now(), self.units.value)
            self.view.value = shown(made)._repr_html_()

    def _save(self) -> None:
        changes = decided(self.saved, self.now(), self.option.value)
        try:
            if not self.file:
                self.file = str(copy_bundled(self.bundled, self.folder.value.strip()))
                self.read = said(self.file)
            written = save(self.file, changes, self.read)
            self.read = said(written)
        except WorkbookError as error:
            self._say(str(error), good=False)
        else:
            hint = f" Set workload to {self.file!r} above to go on with it." if self.bundled else ""
            self._say(f"Saved to {written.name}.{hint}")

    def _say(self, words: str, good: bool = True) -> None:
        kind, sign, state = ("pass", "✓", "done") if good else ("fail", "✗", "not done")
        said = page.paragraph(page.mark(kind, sign, state), f" {words}")
        self.said.value = said._repr_html_()


def shown(made: Design) -> Html:
    """What the panel shows of a design: outcome, order, contributions, flip points, who is out."""
    return page.joined(
        (
            page.verdict(made),
            page.ranking_table(made),
            page.contributions_chart(made),
            page.flips_chart(made),
            page.flips_table(made),
            page.ruled_out_table(made) if made.ranking.ruled_out else Html(""),
        )
    )


def _switchable() -> list[str]:
    return [f.name for f in fields(Requirements) if f.default is False]


def _switch(name: str, workload: Workload) -> Control:
    row = requirement_row(name)
    return ipywidgets.Checkbox(
        description=row.label,
        tooltip=row.question,
        value=getattr(workload.requirements, name),
        indent=False,
    )


def _tiers(placement: Placement) -> Control:
    able = [(t.name, t.name) for t in tiers() if not refusal(placement.option, t)]
    start = placement.tier.name if placement.pinned else ""
    return _dropdown(placement.option.title, [_CHEAPEST, *able], start)


def _units() -> Control:
    return ipywidgets.IntSlider(
        description="Units of each, at least",
        value=1,
        min=1,
        max=_MOST_UNITS,
        style=_WIDE,
        layout=ipywidgets.Layout(width=_WIDTH, max_width="100%"),
    )


def _dropdown(label: str, choices: list[tuple[str, str]], start: str) -> Control:
    values = [v for _, v in choices]
    return ipywidgets.Dropdown(
        description=label,
        options=choices,
        value=start if start in values else values[0],
        style=_WIDE,
        layout=ipywidgets.Layout(width=_WIDTH, max_width="100%"),
    )


def _slider(label: str, meaning: str, weight: float) -> Control:
    return ipywidgets.FloatSlider(
        description=label,
        tooltip=meaning,
        value=weight,
        min=0,
        max=100,
        step=0.5,
        readout_format=".1f",
        style=_WIDE,
        layout=ipywidgets.Layout(width=_WIDTH, max_width="100%"),
    )
