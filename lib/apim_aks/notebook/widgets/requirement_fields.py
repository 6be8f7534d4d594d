"""Every requirement as a control, and the workload that they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from typing import Any

import ipywidgets

from apim_aks.notebook.widgets.answer_fields import AnswerField
from apim_aks.notebook.widgets.decision_controls import Control, requirement_switch
from apim_aks.workload.file.questions import requirement_questions
from apim_aks.workload.model import Consumer, Requirements, Workload


class RequirementFields:
    """Switches for what is asked or not, fields for numbers and lists; `whole` has them all."""

    def __init__(self, workload: Workload) -> None:
        now = {n: getattr(workload.requirements, n) for n in _DEFAULTS}
        now["consumers"] = [c.value for c in workload.consumers]
        switches = [n for n, default in _DEFAULTS.items() if default is False]
        self.switches = {n: requirement_switch(n, workload) for n in switches}
        others = [q for q in requirement_questions() if q.id not in self.switches]
        self.fields = {q.id: AnswerField(q, _answer(q.id, now[q.id]), "not asked") for q in others}
        first, *more = (f.whole for f in self.fields.values())
        self.whole: Control = ipywidgets.VBox([first, *self.switches.values(), *more])

    def watch(self, told: Callable[[object], None]) -> None:
        """Call back whenever a value changes."""
        for switch in self.switches.values():
            switch.observe(told, names="value")
        for field in self.fields.values():
            field.watch(told)

    def applied(self, workload: Workload) -> Workload:
        """The workload with these requirements; one that cannot be used stays as it was."""
        wanted: dict[str, Any] = {name: switch.value for name, switch in self.switches.items()}
        known = {id: f.answer() for id, f in self.fields.items() if not f.refused()}
        consumers = tuple(map(Consumer, known.pop("consumers", None) or ()))
        for id, value in known.items():
            listed = tuple(value) if isinstance(value, list) else value
            wanted[id] = _DEFAULTS[id] if value is None else listed
        return replace(
            workload,
            consumers=consumers or workload.consumers,
            requirements=replace(workload.requirements, **wanted),
        )


_DEFAULTS = {f.name: f.default for f in fields(Requirements) if f.default is not MISSING}


def _answer(id: str, value: Any) -> Any:
    """The value as an answer: what is not asked for is none."""
    given = list(value) if isinstance(value, tuple) else value
    return None if value == _DEFAULTS.get(id) else given
