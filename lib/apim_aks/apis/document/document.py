"""The OpenAPI document of one API, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apim_aks.apis.document.finding import ImportFinding
from apim_aks.apis.document.structure import serialised
from apim_aks.apis.mapping import ApiOperation


class Renamed(NamedTuple):
    """A component that has another name in the merged document than in its own."""

    document: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDocument:
    """An API described in OpenAPI 3.0.3, made from the documents of its Services.

    `wildcards` are the operations that OpenAPI cannot hold (any method, `/*`, or a query). `part`
    of `parts` says which piece this is where a document was too big for one.
    """

    api: str
    body: dict[str, Any] = field(repr=False)
    renamed: tuple[Renamed, ...] = ()
    wildcards: tuple[ApiOperation, ...] = ()
    findings: tuple[ImportFinding, ...] = ()
    part: int = 1
    parts: int = 1

    @property
    def text(self) -> str:
        """The document as compact JSON; the same input gives the same text."""
        return serialised(self.body)

    @property
    def size(self) -> int:
        """Bytes of the compact JSON."""
        return len(self.text.encode())

    @property
    def template_size(self) -> int:
        """Bytes inside a template, where the document is a string and every quote is escaped."""
        return embedded(self.body)


def embedded(value: Any) -> int:
    """Bytes of this value as JSON in a JSON string, without the string's own quotes."""
    return len(serialised(serialised(value)).encode()) - 2
