"""How a promise ended, before it becomes a check."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.topology import Expectation
from apim_aks.topology.check import Check, State


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one promise: what was seen, how, and for `not_run` why."""

    state: State
    seen: str = ""
    how: str = ""
    reason: str = ""

    def of(self, option: str, expectation: Expectation) -> Check:
        """The check of this promise."""
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
    """Passed where it holds, else failed."""
    return Verdict(State.PASS if holds else State.FAIL, seen, how)


def not_run(reason: str, how: str = "", seen: str = "") -> Verdict:
    """Nobody could ask, and why."""
    return Verdict(State.NOT_RUN, seen, how, reason)
