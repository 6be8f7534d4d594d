"""A check: one promise of an option, looked at, with three possible ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.listing import counted


class State(StrEnum):
    """How a check ended. There is no fourth state and no default."""

    PASS = "pass"
    FAIL = "fail"
    NOT_RUN = "not_run"

    @property
    def sign(self) -> str:
        """A sign beside the colour, so that the state reads in black and white."""
        return {"pass": "✓", "fail": "✗", "not_run": "–"}[self.value]

    @property
    def label(self) -> str:
        """The state in words."""
        return {"pass": "pass", "fail": "fail", "not_run": "not run"}[self.value]


class Severity(StrEnum):
    """What a failed check means for the option."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check: expected, observed, and how it was obtained. `reason` says why it was not run."""

    id: str
    option: str
    claim: str
    severity: Severity
    state: State
    expected: str
    observed: str
    how: str
    reason: str = ""

    def __post_init__(self) -> None:
        if self.state is State.NOT_RUN and not self.reason:
            raise ValueError(f"check {self.id} was not run and gives no reason")
        if self.state is not State.NOT_RUN and not self.observed:
            raise ValueError(f"check {self.id} ended {self.state} and shows nothing observed")


def tally(checks: Sequence[Check]) -> str:
    """How many checks there are and how they ended: `3 checks (2 pass, 0 fail, 1 not run)`."""
    ended = ", ".join(f"{sum(c.state is s for c in checks)} {s.label}" for s in State)
    return f"{counted(len(checks), 'check')} ({ended})"
