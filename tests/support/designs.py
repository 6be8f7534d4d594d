"""The designs of bundled workloads, each made once by a worker: values, which no test changes."""

from __future__ import annotations

from functools import cache

from apim_aks.decision.design import Design, design
from apim_aks.workload.file import read_workload


@cache
def bundled(name: str) -> Design:
    """The design of this workload with all options of the library."""
    return design(read_workload(name))
