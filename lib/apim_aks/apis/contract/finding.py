"""What comparing two things yields: changes found, and schemas still to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from apim_aks.apis.contract.components import Parts
from apim_aks.workload.documents import printable, shortened

Direction = Literal["request", "response"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas, before and after, by the direction in which their values travel."""

    before: Parts
    after: Parts
    direction: Direction

    @property
    def key(self) -> tuple[tuple[int, ...], tuple[int, ...], Direction]:
        """Equal for the same two schemas of the same documents."""
        return tuple(map(id, self.before)), tuple(map(id, self.after)), self.direction


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that fires, at a location below the place that is being compared."""

    rule: str
    before: str
    after: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Nested:
    """Two schemas below the place that is being compared."""

    location: str
    pair: Pair


Findings = Iterator[Found | Nested]


def text(value: Any) -> str:
    """A value from a document as it may be shown."""
    return shortened(printable(str(value)), 120)


def listed(values: Any) -> str:
    """Values from a document, in order, or `none`."""
    return text(", ".join(map(str, values)) or "none")
