"""What a route does today beside leading somewhere, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apim_aks.workload.route import Setting

Becomes = Literal["policy", "entry", "lost", "unknown"]
"""As `outcome` of data/ingress_behaviours.csv; unknown where no row says what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A setting of the routes of a Service: what it does, what becomes of it, and what to do.

    A policy is generated only where `becomes` is policy.
    """

    service: str
    setting: Setting
    called: str
    does: str
    becomes: Becomes
    then: str

    @property
    def place(self) -> str:
        """The object that says it, with file and line."""
        return f"{self.setting.on} ({self.setting.file} line {self.setting.line})"

    @property
    def sentence(self) -> str:
        """All of it for a list of notes."""
        does = f" ({self.does})" if self.does else ""
        return f"{self.place} has {self.called}{does}, {self.then}"
