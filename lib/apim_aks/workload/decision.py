"""The decision that the reader recorded in workload.yaml, beside the option itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """When it was made, by whom and why, in the deciders' words; empty where nobody wrote it."""

    date: str = ""
    deciders: tuple[str, ...] = ()
    because: str = ""
    chosen_by: str = ""

    @property
    def words(self) -> str:
        """A clause such as `on 2026-11-23 by Ada and Grace: the audit asks for it`."""
        people = " and ".join(self.deciders) or (f"the {self.chosen_by}" if self.chosen_by else "")
        said = (f" on {self.date}" if self.date else "") + (f" by {people}" if people else "")
        return said + (f": {self.because}" if self.because else "")
