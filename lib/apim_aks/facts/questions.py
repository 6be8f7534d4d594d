"""The questions to the reader, those that change the answer most often first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRow(Row):
    """A question and the key of workload.yaml that holds its answer, with dots between its parts.

    Without words of its own it is asked in those of the requirement with its id. `choices` are
    values with their words (`shared=the cluster's own network`). It is asked only `when` another
    question has an answer (`egress=firewall`). `otherwise` is what holds where nobody knows; empty
    where the default of the key says it.
    """

    id: str
    key: str
    label: str = ""
    question: str = ""
    meaning: str = ""
    choices: tuple[str, ...] = ()
    when: str = ""
    otherwise: str = ""


@cache
def question_rows() -> tuple[QuestionRow, ...]:
    """The questions, those first that change the answer most often."""
    return read_rows(DATA / "questions.csv", QuestionRow)
