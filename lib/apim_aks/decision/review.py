"""The review date of a decision: the first end date in `data/` of what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.decision.as_json import fact_dates
from apim_aks.decision.design import Design
from apim_aks.facts import retirements
from apim_aks.workload.kubernetes.ending import endings

_MONTH = len("2026-11")


def review_dates(design: Design) -> tuple[tuple[str, str], ...]:
    """Day or month, and what ends then, of what this decision rests on, the earliest first.

    What had ended before the facts were last looked at is left out: it is judged as gone.
    """
    known = max(fact_dates().values())[:_MONTH]
    return tuple(sorted({e for e in _ends(design) if e[0][:_MONTH] >= known}))


def _ends(design: Design) -> Iterator[tuple[str, str]]:
    """What the workload runs on and under, and what every API Management has."""
    version = ".".join(design.workload.azure.kubernetes_version.split(".")[:2])
    concerned = {f"Kubernetes {version} in AKS", "Built-in analytics of API Management"}
    for row in retirements():
        if row.what in concerned:
            yield row.ends_on, row.what
    for ending in endings(design.workload.documents):
        yield ending.ends_on, ending.what


def review_sentence(design: Design) -> str:
    """The review date, and the reason for it."""
    found = review_dates(design)
    if not found:
        return "No date: nothing that this rests on has an end in data/retirements.csv."
    day, what = found[0]
    return f"Review by {day}: {what} ends."
