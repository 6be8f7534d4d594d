"""The regions of Azure's clouds, and which tiers of API Management new instances can have there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows
from apim_aks.facts.tiers import Tier

_EVERYWHERE_ELSE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region(Row):
    """A region by its name in ARM, and the cloud that it belongs to."""

    name: str
    label: str
    cloud: Literal["public", "government", "china"]
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTier(Row):
    """Whether a region has a tier: `closed` where it has, and takes no new instances.

    The region `*` stands for every region of the public cloud that has no row of its own.
    """

    region: str
    tier: str
    available: Literal["yes", "no", "closed"]
    status: Status
    note: str = ""


@cache
def regions() -> tuple[Region, ...]:
    """The regions of every cloud, those of the public one first."""
    return read_rows(DATA / "regions.csv", Region)


@cache
def region_tiers() -> tuple[RegionTier, ...]:
    """Where each tier is that not every region has."""
    return read_rows(DATA / "region_tiers.csv", RegionTier)


def region_tier(region: str, tier: Tier) -> RegionTier | None:
    """What is known of a tier in a region; None for a tier that is not tied to regions."""
    rows = _of_tier(tier.name)
    return rows.get(region) or rows.get(_EVERYWHERE_ELSE)


@cache
def _of_tier(name: str) -> dict[str, RegionTier]:
    return {r.region: r for r in region_tiers() if r.tier == name}


def regions_with(tier: Tier) -> tuple[str, ...]:
    """The regions that are known to take new instances of a tier that not every region has."""
    rows = (r for r in region_tiers() if r.tier == tier.name and r.available == "yes")
    return tuple(r.region for r in rows)
