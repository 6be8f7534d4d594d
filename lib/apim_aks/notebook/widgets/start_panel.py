"""Notebook 00: choose or create a workload, answer the questions, go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import ipywidgets

from apim_aks import page
from apim_aks.apis.draft import write_workload_file
from apim_aks.decision.design import Design, design
from apim_aks.errors import InputError, WorkbookError
from apim_aks.listing import counted
from apim_aks.notebook.chosen import choose, chosen, home
from apim_aks.notebook.widgets.answer_fields import AnswerField
from apim_aks.notebook.widgets.decision_controls import (
    WIDE,
    WIDTH,
    Control,
    copied,
    folder_text,
    wrapping,
)
from apim_aks.own_files import refusal, write_new
from apim_aks.workload.documents import MAX_BYTES
from apim_aks.workload.file import bundled_names, find, read_workload, said, save, workload_file
from apim_aks.workload.file.questions import (
    answers_in,
    as_changes,
    asked,
    changed,
    questions,
    remarks,
    settled,
)

_DEEP, _MOST = 3, 50
"""How far below the home workload.yaml is looked for, and how many are offered."""
_SKIPPED = {"data", "docs", "lib", "node_modules", "notebooks", "reports", "tests"}
_SUFFIXES = (".yaml", ".yml", ".json")


def start_panel(designed: Design, workload: str) -> Control:
    """Pick or make a workload and answer its questions; kept in files, and nowhere else."""
    return _Start(designed, workload).whole


def offered() -> tuple[str, ...]:
    """The bundled names, and every workload.yaml a few folders below the home."""
    return (*bundled_names(), *sorted(_below(home(), _DEEP))[:_MOST])


def _below(folder: Path, deep: int) -> Iterator[str]:
    try:
        entries = sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or (folder == home() and entry.name in _SKIPPED):
            continue
        if file := workload_file(entry):
            yield file.relative_to(home()).as_posix()
        if deep > 1:
            yield from _below(entry, deep - 1)


def dropped(files: Mapping[str, bytes], name: str) -> Path:
    """A new folder below the home with these files of manifests, documents or a workload.yaml.

    Raises:
        InputError: a file is of another kind or too big, or the folder is there already.
    """
    if not files:
        raise InputError("No file was dropped in; choose manifests or OpenAPI documents first.")
    for file, content in files.items():
        if Path(file).name != file or Path(file).suffix.lower() not in _SUFFIXES:
            raise InputError(f"{file!r} cannot be used. Choose a .yaml, .yml or .json file.")
        if len(content) > MAX_BYTES:
            raise InputError(f"{file}: the file has more than {MAX_BYTES:,} bytes.")
    if Path(name).name != name or name.startswith(".") or not name:
        raise InputError(f"{name!r} is not a valid folder name; use one such as my-workload.")
    folder = home() / name
    try:
        folder.mkdir()
        for file, content in files.items():
            write_new(folder / file, content)
    except OSError as error:
        raise InputError(refusal(error, folder)) from None
    return folder


class _Start:
    """Holds the controls; what they say is read from files and written into them."""

    def __init__(self, designed: Design, workload: str) -> None:
        self.said, self.saved, self.view = (ipywidgets.HTML() for _ in range(3))
        self.place = self.said
        self.form = ipywidgets.VBox()
        names = list(dict.fromkeys((*offered(), self._named(workload))))
        self.pick = ipywidgets.Dropdown(
            description="Workload",
            options=names,
            value=self._named(workload),
            style=WIDE,
            layout=wrapping(WIDTH),
        )
        self.folder = _text("Folder with manifests", "such as aks-store-demo")
        self.upload = ipywidgets.FileUpload(
            description="Files", accept=",".join(_SUFFIXES), multiple=True
        )
        self.name = _text("Name for the new folder", "such as my-workload")
        self.copy = folder_text(WIDE, WIDTH)
        self.whole = self._laid_out()
        self._take(workload)
        self._judge(designed)
        self._watch()

    def _watch(self) -> None:
        self.pick.observe(lambda c: self._do(lambda: self._choose(c["new"])), names="value")

    def _named(self, workload: str) -> str:
        if workload in bundled_names():
            return workload
        file, top = find(workload).resolve(), home().resolve()
        return file.relative_to(top).as_posix() if file.is_relative_to(top) else str(file)

    def _laid_out(self) -> Control:
        parts = (
            ipywidgets.VBox([self.pick]),
            ipywidgets.VBox([self.folder, self._button("Use this folder", self._read_folder)]),
            ipywidgets.VBox([self.upload, self.name, self._button("Use these files", self._drop)]),
        )
        titles = ("Pick a workload", "Read a folder", "Drop files in")
        folds = ipywidgets.Accordion(children=parts, titles=titles, selected_index=0)
        return ipywidgets.VBox([folds, self.said, self.form, self.saved, self.view])

    def _choose(self, workload: str) -> None:
        self._say(f"All notebooks are about {choose(workload)} from now on; run them again.")
        self._take(chosen())
        self._judge()

    def _read_folder(self) -> None:
        folder = home() / self.folder.value.strip()
        if not self.folder.value.strip():
            raise InputError("No folder is named; type its path.")
        left_out: list[str] = []
        file = workload_file(folder) or write_workload_file(folder, tell=left_out.append)
        self._offer(file)
        more = page.folded("What was taken and what was left out", page.items(left_out))
        self._say(f"All notebooks are about {self.pick.value} from now on; run them again.")
        self.place.value += more._repr_html_() if left_out else ""

    def _drop(self) -> None:
        files = {str(f["name"]): bytes(f["content"]) for f in self.upload.value}
        self.folder.value = dropped(files, self.name.value.strip()).name
        self._read_folder()

    def _offer(self, file: Path) -> None:
        """Choose this file, whether it was offered before or not."""
        named = self._named(str(file))
        choose(named)
        self.pick.unobserve_all("value")
        self.pick.options = list(dict.fromkeys((*self.pick.options, named)))
        self.pick.value = named
        self._watch()
        self._take(chosen())
        self._judge()

    def _judge(self, made: Design | None = None) -> None:
        """The verdict on what the file says now."""
        now = made or design(read_workload(self.workload))
        answer = page.element("h3", "The first answer") + page.whole_verdict(now)
        self.view.value = (page.opening(now) + answer)._repr_html_()

    def _take(self, workload: str) -> None:
        """Show the questions of this workload with the answers that its file has."""
        self.workload, self.read = workload, said(workload)
        self.before = answers_in(self.read)
        self.fields = {q.id: AnswerField(q, self.before[q.id]) for q in questions()}
        for field in self.fields.values():
            field.watch(self._moved)
        keep = self._button("Save the answers", self._save, self.saved)
        own = [_bundled(workload), self.copy] if workload in bundled_names() else []
        self.open = ipywidgets.HTML()
        self.form.children = (
            *(f.whole for f in self.fields.values()),
            self.open,
            ipywidgets.VBox([*own, keep]),
        )
        self._moved()

    def _moved(self, _: object = None) -> None:
        """Which questions are asked now, and how many answers are not in the file yet."""
        now = {id: None if f.refused() else f.answer() for id, f in self.fields.items()}
        applying = asked(now)
        for field in self.fields.values():
            field.shown(field.asked in applying)
        main = [q for q in applying if q.when is None]
        known = sum(now[q.id] is not None for q in main)
        new = len(changed(self.before, now))
        words = f"{known} of {counted(len(main), 'question')} answered; "
        words += f"{counted(new, 'answer')} not saved yet." if new else "nothing to save."
        self.open.value = page.paragraph(words)._repr_html_()

    def _save(self) -> None:
        if any(f.refused() for f in self.fields.values()):
            raise InputError("An answer is not usable; see the words below it.")
        answers, taken_back = settled({id: f.answer() for id, f in self.fields.items()})
        differing = changed(self.before, answers)
        if self.workload in bundled_names():
            file = copied(self.workload, self.copy.value)
        else:
            file = find(self.workload)
        save(file, as_changes(differing), said(file), remarks(differing))
        self._offer(file)
        done = f"Saved {counted(len(differing), 'answer')} to {self.pick.value}."
        self._say(" ".join((done, *taken_back, "Run the notebooks again to use them.")))

    def _button(self, label: str, act: Callable[[], None], place: Control = None) -> Control:
        button = ipywidgets.Button(description=label, layout=ipywidgets.Layout(width="14rem"))
        button.on_click(lambda _: self._do(act, place))
        return button

    def _do(self, act: Callable[[], None], place: Control = None) -> None:
        """Act, and say what came of it below the choice or below the button that saves."""
        self.said.value = self.saved.value = ""
        self.place = place or self.said
        try:
            act()
        except WorkbookError as error:
            self._say(str(error), good=False)

    def _say(self, words: str, good: bool = True) -> None:
        kind, sign, state = ("pass", "✓", "done") if good else ("fail", "✗", "not done")
        self.place.value = page.paragraph(page.mark(kind, sign, state), f" {words}")._repr_html_()


def _bundled(workload: str) -> Control:
    words = f"{workload} comes with the workbook and stays as it is: your answers go into a copy."
    return ipywidgets.HTML(page.paragraph(words)._repr_html_())


def _text(label: str, hint: str) -> Control:
    layout = wrapping(WIDTH)
    return ipywidgets.Text(description=label, placeholder=hint, style=WIDE, layout=layout)
