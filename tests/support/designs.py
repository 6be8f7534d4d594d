"""Designs, each made once by a worker: values, which no test changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from apim_aks.decision.design import Design, Placement, design
from apim_aks.options import OPTIONS, Option, option
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload
from tests.support.scenario import shop


@cache
def bundled(name: str) -> Design:
    """The design of this workload with all options of the library."""
    return designed(read_workload(name))


@cache
def of_shop() -> Design:
    """The design of the shop as it is when nothing is said about it."""
    return design(shop())


def only(workload: Workload, id: str) -> Design:
    """The design of an option without the others: a seventh of the work."""
    return design(workload, (option(id),))


def alone(workload: Workload, id: str) -> Placement:
    """The placement of an option designed without the others: among them it is the same."""
    return only(workload, id).placement(id)


@lru_cache(maxsize=16)
def designed(workload: Workload, options: Sequence[Option] = OPTIONS) -> Design:
    """The design of a workload that was read, made once for the same files: their digests are
    part of what is compared."""
    return design(workload, options)
