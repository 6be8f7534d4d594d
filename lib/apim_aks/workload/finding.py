"""Findings: what is wrong with the input, where, and what to use instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the input.

    `found` names what the file has, `expected` what to use instead. `refused` means that it was
    left out: a document, a path or an operation of one. Where nothing has to be changed,
    `expected` is empty and `found` says where and what was done.
    """

    file: str
    line: int
    found: str
    expected: str
    refused: bool = True

    def __str__(self) -> str:
        said = f"{self.file}: {self.found}."
        if self.expected:
            place = f"{self.file} line {self.line}" if self.line else self.file
            said = f"{place} has {self.found}. Use {self.expected}."
        # Names from the input may hold line breaks; a sentence does not.
        return " ".join(said.split())


def one_of(name: str, choices: Sequence[str]) -> str:
    """The choices, the one that was probably meant first."""
    return f"{nearest(name, choices)}one of {', '.join(choices)}"


def nearest(name: str, choices: Sequence[str]) -> str:
    """The name that was probably meant, as the beginning of a sentence's end; empty if none."""
    close = get_close_matches(name, choices, 1)
    return f"{close[0]!r}, the nearest, or " if close else ""
