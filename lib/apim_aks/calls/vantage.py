"""Where calls come from, and what the caller holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PLACES = ("internet", "same-vnet", "peered-vnet", "on-premises")
"""Where a run can be asked from: the places that consumers have."""


@dataclass(frozen=True)
class Vantage:
    """A place: `internet`, `same-vnet`, `peered-vnet` or `on-premises`.

    `values` are secrets of the caller by name, `control` is a host and port that must answer from
    here.
    """

    name: str = "internet"
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    control: str = ""
