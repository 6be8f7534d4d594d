"""Controls for weights, requirements, tiers and units, with the resulting ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import ipywidgets

from apim_aks import page
from apim_aks.decision.design import Design, redesign
from apim_aks.decision.not_compared import standing_word
from apim_aks.decision.outcome import holds, verdict_sentence
from apim_aks.errors import InputError
from apim_aks.facts import axes, preset, presets
from apim_aks.notebook.widgets.decision_controls import (
    GOES_ON,
    WIDE,
    WIDTH,
    Control,
    copied,
    dropdown,
    folder_text,
    tier_choice,
    unit_slider,
    weight_slider,
)
from apim_aks.notebook.widgets.requirement_fields import RequirementFields
from apim_aks.page import Html
from apim_aks.workload.file import bundled_names, read_workload, save
from apim_aks.workload.model import Pin, Requirements, Workload

_OWN = ("weights of workload.yaml", "")
_NONE = ("none: the first of the ranking is followed", "")
_KEEP, _ALL_THE_SAME = "Save to workload.yaml", "Record it all the same"


def decision_panel(designed: Design, workload: str) -> Control:
    """Controls for the basis of a decision, which a button saves to workload.yaml.

    `workload` is what was read: a path, or a bundled name, which is copied before it is saved.
    """
    return _Panel(designed, workload).whole


def decided(before: Workload, now: Workload, option: str, today: str = "") -> dict[str, Any]:
    """What to write into workload.yaml: the option with its day, and what differs from the file.

    Without an option a recorded one is taken out, and the first of the ranking is followed.
    """
    day = today or datetime.now(UTC).date().isoformat()
    made = {"option": option, "date": day, "chosen_by": "reader"}
    changed: dict[str, Any] = {"decision": made}
    if not option:
        changed = {"decision": dict.fromkeys(made)} if before.decided else {}
    if (before.weights, before.preset) != (now.weights, now.preset):
        changed["weights"] = _weights(now)
    if before.consumers != now.consumers:
        changed["consumers"] = [c.value for c in now.consumers]
    if before.traffic.least_units != now.traffic.least_units:
        units = now.traffic.least_units
        changed["traffic"] = {"units": units if units > 1 else None}
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
        self.digests = self.saved.digests
        self.quiet, self.made = False, designed
        named = [(p.label, p.id) for p in presets()]
        start = "" if self.saved.weights else self.saved.preset
        choices = [_OWN, *named] if self.saved.weights else named
        self.named = dropdown("Named weights", choices, start)
        now = dict(designed.ranking.weights)
        self.weights = {a.id: weight_slider(a.label, a.sentence, 100 * now[a.id]) for a in axes()}
        self.required = RequirementFields(self.saved)
        self.tiers = {p.option.id: tier_choice(p) for p in designed.placements}
        self.units = unit_slider(self.saved)
        options = [(p.option.title, p.option.id) for p in designed.placements]
        start = self.saved.decided if designed.recorded else _NONE[1]
        self.option = dropdown("Option to record", [_NONE, *options], start)
        self.keep = ipywidgets.Button(layout=ipywidgets.Layout(width="14rem"))
        self.asked_about = ("", "")
        self.folder = folder_text(WIDE, WIDTH)
        self.view, self.said, self.note = (ipywidgets.HTML() for _ in range(3))
        self._watch()
        self.whole = self._laid_out()
        self._draw()

    def _watch(self) -> None:
        self.named.observe(self._take, names="value")
        self.option.observe(self._noted, names="value")
        for control in (*self.weights.values(), *self.tiers.values(), self.units):
            control.observe(self._draw, names="value")
        self.required.watch(self._draw)
        self.keep.on_click(lambda _: self._save())

    def _laid_out(self) -> Control:
        said = page.paragraph(
            "Move a weight, switch a requirement, choose a tier: the order follows. Only the "
            "proportions of the weights count. Nothing is written before you save."
        )
        parts = (
            ipywidgets.VBox([self.named, *self.weights.values()]),
            self.required.whole,
            ipywidgets.VBox([*self.tiers.values(), self.units]),
            ipywidgets.VBox(
                [self.option, self.note, *([self.folder] if self.bundled else []), self.keep]
            ),
        )
        titles = ("Weights", "Requirements", "Tiers and units", "Record the decision")
        # Tabs would cut their titles on a narrow screen.
        folds = ipywidgets.Accordion(children=parts, titles=titles, selected_index=0)
        return ipywidgets.VBox([ipywidgets.HTML(said.text), folds, self.said, self.view])

    def _take(self, change: Mapping[str, Any]) -> None:
        """All sliders in one go: drawn once, not five times."""
        found = dict(preset(change["new"]).weights) if change["new"] else dict(self.saved.weights)
        self.quiet = True
        for id, slider in self.weights.items():
            slider.value = 100 * found.get(id, 0.0)
        self.quiet = False
        self._draw()

    def now(self) -> Workload:
        """The workload with the values of the controls."""
        moved = tuple((id, s.value / 100) for id, s in self.weights.items())
        named = self.named.value
        as_named = dict(preset(named).weights) if named else dict(self.saved.weights)
        same = all(abs(w - as_named.get(id, 0.0)) < 1e-9 for id, w in moved)
        weights = (() if named else self.saved.weights) if same else moved
        return replace(
            self.required.applied(self.saved),
            preset=named or self.saved.preset,
            weights=weights,
            traffic=replace(self.saved.traffic, least_units=self.units.value),
            pins=tuple(self._pins()),
            decided="",
        )

    def _pins(self) -> list[tuple[str, Pin]]:
        before = dict(self.saved.pins)
        found = [(id, replace(before.get(id, Pin()), tier=c.value)) for id, c in self.tiers.items()]
        return [(id, pin) for id, pin in found if pin != Pin()]

    def _draw(self, _: object = None) -> None:
        if not self.quiet:
            self.made = redesign(self.designed, self.now())
            self.view.value = page.regions_of("as moved", shown(self.made)._repr_html_())
            self._noted()

    def _noted(self, _: object = None) -> None:
        """What a save would record, beside the control that decides it."""
        self.asked_about, self.keep.description = ("", ""), _KEEP
        said = f"A save records {_standing(self.made, self.option.value)}."
        self.note.value = page.paragraph(said)._repr_html_()

    def _is_confirmed(self) -> bool:
        """An option that is not the first of the ranking is recorded at a second press only."""
        pair = self.option.value, self.made.ranking.winner
        if not pair[0] or pair[0] == pair[1] or self.asked_about == pair:
            return True
        first = _standing(self.made, pair[1]) if pair[1] else "no option"
        self._say(
            f"Nothing was saved yet: {_standing(self.made, pair[0])} would be recorded, while "
            f"{first} comes first. Press again to record it all the same, or choose another one.",
            good=False,
        )
        self.asked_about, self.keep.description = pair, _ALL_THE_SAME
        return False

    def _save(self) -> None:
        if not self._is_confirmed():
            return
        try:
            if not any(s.value for s in self.weights.values()):
                raise InputError("No weight is above 0. Move at least one weight above 0.")
            if not self.file:
                self.file = str(copied(self.bundled, self.folder.value))
            before = self._as_read()
            written = save(self.file, decided(before, self.now(), self.option.value))
            kept = read_workload(self.file)
        except InputError as error:
            self._say(str(error), good=False)
        else:
            self.digests = kept.digests
            self._noted()
            hint = f" {GOES_ON}" if self.bundled else ""
            self._say(f"Saved to {written.name}. {self._outcome(kept)}{hint}")

    def _as_read(self) -> Workload:
        """The file as it is now: what was written into it meanwhile is not overwritten unseen."""
        found = read_workload(self.file)
        if found.digests != self.digests:
            raise InputError(
                f"{self.file}: the input changed after this notebook read it. "
                "Run the notebook again, then save."
            )
        return found

    def _outcome(self, kept: Workload) -> str:
        """What was recorded, and what `decide` says of the file as it is now."""
        made = redesign(self.designed, kept)
        lost = "" if holds(made) else f" The exit code of `decide` is 1: {verdict_sentence(made)}"
        return f"It records {_standing(made, kept.decided)}.{lost}"

    def _say(self, words: str, good: bool = True) -> None:
        kind, sign, state = ("pass", "✓", "done") if good else ("fail", "✗", "not done")
        said = page.paragraph(page.mark(kind, sign, state), f" {words}")
        self.said.value = said._repr_html_()


def _standing(made: Design, option: str) -> str:
    """An option with its tier and its place in what is shown."""
    if not option:
        first = made.ranking.winner
        return f"no option: the first of the ranking is followed{_now(made, first)}"
    placement = made.placement(option)
    order = [s.option for s in made.ranking.standings]
    place = f"place {order.index(option) + 1}" if option in order else standing_word(placement)
    return f"{placement.option.title} on {placement.tier.name} ({place})"


def _now(made: Design, first: str) -> str:
    return f", now {_standing(made, first)}" if first else ""


def shown(made: Design) -> Html:
    """What the panel shows of a design: outcome, order, contributions, flip points, who is out."""
    return page.joined(
        (
            page.verdict(made),
            page.ranking_table(made),
            page.contributions_chart(made),
            page.flips_chart(made),
            page.flips_table(made),
            Html("") if all(p.within for p in made.placements) else page.ruled_out_table(made),
        )
    )
