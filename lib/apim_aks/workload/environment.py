"""A workload as one of its environments deploys it."""

from __future__ import annotations

from apim_aks.errors import InputError
from apim_aks.workload.finding import one_of
from apim_aks.workload.model import Workload


def in_environment(workload: Workload, name: str) -> Workload:
    """The workload in the environment of this name.

    Raises:
        InputError: workload.yaml has none of this name.
    """
    known = workload.environments
    if name in known:
        return known[name]
    if not known:
        raise InputError(
            f"The workload {workload.name} has no environment {name!r}: "
            "workload.yaml has no key environments."
        )
    choices = one_of(name, list(known))
    raise InputError(f"The workload {workload.name} has no environment {name!r}; use {choices}.")
