"""What an option promises, and how each is settled: counted, derived, probed, read in Azure."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.topology.check import Severity


@dataclass(frozen=True, slots=True)
class Measured:
    """An expectation that counting settles: the measure is at most this."""

    measure: str
    at_most: float


@dataclass(frozen=True, slots=True)
class Derived:
    """An expectation that the design and dated rows settle: a rule in `verification`."""

    rule: str


@dataclass(frozen=True, slots=True)
class Probe:
    """An expectation that only the built thing settles: who asks whom, with what, and the end."""

    vantage: str
    target: str
    request: str
    outcome: str


@dataclass(frozen=True, slots=True)
class InAzure:
    """An expectation that the resources in Azure settle: an aspect in `verification`."""

    aspect: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an option promises: a check id, the claim behind it, and how it is settled."""

    id: str
    claim: str
    statement: str
    test: Measured | Derived | Probe | InAzure
    severity: Severity = Severity.MUST
