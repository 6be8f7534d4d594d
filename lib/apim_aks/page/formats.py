"""The formats in which an option is handed over, as tabs beside each other.

Each tab is a radio button with its panel behind it: the keyboard works without a script, and
without a style every panel is there under its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.artefacts.export import FORMATS, Format, exported
from apim_aks.artefacts.export.origin import command
from apim_aks.columns import Column
from apim_aks.decision.design import Design
from apim_aks.decision.environments import in_environments
from apim_aks.listing import counted, listed
from apim_aks.page.downloads import size
from apim_aks.page.html import Html, code, element, joined, paragraph, table
from apim_aks.page.tables.artefact_tables import refused, templates_table

_USED = "arm"
"""The format that `deploy` itself uses, whose files every option has."""


def formats(design: Design, built: Artefacts) -> Html:
    """What is deployed, in each format: of this placement, and of others in its chapter.

    The others are those that somebody may build, for whom a report writes every format.
    """
    own = built.drawn.option
    near = (p for p in design.handed_over if p.option.chapter == own.chapter)
    others = (artefacts(p) for p in near if p.option.id != own.id)
    named = (paragraph(element("strong", b.drawn.option.title)) + _tabs(design, b) for b in others)
    return _tabs(design, built) + joined(named)


def _tabs(design: Design, built: Artefacts) -> Html:
    built = in_environments(built)
    if built.refused:
        return refused(built) + templates_table(built)
    tabs = joined(_tab(f, built, _panel(design, f, built), f.id == _USED) for f in FORMATS)
    label = f"Formats: {built.drawn.option.title}"
    return element("div", tabs, class_="tabs", role="group", aria_label=label)


def _tab(format: Format, built: Artefacts, panel: Html, first: bool) -> Html:
    group = f"format-{built.drawn.option.id}"
    own = f"{group}-{format.id}"
    checked = " checked" if first else ""
    button = Html(f'<input type="radio" name="{escape(group)}" id="{escape(own)}"{checked}>')
    label = element("label", format.label, for_=own)
    return joined((button, label, element("div", panel, class_="panel")))


def _panel(design: Design, format: Format, built: Artefacts) -> Html:
    if format.id == _USED:
        return _of_environments(built) + templates_table(built)
    how = paragraph("Made by ", code(command(built, format.id)), ".")
    if built.drawn.option.id not in {p.option.id for p in design.handed_over}:
        return how
    files = exported(format, built)
    lines = sum(text.count("\n") for text in files.values())
    said = f"{counted(len(files), 'file')}, {lines:,} lines, beside this page."
    return how + paragraph(said) + _listed(format, built, files)


def _of_environments(built: Artefacts) -> Html:
    if not built.environments:
        return Html("")
    there = listed(list(built.environments))
    these = "These templates are of what workload.yaml says outside its environments. Those of "
    return paragraph(
        f"{these}{there}, with parameters for each: ", code(command(built, _USED)), "."
    )


def _listed(format: Format, built: Artefacts, files: Mapping[str, str]) -> Html:
    folder = f"{built.drawn.option.id}/{format.id}"
    return table(
        f"{format.label}: {built.drawn.option.title}",
        tuple(_groups(files)),
        Column("File", lambda g: _named(folder, g[0])),
        Column("Files", lambda g: len(g[1])),
        Column("Size", lambda g: size(sum(len(t.encode()) for t in g[1]))),
    )


def _named(folder: str, path: str) -> Html:
    """A link to a file; a folder is no page."""
    return code(path) if path.endswith("/") else element("a", path, href=f"{folder}/{path}")


def _groups(files: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Files one by one, and folders of documents as a whole; what is read first comes first."""
    found: dict[str, list[str]] = {}
    for path, text in sorted(files.items(), key=lambda f: (f[0] != "README.md", f[0])):
        folder = path.partition("/")[0] if "/" in path else ""
        whole = folder and folder != "modules"
        found.setdefault(f"{folder}/" if whole else path, []).append(text)
    yield from ((name, tuple(texts)) for name, texts in found.items())
