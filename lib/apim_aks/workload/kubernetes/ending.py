"""Ingresses of today whose controller ends: whatever is decided, they have to move by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from apim_aks.facts import retirements
from apim_aks.facts.ingress_behaviours import ingress_classes
from apim_aks.listing import listed
from apim_aks.workload.documents import Parsed
from apim_aks.workload.kubernetes.object import WrongField, objects_in

OLDER_CLASS = "kubernetes.io/ingress.class"


@dataclass(frozen=True, slots=True)
class Ending:
    """A controller that ends, when, the Ingresses that it serves, and how it is switched off."""

    what: str
    ends_on: str
    ingresses: tuple[str, ...]
    then: str = ""

    @property
    def called(self) -> str:
        """The controller with its end and whom that concerns."""
        who = listed(list(self.ingresses), 3)
        return f"{self.what} ends in {self.ends_on} and serves {who}"

    @property
    def step(self) -> str:
        """What is to do at the cut-over, with its date."""
        after = f"; when nothing uses it any more: {self.then}" if self.then else ""
        return f"{self.called}: these calls have to be moved by then{after}"


def endings(documents: Iterable[Parsed]) -> tuple[Ending, ...]:
    """Each controller that ends and serves an Ingress of the input, the first to end first."""
    found: dict[str, list[str]] = {}
    for name, ingress in _classed(documents):
        found.setdefault(name, []).append(ingress)
    rows = {r.what: r for r in retirements()}
    known = ((ingress_classes()[name], served) for name, served in found.items())
    made = (
        Ending(row.ends, rows[row.ends].ends_on, tuple(dict.fromkeys(served)), row.then)
        for row, served in known
        if row.ends in rows
    )
    return tuple(sorted(made, key=lambda ending: ending.ends_on))


def _classed(documents: Iterable[Parsed]) -> Iterator[tuple[str, str]]:
    """The Ingresses of a known class: the class, and the object with file and line."""
    for object in objects_in(documents, []):
        if object.kind != "Ingress":
            continue
        spec, metadata = object.data.get("spec"), object.data.get("metadata")
        notes = metadata.get("annotations") if isinstance(metadata, dict) else None
        older = notes.get(OLDER_CLASS) if isinstance(notes, dict) else None
        name = (spec.get("ingressClassName") if isinstance(spec, dict) else None) or older
        if isinstance(name, str) and name in ingress_classes():
            place = f"{object.document.file} line {object.line}"
            with suppress(WrongField):  # the reader of routes says so
                yield name, f"Ingress {object.namespace}/{object.name} ({place})"
