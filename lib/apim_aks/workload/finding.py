"""What is wrong with the input, in one sentence each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the input.

    `refused` means that what is found was left out: a document, a path or an operation of one.
    """

    file: str
    line: int
    found: str
    expected: str
    refused: bool = True

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        # Names from the input may hold line breaks; a sentence does not.
        return " ".join(f"{place}: found {self.found}; expected {self.expected}.".split())
