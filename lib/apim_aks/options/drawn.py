"""An option drawn for a workload: the input of pictures, measures and generators."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from apim_aks.options.choices import Choices
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


Bases = dict[tuple[str, str, str, str], Topology]
"""What options have drawn themselves of one workload, for combinations that differ outside it."""


def drawn(setting: Setting, option: Option, bases: Bases | None = None) -> Drawn:
    """The option drawn in this setting, with the expectations of its deployed resources.

    The option draws entry and gateway, and no other choice; how consumers come in and what stands
    before it follow. `bases` keeps what the option has drawn.
    """
    bases, entry = {} if bases is None else bases, setting.choices.entry
    key = option.id, setting.tier.name, setting.controller.id, entry
    if key not in bases:
        bases[key] = option.draw(replace(setting, choices=Choices(entry=entry)))
    topology = bases[key]
    for step in (INBOUNDS[setting.choices.inbound], EDGES[setting.choices.edge]):
        topology = step(setting, topology)
    topology = with_egress(setting, topology)
    promised = (*topology.expectations, *in_azure(topology))
    known = {f.name: getattr(setting, f.name) for f in fields(Setting)}
    changes = (*topology.changes, *narrowings(setting.workload, topology))
    whole = replace(topology, expectations=promised, changes=changes)
    return Drawn(**known, option=option, topology=whole)
