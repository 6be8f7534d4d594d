"""Who else keeps an object of a cluster: the marks that tools leave, and where its change goes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

MANAGER = "manager"
"""The tool of a field manager that no row knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerMark(Row):
    """A sign that a tool keeps an object: a label, an annotation or a field manager.

    An empty `value` means any. `named_by` says where the tool calls what it keeps: the `value` of
    the sign, what stands in it `before-colon`, or `label KEY`.
    """

    id: str
    tool: str
    sign: Literal["label", "annotation", "manager"]
    key: str
    value: str = ""
    named_by: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTool(Row):
    """A tool in words: what of it holds the object, and how a patch gets there.

    It `puts_back` what others change, also a field that it does not own.
    """

    id: str
    label: str
    repository: str
    puts_back: bool
    how: str
    status: Status


@cache
def owner_marks() -> tuple[OwnerMark, ...]:
    """The marks, the surest first."""
    return read_rows(DATA / "object_owners.csv", OwnerMark)


def owner_tool(id: str) -> OwnerTool:
    """The row of this tool."""
    return by_id("tool", owner_tools(), id)


@cache
def owner_tools() -> tuple[OwnerTool, ...]:
    """The tools that keep objects."""
    return read_rows(DATA / "owner_tools.csv", OwnerTool)
