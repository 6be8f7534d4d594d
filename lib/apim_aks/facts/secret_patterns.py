"""How keys, tokens and names of internal networks look in a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPattern(Row):
    """A regular expression, what it finds, and whether that may be `shown` whole or its start.

    What it finds `holds` one of some words, which are far quicker to look for. A row on a `name` is
    about what the field is called; its value then has to look made by chance.
    """

    id: str
    where: Literal["text", "name"]
    holds: tuple[str, ...] = ()
    pattern: str
    what: str
    shown: Literal["start", "whole"]


@cache
def secret_patterns() -> tuple[SecretPattern, ...]:
    """What nobody should publish by accident, the surest first."""
    return read_rows(DATA / "secret_patterns.csv", SecretPattern)
