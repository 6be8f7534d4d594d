"""The questions of `init --ask`, one after the other on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apim_aks.cli.console import paragraph, printable
from apim_aks.errors import InputError
from apim_aks.listing import counted
from apim_aks.workload.file import said, save
from apim_aks.workload.file.questions import (
    Answers,
    Question,
    answers_in,
    as_changes,
    asked,
    changed,
    parsed,
    questions,
    remarks,
    settled,
    stands,
)

Read = Callable[[], str | None]
"""The next line that was typed; None where there will be none."""
Tell = Callable[[str], None]

_UNKNOWN = ("?", "unknown", "don't know", "dont know")
_STOP = ("q", "quit")


class _Stopped(Exception):
    """The input has ended."""


def require_terminal() -> None:
    """Check that questions can be shown and answered.

    Raises:
        InputError: standard input or standard error is no terminal.
    """
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise InputError(
            "--ask asks its questions on a terminal, and there is none here; leave it out, and "
            "answer in workload.yaml."
        )


def ask_for(file: Path) -> str:
    """Ask on this terminal, write the answers into the file, and say in a sentence what is open.

    Raises:
        InputError: the file cannot be used or was changed meanwhile.
    """
    before = said(file)
    start = answers_in(before)
    found = interview(start, _typed, _told)
    found, taken_back = settled(found)
    for sentence in taken_back:
        _told(paragraph(sentence))
    differing = changed(start, found)
    save(file, as_changes(differing), before, remarks(differing))
    return _summary(found)


def interview(start: Answers, read: Read, tell: Tell) -> dict[str, Any]:
    """The answers to all questions that apply; those before them where somebody leaves early."""
    answers = dict(start)
    tell(paragraph(_opening()))
    try:
        for number, one in _in_turn(answers):
            tell(f"\n{_shown(number, one, answers[one.id])}")
            answers[one.id] = _answer(one, answers[one.id], read, tell)
    except _Stopped:
        tell("\nStopped here; what was answered is kept.")
    return answers


def _opening() -> str:
    main = [q for q in questions() if q.when is None]
    return (
        f"{counted(len(main), 'question')}, those first that change the answer most often. Enter "
        'leaves an answer as it is, ? says "don\'t know", q ends the questions.'
    )


def _in_turn(answers: Answers) -> Iterator[tuple[str, Question]]:
    """Each question with its number, chosen when its turn comes; further ones have none."""
    count = sum(q.when is None for q in questions())
    number = 0
    for one in questions():
        number += one.when is None
        if one in asked(answers):
            yield f"{number} of {count}" if one.when is None else "further", one


def _shown(number: str, one: Question, now: Any) -> str:
    lines = [
        f"[{number}] {one.label}",
        paragraph(one.text),
        paragraph(f"Why it matters: {one.why}"),
    ]
    width = max((len(name) for name, _ in one.choices), default=0)
    for place, (name, words) in enumerate(one.choices, 1):
        lines.append(f"  {place}  {name.ljust(width)}  {words}")
    return "\n".join([*lines, *map(paragraph, filter(None, [stands(one, now)]))])


def _answer(one: Question, now: Any, read: Read, tell: Tell) -> Any:
    while True:
        tell(_HINTS[one.kind])
        typed = read()
        if typed is None or typed.strip().lower() in _STOP:
            raise _Stopped
        if not typed.strip():
            return now
        if typed.strip().lower() in _UNKNOWN:
            return None
        try:
            return parsed(one, typed)
        except InputError as error:
            tell(paragraph(str(error)))


_HINTS = {
    "yes-no": "yes, no or ? > ",
    "number": "a number or ? > ",
    "one": "one of these or ? > ",
    "several": "one or several, with commas, or ? > ",
    "text": "> ",
}
"""What a line ends in behind which is typed."""


def _summary(answers: Answers) -> str:
    every = [q for q in asked(answers) if q.when is None]
    open_ = [q.label.lower() for q in every if answers[q.id] is None]
    said = f"{len(every) - len(open_)} of {counted(len(every), 'question')} answered"
    return f"{said}; not stated: {', '.join(open_)}." if open_ else f"{said}."


def _typed() -> str | None:
    return sys.stdin.readline() or None


def _told(text: str) -> None:
    """A question on standard error; behind a `>` the answer is typed on the same line."""
    lines = "\n".join(printable(line) if "  " not in line else line for line in text.split("\n"))
    print(lines, end="" if text.endswith("> ") else "\n", file=sys.stderr, flush=True)
