"""What in the input shows that the pods of a Service are in a service mesh."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeshSign:
    """An object that says something, and what that means; `strict` demands mutual TLS."""

    on: str
    says: str
    means: str
    strict: bool
    file: str
    line: int
