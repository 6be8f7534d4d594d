"""The input of a live check: the design, its project, Azure, and the place of the calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import Project
from apim_aks.remote.calls import Vantage
from apim_aks.topology import Topology
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.probe_cache import ProbeCache


@dataclass(frozen=True, kw_only=True)
class LiveScene:
    """What one run of live checks shares; each resource is read from Azure once."""

    design: Design
    placement: Placement
    project: Project
    azure: AzureReader
    vantage: Vantage
    tell: Callable[[str], None] = lambda _: None
    today: date = field(default_factory=date.today)
    kept: ProbeCache = field(default_factory=ProbeCache)

    @property
    def topology(self) -> Topology:
        """The topology with the promises of the option."""
        return self.placement.topology
