"""The editor of a mapping: publish or not, move, rename, see the result, keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from apim_aks import page
from apim_aks.apis.mapping import changes, map_services, with_moved, with_published, with_renamed
from apim_aks.apis.mapping.editing import words
from apim_aks.decision.design import Design
from apim_aks.errors import InputError
from apim_aks.notebook.widgets.decision_controls import GOES_ON, copied, folder_text, wrapping
from apim_aks.page import Html
from apim_aks.workload.file import bundled_names, said, save
from apim_aks.workload.model import Workload

Control = Any
"""A widget of ipywidgets, which has no types of its own."""

_LABEL = {"description_width": "5.5rem"}
_WIDTH = "18rem"
_NEW = "a new API"
_ALL = ("every operation", "")


def mapping_editor(designed: Design, workload: str) -> Control:
    """Change what is published and what belongs to which API; kept in workload.yaml on demand.

    `workload` is what was read: a path, or a bundled name, which is copied before it is saved.
    """
    return _Editor(designed, workload).whole


class _Editor:
    """Holds the changed workload; every change is a pure function of it."""

    def __init__(self, designed: Design, workload: str) -> None:
        self.start = self.saved = designed.workload
        self.earlier: list[Workload] = []
        self.now = designed.workload
        self.file = "" if workload in bundled_names() else workload
        self.bundled = workload if workload in bundled_names() else ""
        self.read = said(self.file, self.start) if self.file else {}
        services = [s.id for s in self.now.services]
        self.service = _choice("Service", services)
        self.operation = _choice("Operation", [])
        self.target = _choice("To the API", [])
        self.name = _text("Called", "id, such as orders")
        self.api = _choice("API", [])
        self.title, self.path = _text("Title", ""), _text("URL suffix", "")
        self.folder = folder_text(_LABEL, _WIDTH)
        self.view, self.said = ipywidgets.HTML(), ipywidgets.HTML()
        self.publish = _button("Publish", lambda: self._publish())
        self._watch()
        self.whole = self._laid_out()
        self._show()

    def _watch(self) -> None:
        self.service.observe(lambda _: self._offer_operations(), names="value")
        self.target.observe(lambda _: self._offer_name(), names="value")
        self.api.observe(lambda _: self._offer_words(), names="value")

    def _laid_out(self) -> Control:
        move = _button("Move", self._move)
        rename = _button("Rename", self._rename)
        undo = _button("Undo", self._undo)
        keep = _button("Save to workload.yaml", self._save, "14rem")
        said = page.paragraph(
            "Choose a Service, then publish it or not, or move it or one of its operations. "
            "Nothing is written before you save."
        )
        rows = (
            [self.service, self.publish],
            [self.operation, self.target, self.name, move],
            [self.api, self.title, self.path, rename],
            [undo, keep, *([self.folder] if self.bundled else [])],
        )
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        boxes = [ipywidgets.Box(row, layout=wrap) for row in rows]
        return ipywidgets.VBox([ipywidgets.HTML(said.text), *boxes, self.said, self.view])

    def _publish(self) -> None:
        id = self.service.value
        self._change(lambda w: with_published(w, id, id not in map_services(w).published))

    def _move(self) -> None:
        to = self.name.value.strip() if self.target.value == _NEW else self.target.value
        id, operation = self.service.value, self.operation.value
        if to:
            self._change(lambda w: with_moved(w, id, to, operation))
        else:
            self._say("Give the new API an id first.", good=False)

    def _rename(self) -> None:
        id, title, path = self.api.value, self.title.value, self.path.value
        self._change(lambda w: with_renamed(w, id, title, path))

    def _change(self, edit: Callable[[Workload], Workload]) -> None:
        try:
            changed = edit(self.now)
        except InputError as error:
            self._say(str(error), good=False)
        else:
            self.earlier.append(self.now)
            self.now = changed
            self._say("")
            self._show()

    def _undo(self) -> None:
        if self.earlier:
            self.now = self.earlier.pop()
            self._say("")
            self._show()

    def _save(self) -> None:
        try:
            if not self.file:
                self.file = str(copied(self.bundled, self.folder.value))
                self.read = said(self.file)
            written = save(self.file, changes(self.saved, self.now), self.read)
            self.read = said(written)
        except InputError as error:
            self._say(str(error), good=False)
        else:
            self.saved = self.now
            hint = f" {GOES_ON}" if self.bundled else ""
            self._say(f"Saved to {written.name}.{hint}")

    def _say(self, words: str, good: bool = True) -> None:
        kind, sign, state = ("pass", "✓", "done") if good else ("fail", "✗", "not done")
        shown = page.paragraph(page.mark(kind, sign, state), f" {words}") if words else Html("")
        self.said.value = shown._repr_html_()

    def _show(self) -> None:
        mapping = map_services(self.now)
        ids = [a.id for a in mapping.apis]
        _offer(self.target, [*ids, _NEW])
        _offer(self.api, ids)
        self._offer_operations()
        self._offer_name()
        self._offer_words()
        self.view.value = page.mapping_change(map_services(self.start), mapping)._repr_html_()

    def _offer_operations(self) -> None:
        mapping = map_services(self.now)
        id = self.service.value
        listed = [o for o in mapping.operations_of(id) if not o.wildcard]
        _offer(self.operation, [_ALL, *((words(o), words(o)) for o in listed)])
        self.publish.description = "Do not publish" if id in mapping.published else "Publish"

    def _offer_name(self) -> None:
        self.name.layout.display = None if self.target.value == _NEW else "none"

    def _offer_words(self) -> None:
        api = map_services(self.now).api(self.api.value)
        self.title.value, self.path.value = api.title, api.path


def _offer(choice: Control, options: list[Any]) -> None:
    """Other options; what was chosen stays where it still is one."""
    values = [o[1] if isinstance(o, tuple) else o for o in options]
    before = choice.value
    choice.options = options
    choice.value = before if before in values else values[0]


def _choice(label: str, options: list[Any]) -> Control:
    layout = wrapping("21rem")
    return ipywidgets.Dropdown(description=label, options=options, style=_LABEL, layout=layout)


def _text(label: str, hint: str) -> Control:
    layout = wrapping(_WIDTH)
    return ipywidgets.Text(description=label, placeholder=hint, style=_LABEL, layout=layout)


def _button(label: str, act: Callable[[], None], width: str = "8rem") -> Control:
    button = ipywidgets.Button(description=label, layout=ipywidgets.Layout(width=width))
    button.on_click(lambda _: act())
    return button
