"""The metric watched while a host moves: the gateway's requests by category of answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apim_aks.facts.cutover import CutoverSettings
from apim_aks.remote.azure import AzureClient, totals


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests in a period, and how many of them failed, by category of answer."""

    all: int
    failed: tuple[tuple[str, int], ...] = ()

    @property
    def percent(self) -> float:
        """The percentage that failed; 0 without requests."""
        return 100 * sum(n for _, n in self.failed) / self.all if self.all else 0.0

    @property
    def words(self) -> str:
        """The percentage in words, with its parts."""
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.failed if n)
        return f"{self.percent:.1f} % of {self.all} requests failed{f' ({kinds})' if kinds else ''}"


def requests(
    client: AzureClient, gateway: str, settings: CutoverSettings, span: tuple[float, float]
) -> Requests:
    """The gateway's requests between two times, in seconds since the epoch.

    Raises:
        AzureRefused: the metric may not be read.
    """
    found = totals(client, gateway, settings.metric, settings.dimension, settings.grain, span)
    return counted(found, settings.failing)


def counted(found: Mapping[str, int], failing: tuple[str, ...]) -> Requests:
    """The values of the metric as requests; `failing` are categories of answers."""
    by = {kind.lower(): number for kind, number in found.items()}
    return Requests(sum(by.values()), tuple((kind, by.get(kind, 0)) for kind in failing))


def too_many(now: Requests, before: Requests, points: float, fewest: int) -> str:
    """Why the move stops; empty if it continues or if there are too few requests."""
    if now.all < fewest or now.percent - before.percent <= points:
        return ""
    return f"{now.words}, and {before.words} before; it stops at {points:g} points more"
