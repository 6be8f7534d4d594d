"""Where calls come from, and what the caller holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apim_aks.errors import InputError
from apim_aks.remote.calls.caller import Caller
from apim_aks.topology import VantagePoint

PLACES = (
    VantagePoint.INTERNET,
    VantagePoint.SAME_VNET,
    VantagePoint.PEERED_VNET,
    VantagePoint.ON_PREMISES,
)
"""Where a run can be asked from: the places that consumers have."""


@dataclass(frozen=True)
class Vantage:
    """A place by its name, `internet`, `same-vnet`, `peered-vnet` or `on-premises`.

    `values` are secrets of the caller by name, `control` is a host and port that must answer from
    here, `caller` is how calls leave this place.
    """

    name: str = "internet"
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    control: str = ""
    caller: Caller = field(default_factory=Caller, repr=False)

    def __post_init__(self) -> None:
        if self.name not in PLACES:
            raise InputError(f"Vantage {self.name!r} is not known. Use one of {', '.join(PLACES)}.")

    @property
    def place(self) -> VantagePoint:
        """The place."""
        return VantagePoint(self.name)
