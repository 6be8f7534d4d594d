"""Promises that the files prove, asked once more of what Azure and the cluster hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.decision.design import Placement
from apim_aks.topology import Derived, DesignRule, Expectation, Measured
from apim_aks.topology.check import Check
from apim_aks.verification.derived import PROVED
from apim_aks.verification.verdict import not_run

HOW = "proved from what Azure and the cluster hold"
_RULES = (DesignRule.NOTHING_AROUND_THE_GATEWAY, DesignRule.GATEWAY_REACHES_BACKENDS)


def standing_promises(placement: Placement) -> tuple[tuple[Expectation, Expectation], ...]:
    """Each promise that the files prove, with its verdict on live state."""
    return tuple(
        (promise, _standing(promise))
        for promise in placement.topology.expectations
        if (isinstance(promise.test, Measured) and promise.test.measure in PROVED)
        or (isinstance(promise.test, Derived) and promise.test.rule in _RULES)
    )


def standing_not_run(placement: Placement, because: str) -> Iterator[Check]:
    """The same as checks of which nobody has asked, and why not."""
    for _, standing in standing_promises(placement):
        yield not_run(because, HOW).of(placement.option.id, standing)


def _standing(promise: Expectation) -> Expectation:
    option, _, name = promise.id.partition(".")
    return replace(
        promise,
        id=f"{option}.standing-{name}",
        statement=f"{promise.statement}, as it stands",
    )
