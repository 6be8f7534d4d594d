"""A question as a control, whose value is the answer or "don't know"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from apim_aks import page
from apim_aks.errors import InputError
from apim_aks.notebook.widgets.decision_controls import Control, wrapping
from apim_aks.page import element
from apim_aks.workload.file.questions import Question, check, in_words, parsed, stands

_UNKNOWN = "don't know"
_LABEL = {"description_width": "14rem"}
_WIDTH = "34rem"


class AnswerField:
    """The control of one question; `whole` is it with the words around it.

    Boxes that nobody has touched are ticked for what holds without an answer, and are none.
    """

    def __init__(self, asked: Question, value: Any, unknown: str = _UNKNOWN) -> None:
        self.asked, self.start, self.unknown = asked, value, unknown
        self.boxes: dict[str, Control] = {}
        self.touched = value is not None
        self.control = self._control(value)
        self.assumed, self.wrong = ipywidgets.HTML(), ipywidgets.HTML()
        why = element("div", element("small", asked.why))
        said = element("div", element("strong", asked.text)) + why
        parts = (ipywidgets.HTML(said._repr_html_()), self.control, self.assumed, self.wrong)
        self.whole = ipywidgets.VBox(parts)
        self.refused()

    def _control(self, value: Any) -> Control:
        if self.asked.kind == "several":
            held = [name for name, words in self.asked.choices if words == self.asked.otherwise]
            return self._several(held if value is None else value)
        if self.asked.kind in ("yes-no", "one"):
            return self._one(value)
        text = "" if value is None else str(value)
        return ipywidgets.Text(
            description=self.asked.label,
            value=text,
            placeholder=self.unknown,
            style=_LABEL,
            layout=wrapping(_WIDTH),
            continuous_update=False,
        )

    def _one(self, value: Any) -> Control:
        yes_no = [("yes", True), ("no", False)]
        named = [(words, name) for name, words in self.asked.choices]
        choices = [(self.unknown, ""), *(yes_no if self.asked.kind == "yes-no" else named)]
        known = value is None or value in [v for _, v in choices]
        return ipywidgets.Dropdown(
            description=self.asked.label,
            options=choices if known else [*choices, (in_words(self.asked, value), value)],
            value="" if value is None else value,
            style=_LABEL,
            layout=wrapping(_WIDTH),
        )

    def _several(self, values: list[str]) -> Control:
        for name, words in self.asked.choices:
            self.boxes[name] = ipywidgets.Checkbox(
                description=words, value=name in values, indent=False, layout=wrapping("16rem")
            )
            self.boxes[name].observe(self._touch, names="value")
        beside = ipywidgets.Layout(flex_flow="row wrap")
        return ipywidgets.Box([*self.boxes.values()], layout=beside)

    def _touch(self, _: object) -> None:
        self.touched = True

    def answer(self) -> Any:
        """What is answered; None where nobody knows.

        Raises:
            InputError: it may not stand in the file.
        """
        if self.boxes:
            ticked = [name for name, box in self.boxes.items() if box.value]
            return ticked if ticked and self.touched else None
        value = self.control.value
        if value == "":
            return None
        if value == self.start:
            return value
        value = parsed(self.asked, value) if isinstance(self.control, ipywidgets.Text) else value
        check(self.asked, value)
        return value

    def refused(self) -> str:
        """Why the answer cannot be taken, shown below the control; empty where it can.

        Where nobody knows one, what holds without it is shown.
        """
        held = said = ""
        try:
            if self.answer() is None and self.unknown == _UNKNOWN:
                held = stands(self.asked, None)
        except InputError as error:
            said = str(error)
        self.assumed.value = page.paragraph(held)._repr_html_() if held else ""
        shown = page.paragraph(page.mark("fail", "✗", "not usable"), f" {said}")
        self.wrong.value = shown._repr_html_() if said else ""
        return said

    def watch(self, told: Callable[[object], None]) -> None:
        """Call back whenever the answer changes."""
        for control in self.boxes.values() or (self.control,):
            control.observe(told, names="value")

    def shown(self, visible: bool) -> None:
        """Whether the question is to be seen."""
        self.whole.layout.display = None if visible else "none"
