"""An option drawn for a workload: what pictures, measures and generators read."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from apim_aks.options.edges import EDGES
from apim_aks.options.egress import with_egress
from apim_aks.options.expectations import in_azure
from apim_aks.options.inbounds import INBOUNDS
from apim_aks.options.narrowing import narrowings
from apim_aks.options.option import Option, Setting
from apim_aks.topology import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn(Setting):
    """A setting, the option that was drawn for it, and the picture as values."""

    option: Option
    topology: Topology


def drawn(setting: Setting, option: Option) -> Drawn:
    """The option drawn in this setting, with what its deployed resources have to show.

    The option draws entry and gateway; how consumers come in and what stands before it follow.
    """
    topology = option.draw(setting)
    for step in (INBOUNDS[setting.choices.inbound], EDGES[setting.choices.edge]):
        topology = step(setting, topology)
    topology = with_egress(setting, topology)
    promised = (*topology.expectations, *in_azure(topology))
    known = {f.name: getattr(setting, f.name) for f in fields(Setting)}
    changes = (*topology.changes, *narrowings(setting.workload, topology))
    whole = replace(topology, expectations=promised, changes=changes)
    return Drawn(**known, option=option, topology=whole)
