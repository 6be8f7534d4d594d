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
    tier carried in the reader's own load test, by the tier's name. `rate` and `quota` are what one
    consumer may do in a short and in a long period.
    """

    requests_per_second: float | None = None
    measured: tuple[tuple[str, float], ...] = ()
    rate: Limit | None = None
    quota: Limit | None = None

    def per_unit(self, tier: Tier) -> float | None:
        """Requests per second that one unit carries, measured or published; None where neither."""
        return dict(self.measured).get(tier.name) or tier.number("est_throughput_rps_per_unit")

    def units(self, tier: Tier) -> int:
        """Units that carry the load, at most those the tier has; 0 where that cannot be told."""
        each = self.per_unit(tier)
        if not self.requests_per_second or each is None:
            return 0
        most = int(tier.number("max_scale_units") or 1)
        return min(most, ceil(self.requests_per_second / each))

    def exceeds(self, tier: Tier) -> bool:
        """By what is measured or published, the tier cannot carry the load in all its units."""
        each = self.per_unit(tier) or 0.0
        return self.units(tier) * each < (self.requests_per_second or 0.0) if each else False
