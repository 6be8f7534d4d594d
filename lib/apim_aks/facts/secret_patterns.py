"""Patterns of keys, tokens and internal host names in a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPattern(Row):
    """A regular expression, what it finds, and whether that may be `shown` whole or its start.

    What it finds `holds` one of some words, which are far quicker to look for. A row on a `name` is
    about what the field is called; its value then has to look made by chance. People choose what
    stands in a field with a `password-name`: any value counts but a placeholder.
    """

    id: str
    where: Literal["text", "name", "password-name"]
    holds: tuple[str, ...] = ()
    pattern: str
    what: str
    shown: Literal["start", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlaceholder(Row):
    """A regular expression for what stands in the place of a secret, and why it is none."""

    id: str
    pattern: str
    because: str


@cache
def secret_placeholders() -> tuple[SecretPlaceholder, ...]:
    """What the whole of an example is where nobody meant it for a password."""
    return read_rows(DATA / "secret_placeholders.csv", SecretPlaceholder)


@cache
def secret_patterns() -> tuple[SecretPattern, ...]:
    """The patterns of secrets, the most certain first."""
    return read_rows(DATA / "secret_patterns.csv", SecretPattern)
