"""The decision that the reader recorded in workload.yaml, beside the option itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Decision:
    """When it was made, by whom and why, in the deciders' words; empty where nobody wrote it."""

    date: str = ""
    deciders: tuple[str, ...] = ()
    because: str = ""
    chosen_by: str = ""

    @property
    def words(self) -> str:
        """A clause such as `on 2026-11-23 by Ada and Grace: the audit asks for it`, or nothing."""
        people = " and ".join(self.deciders) or (f"the {self.chosen_by}" if self.chosen_by else "")
        made = [f"on {self.date}"] if self.date else []
        said = " ".join([*made, f"by {people}"] if people else made)
        return f"{said}: {self.because}".removeprefix(": ") if self.because else said


def decision_of(given: Mapping[str, Any]) -> Decision:
    """What the section `decision` of workload.yaml tells beside the option."""
    told = {name: given.get(name, "") for name in ("date", "because", "chosen_by")}
    return Decision(deciders=tuple(given.get("deciders", ())), **told)
