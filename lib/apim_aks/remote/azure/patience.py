"""Waiting for an operation of Azure: time limit, progress messages, how to go on later."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from apim_aks.remote.azure.refusal import AzureRefused

Tell = Callable[[str], None]


class StillRunning(AzureRefused):
    """The operation goes on in Azure and is no longer waited for; the sentence says what then."""


@dataclass(kw_only=True)
class Patience:
    """The time that one operation has: what is slept counts, and what a clock says, if longer.

    `doing` is the operation in words, `later` what goes on and how to go on, `said_every` the
    minutes after which it is said again.
    """

    doing: str
    minutes: float
    later: str
    tell: Tell
    said_every: int
    began: float = field(default_factory=time.monotonic)
    slept: float = 0.0
    said: int = 0

    def require(self, seconds: float) -> None:
        """Check that a pause of this length fits into the remaining time.

        Raises:
            StillRunning: it does not.
        """
        passed = max(self.slept, time.monotonic() - self.began)
        if passed + seconds > self.minutes * 60:
            raise StillRunning(f"{self.doing}: still running after {self._why(passed, seconds)}")

    def spend(self, seconds: float) -> None:
        """Count a pause that was taken; said every few minutes."""
        self.slept += seconds
        minutes = int(self.slept / 60)
        if minutes // self.said_every > self.said:
            self.said = minutes // self.said_every
            self.tell(f"{self.doing}: still running, {minutes} minutes")

    def _why(self, passed: float, seconds: float) -> str:
        asked = f", and Azure wants to be asked again in {seconds / 60:.0f}" if seconds > 60 else ""
        return f"{passed / 60:.0f} of at most {self.minutes:g} minutes{asked}; {self.later}."
