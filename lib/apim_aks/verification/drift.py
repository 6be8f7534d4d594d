"""The design against what is there, property by property."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.verification.scene import Scene


class DriftState(StrEnum):
    """How a designed property compares with what Azure holds."""

    SAME = "same"
    DIFFERS = "differs"
    MISSING = "missing"
    ADDED = "not designed"
    UNKNOWN = "cannot be compared"

    @property
    def sign(self) -> str:
        """A sign that reads in black and white."""
        return {"same": "=", "differs": "~", "missing": "-", "not designed": "+"}.get(self, "?")


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: the resource, the property, what was designed and what is there."""

    state: DriftState
    resource: str
    property: str
    designed: str
    found: str
    because: str = ""


def drift(scene: Scene) -> tuple[Drift, ...]:
    """Every difference between the templates and Azure, resource by resource."""
    raise NotImplementedError
