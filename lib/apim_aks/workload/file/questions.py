"""The questions that a first workload.yaml leaves open, and their answers as keys of the file.

Terminal, form and documents ask these. Words come from data/questions.csv and
data/requirements.csv, what an answer may be from the schema. An answer that is not there is one
that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from math import isfinite
from typing import Any, Literal

from apim_aks.errors import InputError
from apim_aks.facts import axes, presets, question_rows, requirement_row, tiers
from apim_aks.facts.questions import QuestionRow
from apim_aks.workload.azure import Azure, public_region
from apim_aks.workload.file.schema import problems, workload_schema
from apim_aks.workload.model import Consumer, Requirements

Answers = Mapping[str, Any]
"""Answers by the id of their question; None for "don't know"."""

NOT_STATED = "not stated"
_REQUIREMENTS = tuple(f.name for f in fields(Requirements))
_WORDS = {True: "yes", False: "no"}
_TYPED = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: the `key` that its answer becomes, and in `choices` each value with its words.

    `kind` is how it is answered: by yes or no, a number, one or several of the choices, or text.
    `otherwise` says what holds without an answer; `when` is a question with the answer it takes to
    be asked at all.
    """

    id: str
    key: tuple[str, ...]
    kind: Literal["yes-no", "number", "one", "several", "text"]
    label: str
    text: str
    why: str
    choices: tuple[tuple[str, str], ...]
    otherwise: str
    when: tuple[str, str] | None


@cache
def questions() -> tuple[Question, ...]:
    """Those first that change the answer most often; a further one follows what it hangs on."""
    return tuple(map(_question, question_rows()))


@cache
def requirement_questions() -> tuple[Question, ...]:
    """The location of the consumers, and every requirement, asked or not in what is asked first."""
    keys = {"consumers": "consumers"} | {n: f"requirements.{n}" for n in _REQUIREMENTS}
    rows = (QuestionRow(id=id, key=key, source="", checked_on="") for id, key in keys.items())
    return tuple(map(_question, rows))


def question(id: str) -> Question:
    """The question of this id."""
    return next(q for q in questions() if q.id == id)


def asked(answers: Answers) -> tuple[Question, ...]:
    """The questions that these answers leave to be asked or do not touch."""
    return tuple(q for q in questions() if q.when is None or answers.get(q.when[0]) == q.when[1])


def answers_in(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a workload.yaml already answers; None where it says nothing.

    Weights of its own for each axis are an answer in words beside the named ones.
    """
    found = {q.id: _at(said, q.key) for q in questions()}
    weights = _at(said, ("weights",)) or {}
    own = ", ".join(f"{axis.id} {weights[axis.id]:g}" for axis in axes() if axis.id in weights)
    return {**found, "preset": found["preset"] or own or None}


def parsed(asked: Question, typed: str) -> Any:
    """The answer that somebody typed; choices by name or by number, several with commas.

    Raises:
        InputError: it is none.
    """
    parts = [p.strip() for p in typed.split(",") if p.strip()]
    if asked.kind == "several":
        value: Any = list(dict.fromkeys(_choice(asked, p) for p in parts))
    elif asked.kind == "number":
        value = _number(typed.strip())
    elif asked.kind == "yes-no":
        value = _TYPED.get(typed.strip().lower(), typed.strip())
    else:
        value = _choice(asked, typed.strip())
    check(asked, value)
    return value


def check(asked: Question, value: Any) -> None:
    """Refuse what may not stand in the file as an answer.

    Raises:
        InputError: in words, with what is expected.
    """
    wrong = next(problems(value, _schema(asked.key), asked.key[-1:]), None)
    names = [name for name, _ in asked.choices]
    few = {"yes-no": list(_TYPED)[::3], "one": names, "several": names}.get(asked.kind)
    if few and (wrong or (asked.kind == "one" and value not in names)):
        given = ", ".join(map(repr, value)) if isinstance(value, list) else repr(value)
        raise InputError(
            f"{given or 'an empty list'} is not a valid answer; use one of {', '.join(few)}."
        )
    if wrong:
        raise InputError(f"{wrong.found} is not a valid answer. Use {wrong.expected}.")
    if asked.key == ("azure", "region"):
        public_region(value)


def in_words(asked: Question, value: Any) -> str:
    """An answer as a reader sees it."""
    if value is None:
        return NOT_STATED
    if asked.kind == "yes-no":
        return _WORDS.get(value, str(value))
    names = dict(asked.choices)
    values = value if isinstance(value, list) else [value]
    return ", ".join(names.get(v, str(v)) for v in values)


def stands(asked: Question, value: Any) -> str:
    """What holds of a question: its answer, or what the workbook takes without one."""
    if value is not None:
        return f"Now: {in_words(asked, value)}."
    return f"Without an answer: {asked.otherwise}." if asked.otherwise else ""


def settled(answers: Answers) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The answers that go together, and a sentence for each that does not.

    An answer that needs a further one is taken back where nobody knows that one.
    """
    kept, said = dict(answers), []
    for further in questions():
        if further.when is None:
            continue
        on, value = further.when
        if kept.get(on) == value and kept.get(further.id) is None:
            kept[on] = None
            said.append(
                f"{question(on).label} stays open: {in_words(question(on), value)} needs an answer "
                f"to {further.text!r} too."
            )
    for further in questions():
        if further.when and kept.get(further.when[0]) != further.when[1]:
            kept[further.id] = None
    return kept, tuple(said)


def as_changes(answers: Answers) -> dict[str, Any]:
    """The answers as keys of workload.yaml; one that nobody knows takes its key away."""
    changes: dict[str, Any] = {}
    for id, value in answers.items():
        *path, last = question(id).key
        place = changes
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    if changes.get("weights", {}).get("preset"):
        changes["weights"] |= {axis.id: None for axis in axes()}
    if "existing" in changes.get("azure", {}) and not any(_leaves(changes["azure"]["existing"])):
        changes["azure"]["existing"]["hub"] = None
    return changes


def changed(before: Answers, now: Answers) -> dict[str, Any]:
    """The answers that are others than before."""
    return {id: value for id, value in now.items() if value != before.get(id)}


def remarks(answers: Answers) -> dict[tuple[str, ...], str]:
    """By the key of each answer its question, as a comment in the file."""
    return {question(id).key: question(id).text for id in answers}


def _leaves(values: Mapping[str, Any]) -> Iterator[Any]:
    for value in values.values():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        else:
            yield value


def _question(row: QuestionRow) -> Question:
    key = tuple(row.key.split("."))
    words = row if row.question else requirement_row(row.id)
    schema = _schema(key)
    choices = tuple(_choices(row, schema))
    on, _, value = row.when.partition("=")
    return Question(
        id=row.id,
        key=key,
        kind=_kind(schema, bool(choices)),
        label=words.label,
        text=words.question,
        why=words.meaning,
        choices=choices,
        otherwise=row.otherwise or ("" if on else _default(key, dict(choices))),
        when=(on, value) if value else None,
    )


def _kind(schema: Mapping[str, Any], choices: bool) -> Any:
    if choices:
        return "several" if schema.get("type") == "array" else "one"
    return {"boolean": "yes-no", "integer": "number", "number": "number"}.get(
        schema["type"], "text"
    )


def _choices(row: QuestionRow, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if row.id == "preset":
        yield from ((p.id, re.split("[:;]", p.because)[0]) for p in presets())
    if row.id == "tiers_allowed":
        yield from ((t.name, t.name) for t in tiers())
    for value in schema.get("enum", schema.get("items", {}).get("enum", ())):
        own = dict(c.split("=", 1) for c in row.choices)
        yield value, own[value] if own else Consumer(value).place


def _default(key: tuple[str, ...], choices: Mapping[str, str]) -> str:
    """What the workbook takes where the file says nothing."""
    if key == ("consumers",):
        return Consumer.INTERNET.place
    if key == ("weights", "preset"):
        return presets()[0].label
    start: Any = Azure() if key[0] == "azure" else Requirements()
    value = getattr(start, key[1], "")
    return choices.get(value, str(value)) if value else "not required"


def _schema(key: tuple[str, ...]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = workload_schema()
    for part in key:
        found = _referred(found["properties"][part])
    return found


def _referred(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return workload_schema()["$defs"][name] if name else schema


def _at(said: Mapping[str, Any], key: tuple[str, ...]) -> Any:
    found: Any = said
    for part in key:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _choice(asked: Question, typed: str) -> str:
    """The name of a choice that was typed, or whose number was."""
    names = [name for name, _ in asked.choices]
    numbered = typed.isdigit() and 0 < int(typed) <= len(names)
    return names[int(typed) - 1] if numbered else typed


def _number(typed: str) -> Any:
    """A whole number, else one with decimals, else the text, which the schema refuses."""
    digits = typed.replace(" ", "").replace("_", "")
    for kind in (int, float):
        with suppress(ValueError):
            return value if isfinite(value := kind(digits)) else typed
    return typed
