"""One decision in several deployments: the placement as each environment deploys it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.decision.design import Design, design, mapped
from apim_aks.decision.placement import Placement
from apim_aks.errors import InputError
from apim_aks.options.drawn import Drawn, drawn
from apim_aks.options.tier_choice import settings_of
from apim_aks.workload.environment import in_environment
from apim_aks.workload.model import Pin, Workload


def placed_in(placement: Placement, name: str) -> tuple[Design, Placement]:
    """The design of an environment and this placement in it: the same option and choices.

    The tier is the same too, unless the environment pins another.

    Raises:
        InputError: there is no such environment, or its tier cannot do the option.
    """
    there = in_environment(placement.workload, name)
    try:
        made = design(_decided(there, placement))
        return made, made.placement(placement.option.id)
    except InputError as error:
        raise InputError(f"Environment {name}: {error}") from None


def in_environments(built: Artefacts) -> Artefacts:
    """What a placement is built with, with the same in each environment of its workload.

    What cannot be made in one of them is refused as a whole, so that no format lacks it.
    """
    there = {name: artefacts(drawn) for name, drawn in everywhere(built.drawn).items()}
    refused = (f"Environment {name}: {said}" for name, one in there.items() for said in one.refused)
    return replace(built, environments=there, refused=(*built.refused, *refused))


def everywhere(placement: Drawn) -> Mapping[str, Drawn]:
    """The placement drawn in each environment of its workload, in the order of workload.yaml.

    What is built there hangs on no measure and no ranking, so that none is made.
    """
    return {name: _drawn_in(placement, name) for name in placement.workload.environments}


def _drawn_in(placement: Drawn, name: str) -> Drawn:
    made = mapped(_decided(in_environment(placement.workload, name), placement))
    try:
        ((option, setting),) = settings_of(made.workload, made.mapping, placement.option)
    except InputError as error:
        raise InputError(f"Environment {name}: {error}") from None
    return drawn(setting, replace(option, needs=placement.option.needs))


def _decided(there: Workload, placement: Drawn) -> Workload:
    pins, option = dict(there.pins), placement.option.id
    pin = Pin(
        tier=pins.get(option, Pin()).tier or placement.tier.name,
        ingress_controller=placement.controller.id,
        edge=placement.choices.edge,
        inbound=placement.choices.inbound,
        entry=placement.choices.entry,
    )
    return replace(there, pins=tuple((pins | {option: pin}).items()), decided=option)
