"""An option that workload.yaml names, with its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NamedOption:
    """Where the file names an option; which options there are, only the design knows."""

    id: str
    file: str
    line: int
