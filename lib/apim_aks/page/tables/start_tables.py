"""The questions with their answers, and the progress through the notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apim_aks.columns import Column
from apim_aks.page.html import Content, Html, element, mark, table
from apim_aks.workload.file.questions import Question, in_words

Answer = tuple[Question, Any]
"""A question and its answer, None where nobody knows."""
Chapter = tuple[str, str, str]
"""The file of a notebook, its question, and what workload.yaml says so far."""


def questions_table(answers: Sequence[Answer]) -> Html:
    """Each question with its answer, or what holds without one, and why it matters."""
    return table(
        "Questions, those first that change the answer most often",
        answers,
        Column("Question", lambda a: _question(a[0])),
        Column("Answer", _answer),
        Column("Why it matters", lambda a: a[0].why),
    )


def journey_table(chapters: Sequence[Chapter]) -> Html:
    """Each notebook as a link, what it answers, and how far the workload is there."""
    return table(
        "The notebooks",
        chapters,
        Column("Notebook", lambda c: element("a", _named(c[0]), href=c[0])),
        Column("What it answers", lambda c: c[1]),
        Column("So far in workload.yaml", lambda c: c[2]),
    )


def twin(shown: Html) -> Html:
    """What a control shows to those who can use it: seen on pages, not beside the control."""
    return element("div", shown, class_="static-twin")


def _named(file: str) -> str:
    return file.removesuffix(".ipynb").replace("_", " ")


def _question(question: Question) -> Html:
    return element("strong", question.label) + Html("<br>") + element("small", question.text)


def _answer(answer: Answer) -> Content:
    question, value = answer
    if value is not None:
        return in_words(question, value)
    held = element("small", f"taken: {question.otherwise}") if question.otherwise else Html("")
    return mark("warn", "?", in_words(question, None)) + Html(" ") + held
