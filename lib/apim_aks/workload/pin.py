"""What the architect has fixed of a placement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pin:
    """A placement's parts that the architect has fixed; empty where nothing is."""

    tier: str = ""
    ingress_controller: str = ""
    edge: str = ""
    inbound: str = ""
    entry: str = ""
