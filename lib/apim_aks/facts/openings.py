"""Which kinds of Kubernetes objects are read or open nothing, and what the others may open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

ANY = "*"
CORE = "core"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow(Row):
    """A kind that is read, or that opens nothing; `*` stands for every kind of its group."""

    api_group: str
    kind: str
    read: bool
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRow(Row):
    """A way that objects of the input may open: how far at most, and what to do about it.

    `public_endpoint` says whether it may be one more endpoint on the internet, `proved` whether a
    proof from the files answers who gets to the pods by it.
    """

    id: str
    words: str
    reach: Literal["cluster", "network", "internet"]
    public_endpoint: bool
    proved: bool
    because: str
    advice: str
    status: Status


@cache
def kind_rows() -> tuple[KindRow, ...]:
    """The kinds that are read or open nothing."""
    return read_rows(DATA / "kubernetes_kinds.csv", KindRow)


@cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset((r.api_group, r.kind) for r in kind_rows())


def known_kind(group: str, kind: str) -> bool:
    """Objects of this kind are read or open nothing; of any other nobody here can tell."""
    named = group or CORE
    return (named, kind) in _known() or (named, ANY) in _known()


@cache
def opening_rows() -> tuple[OpeningRow, ...]:
    """The ways that are named and not proved shut."""
    return read_rows(DATA / "openings.csv", OpeningRow)


def opening_row(cause: str) -> OpeningRow:
    """The row of this cause."""
    return by_id("Opening", opening_rows(), cause)
