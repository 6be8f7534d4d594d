"""A column of a table as one value, for pages and for terminals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row", contravariant=True)
Cell = TypeVar("Cell", covariant=True)


@dataclass(frozen=True, slots=True)
class Column(Generic[Row, Cell]):
    """A head, and the cell that stands under it in the line of a row."""

    head: str
    cell: Callable[[Row], Cell]
