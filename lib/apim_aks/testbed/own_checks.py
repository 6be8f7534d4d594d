"""Which checks are the testbed's."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.topology.check import Check

HOW = "testbed"
"""How a check was made that the testbed has made."""


def of_testbed(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Of these checks those that the testbed made."""
    return tuple(c for c in checks if c.how == HOW)
