"""What restricts or opens access to pods today, and whether a mesh admits an option's entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.columns import Column
from apim_aks.decision.design import Placement
from apim_aks.page.html import Content, Html, mark, some, table
from apim_aks.workload.guarded import opened_by
from apim_aks.workload.guards.admission import Admission
from apim_aks.workload.guards.guard import Answer
from apim_aks.workload.model import Workload


@dataclass(frozen=True, slots=True)
class _Said:
    called: str
    place: str
    says: str
    services: tuple[str, ...]


def guards(workload: Workload) -> Html:
    """Objects and fields that guard or open pods, by file and line; nothing where none does."""
    rows = tuple(_rows(workload))
    if not rows:
        return Html("")
    return table(
        "What restricts or opens access to the pods",
        rows,
        Column("Object", lambda r: r.called),
        Column("Where", lambda r: r.place),
        Column("What it says", lambda r: r.says),
        Column("Pods behind", lambda r: some(list(r.services)) if r.services else "–"),
    )


def _rows(workload: Workload) -> Iterator[_Said]:
    for service in workload.services:
        place = f"{service.file} line {service.line}"
        for words in opened_by(service):
            yield _Said(f"Service {service.name}", place, words, (service.id,))
    for guard in workload.guards.every:
        yield _Said(f"{guard.kind} {guard.name}", guard.place, guard.says, guard.services)


def admissions(placement: Placement) -> Html:
    """What a mesh in front of the Services refuses the entry of this option; else nothing."""
    if not placement.admissions:
        return Html("")
    return table(
        f"What the mesh answers the entry of {placement.option.title}",
        placement.admissions,
        Column("Service", lambda a: a.service),
        Column("Who enters", lambda a: a.caller),
        Column("Answer", _answer),
        Column("Why", lambda a: a.reason),
        Column("What to do", lambda a: a.advice),
    )


def _answer(admission: Admission) -> Content:
    if admission.answer is Answer.NO:
        return mark("fail", "✗", "refused")
    return mark("warn", "?", "perhaps refused")
