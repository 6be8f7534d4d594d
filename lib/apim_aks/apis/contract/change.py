"""What a contract difference consists of: changes, each by a rule, at a place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.facts import contract_rule


class ChangeSeverity(StrEnum):
    """What a change means for existing callers."""

    BREAKING = "breaking"
    UNCLEAR = "unclear"
    COMPATIBLE = "compatible"

    @property
    def label(self) -> str:
        """The severity in words."""
        return {
            "breaking": "breaks callers",
            "unclear": "may break some callers",
            "compatible": "callers go on as before",
        }[self.value]


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One change: rule, operation, location in it, and the values before and after.

    `operation` is a method and a path template, empty where a change is about the whole document.
    """

    rule: str
    operation: str
    location: str
    before: str
    after: str

    @property
    def severity(self) -> ChangeSeverity:
        """What the rule says about callers."""
        return ChangeSeverity(contract_rule(self.rule).severity)

    @property
    def place(self) -> str:
        """Operation and location in one line."""
        return ", ".join(p for p in (self.operation, self.location) if p) or "the whole API"

    @property
    def because(self) -> str:
        """Why the rule judges so."""
        return contract_rule(self.rule).because

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        what = f"{self.place}: {contract_rule(self.rule).what}"
        if self.rule in ("operation-removed", "operation-added"):
            return f"{what}."
        return f"{what}; before {self.before}, now {self.after}."


@dataclass(frozen=True, slots=True)
class Difference:
    """Every change between two contracts, by path, method and location.

    `compared` counts the operations that are in both.
    """

    changes: tuple[ContractChange, ...] = ()
    compared: int = 0

    @property
    def unchanged(self) -> bool:
        """Whether the contract is unchanged."""
        return not self.changes

    @property
    def breaking(self) -> tuple[ContractChange, ...]:
        """The changes that break callers."""
        return self.of(ChangeSeverity.BREAKING)

    @property
    def unclear(self) -> tuple[ContractChange, ...]:
        """The changes that have to be reviewed by a person."""
        return self.of(ChangeSeverity.UNCLEAR)

    @property
    def compatible(self) -> tuple[ContractChange, ...]:
        """The compatible changes."""
        return self.of(ChangeSeverity.COMPATIBLE)

    def of(self, severity: ChangeSeverity) -> tuple[ContractChange, ...]:
        """The changes of this severity."""
        return tuple(c for c in self.changes if c.severity is severity)
