"""What must hold, as workload.yaml states it, and who asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apim_aks.facts import requirement_row, tier
from apim_aks.workload.model import Requirements

Known = Callable[[tuple[str | int, ...], Callable[[str], Any], str], Any]
"""Looks a name up and refuses an unknown one, with its place in the file."""


def requirements_of(given: Mapping[str, Any], known: Known) -> Requirements:
    """The requirements, tiers by their names.

    Raises:
        InputError: a tier is none that there is.
    """
    where = ("requirements", "tiers_allowed")
    names = enumerate(given.get("tiers_allowed", []))
    tiers = tuple(known((*where, i), tier, name).name for i, name in names)
    others = {id: value for id, value in given.items() if id != "tiers_allowed"}
    return Requirements(**others, tiers_allowed=tiers)


def owners_of(given: Mapping[str, str], known: Known) -> tuple[tuple[str, str], ...]:
    """Who asks for each requirement that is named, by its id.

    Raises:
        InputError: a key is no requirement.
    """
    return tuple((known(("owners", id), requirement_row, id).id, who) for id, who in given.items())
