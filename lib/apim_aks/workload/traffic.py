"""The section `traffic` of workload.yaml: the load that the gateway has to carry."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from apim_aks.facts import Tier


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls of one consumer in so many seconds."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What is known of the load; nothing is made up where nothing is stated.

    `requests_per_second` is the peak of all published APIs together, `measured` what one unit of a
    tier carried in the reader's own load test, by the tier's name. `least_units` is how many units
    a region has at least, whatever the load. `rate` and `quota` are what one consumer may do in a
    short and in a long period.
    """

    requests_per_second: float | None = None
    measured: tuple[tuple[str, float], ...] = ()
    least_units: int = 1
    rate: Limit | None = None
    quota: Limit | None = None

    def per_unit(self, tier: Tier) -> float | None:
        """Requests per second that one unit carries, measured or published; None where neither."""
        return dict(self.measured).get(tier.name) or tier.number("est_throughput_rps_per_unit")

    def units(self, tier: Tier) -> int:
        """Units in a region: those that carry the load, as far as that is known, at least
        `least_units` and at most those the tier has.
        """
        return min(self._needed(tier), _most(tier))

    def exceeds(self, tier: Tier) -> bool:
        """The tier has fewer units than are asked for, or than the load needs as far as known."""
        return self._needed(tier) > _most(tier)

    def _needed(self, tier: Tier) -> int:
        each = self.per_unit(tier)
        carrying = ceil(self.requests_per_second / each) if self.requests_per_second and each else 0
        return max(self.least_units, carrying)


def _most(tier: Tier) -> int:
    return int(tier.number("max_scale_units") or 1)
