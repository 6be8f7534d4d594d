"""Annotations of an Ingress that say which paths it takes and what the back end gets instead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows

Meaning = Literal[
    "rewrite",
    "expression",
    "prefix",
    "strip",
    "middlewares",
    "unread",
    "canary",
    "canary-weight",
    "canary-total",
    "canary-header",
    "canary-cookie",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteAnnotation(Row):
    """An annotation by its whole name, and which of the things it means that are looked at."""

    annotation: str
    meaning: Meaning
    status: Status


@cache
def route_annotations() -> dict[str, str]:
    """The meaning of each annotation that is known."""
    rows = read_rows(DATA / "route_annotations.csv", RouteAnnotation)
    return {row.annotation: row.meaning for row in rows}
