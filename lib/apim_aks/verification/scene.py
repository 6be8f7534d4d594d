"""What a live check sees: the design, what would be deployed, Azure, and where it is asked from."""

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
    """Everything that one run of live checks shares; each question to Azure is asked once."""

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
        """What the option promises, drawn."""
        return self.placement.topology
