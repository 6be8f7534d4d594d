"""The notebooks in order: the question of each, and what workload.yaml states so far."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from apim_aks.facts import ROOT
from apim_aks.listing import counted, listed
from apim_aks.notebook.chosen import chosen
from apim_aks.page import Html, journey_table, questions_table
from apim_aks.workload.file import said
from apim_aks.workload.file.questions import answers_in, asked

NOTEBOOKS = ROOT / "notebooks"


@cache
def chapters() -> tuple[tuple[str, str], ...]:
    """Each notebook: its file, and the question that it answers."""
    return tuple((f.name, _title(json.loads(f.read_text(encoding="utf-8")))) for f in _files())


def _files() -> list[Any]:
    return sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def _title(notebook: Mapping[str, Any]) -> str:
    lines = ("".join(c["source"]).splitlines() for c in notebook["cells"])
    return next(line[2:].strip() for cell in lines for line in cell if line.startswith("# "))


def stated(workload: str = "") -> Html:
    """Each question with its answer in workload.yaml, or what holds without one."""
    answers = answers_in(said(chosen(workload)))
    return questions_table([(q, answers[q.id]) for q in asked(answers)])


def journey(workload: str = "") -> Html:
    """The progress through the notebooks, according to workload.yaml."""
    found = said(chosen(workload))
    return journey_table([(file, title, _so_far(file, found)) for file, title in chapters()])


def _so_far(file: str, found: Mapping[str, Any]) -> str:
    told = _SO_FAR.get(file[:2])
    return told(found) if told else "nothing to decide"


def _answered(found: Mapping[str, Any]) -> str:
    answers = answers_in(found)
    main = [q for q in asked(answers) if q.when is None]
    known = sum(answers[q.id] is not None for q in main)
    return f"{known} of {counted(len(main), 'question')} answered"


def _mapped(found: Mapping[str, Any]) -> str:
    own = [key for key in ("publish", "apis", "calls") if found.get(key)]
    return f"your own: {listed(own)}" if own else "as proposed"


def _placed(found: Mapping[str, Any]) -> str:
    pinned = list(found.get("placements") or ())
    return f"pinned: {listed(pinned)}" if pinned else "each option as it ranks best"


def _decided(found: Mapping[str, Any]) -> str:
    option = (found.get("decision") or {}).get("option", "")
    return f"recorded: {option}" if option else "none: the first of the ranking is followed"


_SO_FAR: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "00": _answered,
    "02": _mapped,
    "05": _placed,
    "06": _decided,
    "07": lambda _: "checks of the deployed option need Azure",
}
