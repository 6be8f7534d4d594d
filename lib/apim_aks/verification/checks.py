"""Checks whether an option keeps its promises: each expectation of its topology is a check.

Checks that counting or dated rows can decide are made here. Those that need the deployed option are
`not_run` with the reason, never passed by omission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.outcome import holds, outcome
from apim_aks.errors import CheckError
from apim_aks.topology import Derived, Expectation, InAzure, Measured, Probe
from apim_aks.topology.check import Check, State
from apim_aks.verification.derived import counted, derived
from apim_aks.verification.refuted import refuted
from apim_aks.verification.standing import standing_not_run
from apim_aks.verification.verdict import Verdict, not_run

OFFLINE = "the deployed option is needed, and Azure was not contacted"


class ChecksFailed(CheckError):
    """A check of the recorded or named option failed."""


class DecisionLost(CheckError):
    """The recorded option is no longer first, is ruled out, or is not compared."""


def check_option(design: Design, option: str) -> tuple[Check, ...]:
    """Every check of this option that does not need Azure, and `not_run` for the others."""
    return design.once(_of_option, option)


def _of_option(design: Design, option: str) -> tuple[Check, ...]:
    placement = design.placement(option)
    promised = (
        (settled(design, placement, e) or unasked(placement, e, OFFLINE)).of(option, e)
        for e in placement.topology.expectations
    )
    return (*promised, *standing_not_run(placement, OFFLINE))


def unasked(placement: Placement, expectation: Expectation, because: str) -> Verdict:
    """A check that needs the deployed option: failed if the files refute it, else `not_run`."""
    test = expectation.test
    against = refuted(placement, test) if isinstance(test, Probe) else None
    return against or not_run(because, how(test))


Each = Callable[[Callable[[str], tuple[Check, ...]], Iterable[str]], Iterable[tuple[Check, ...]]]


def check_all(design: Design, each: Each = map) -> tuple[Check, ...]:
    """The checks of every option compared, in the order of the options.

    `each` works out those of an option where nobody has done so.
    """
    options = [p.option.id for p in design.placements if not design.has(_of_option, p.option.id)]
    for option, checks in zip(options, each(partial(_of_option, design), options), strict=True):
        design.keep(checks, _of_option, option)
    return tuple(c for p in design.placements for c in check_option(design, p.option.id))


def failed(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks that failed."""
    return tuple(c for c in checks if c.state is State.FAIL)


def binding(
    design: Design, option: str = "", checks: tuple[Check, ...] | None = None
) -> tuple[Check, ...]:
    """The checks that must not fail: of the option named, else of the recorded decision.

    `checks` are results obtained before; without them only the design is checked.
    """
    subject = option or (design.recorded.option.id if design.recorded else "")
    if not subject:
        return ()
    run = check_option(design, subject) if checks is None else checks
    return tuple(c for c in run if c.option == subject)


def require(checks: tuple[Check, ...]) -> None:
    """Return if none of these checks failed.

    Raises:
        ChecksFailed: some failed; the sentence names them.
    """
    if broken := failed(checks):
        named = "; ".join(
            f"{c.id} (expected: {c.expected}; observed: {c.observed})" for c in broken
        )
        verb = "check fails" if len(broken) == 1 else "checks fail"
        raise ChecksFailed(f"{len(broken)} {verb}: {named}.")


def require_decision(design: Design) -> None:
    """Return if the recorded option is first, or if none is recorded.

    Raises:
        DecisionLost: the recorded option is not first; the sentence is the outcome.
    """
    if not holds(design):
        raise DecisionLost(outcome(design))


def settled(design: Design, placement: Placement, expectation: Expectation) -> Verdict | None:
    """The verdict from the design alone; None if the deployed option is needed."""
    test = expectation.test
    if isinstance(test, Measured):
        return counted(design, placement, test)
    if isinstance(test, Derived):
        return derived(design, placement, test)
    return None


def how(test: Measured | Derived | Probe | InAzure) -> str:
    """How the deployed option is checked, in words."""
    if isinstance(test, Probe):
        return test.words
    if isinstance(test, InAzure):
        return f"read in Azure: {test.aspect.replace('-', ' ')}"
    return ""
