"""The result of a promise, before it becomes a check."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.topology import Expectation
from apim_aks.topology.check import Check, State


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one promise: what was found, how, and the reason for `not_run`."""

    state: State
    seen: str = ""
    how: str = ""
    reason: str = ""

    def of(self, option: str, expectation: Expectation) -> Check:
        """This verdict as a check of its promise."""
        return Check(
            id=expectation.id,
            option=option,
            claim=expectation.claim,
            severity=expectation.severity,
            state=self.state,
            expected=expectation.statement,
            observed=self.seen,
            how=self.how,
            reason=self.reason,
        )


def judged(holds: bool, seen: str, how: str = "") -> Verdict:
    """Passed if it holds, else failed."""
    return Verdict(State.PASS if holds else State.FAIL, seen, how)


def not_run(reason: str, how: str = "", seen: str = "") -> Verdict:
    """A check that could not be made, with the reason."""
    return Verdict(State.NOT_RUN, seen, how, reason)
