"""The limits of one API Management that all workloads would share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.facts import Tier, tiers
from apim_aks.facts.shared_limits import SharedLimit, shared_limits
from apim_aks.portfolio.running import Row


class Fits(StrEnum):
    """Whether a number is within a limit."""

    FITS = "fits"
    EXCEEDS = "exceeds"
    UNKNOWN = "unknown"
    NO_LIMIT = "no limit published"


@dataclass(frozen=True, slots=True)
class OnTier:
    """A limit of one tier, and whether the count keeps it; None where no number is published."""

    tier: str
    limit: int | None
    fits: Fits


@dataclass(frozen=True, slots=True)
class Shared:
    """How many of a kind all workloads make together, at least; then tier by tier."""

    kind: SharedLimit
    count: int
    tiers: tuple[OnTier, ...]


def uncounted(rows: Sequence[Row]) -> tuple[str, ...]:
    """The workloads that are missing in every count, since their templates are not known."""
    return tuple(r.label for r in rows if r.found.resources is None)


def shared(rows: Sequence[Row]) -> tuple[Shared, ...]:
    """What the chosen placements make together, against the limits of every tier."""
    whole = not uncounted(rows)
    return tuple(_shared(kind, total(rows, kind.id), whole) for kind in shared_limits())


def total(rows: Sequence[Row], kind: str) -> int:
    """How many of a kind these workloads make, as far as that is known."""
    return sum((row.found.resources or {}).get(kind, 0) for row in rows)


def _shared(kind: SharedLimit, count: int, whole: bool) -> Shared:
    return Shared(kind, count, tuple(_on(tier, kind, count, whole) for tier in tiers()))


def _on(tier: Tier, kind: SharedLimit, count: int, whole: bool) -> OnTier:
    if not kind.feature:
        return OnTier(tier.name, None, Fits.NO_LIMIT)
    number = tier.number(kind.feature)
    if number is None:  # not applicable, and the source does not say what that means for one
        return OnTier(tier.name, None, Fits.UNKNOWN if count or not whole else Fits.FITS)
    if count > number:
        return OnTier(tier.name, int(number), Fits.EXCEEDS)
    return OnTier(tier.name, int(number), Fits.FITS if whole else Fits.UNKNOWN)
