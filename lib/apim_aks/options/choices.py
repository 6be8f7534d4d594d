"""What is chosen within an option: an edge, how consumers come in, where the cluster is entered.

Which combinations an option has is `data/choices.csv`; an option without rows there has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from apim_aks.errors import InputError
from apim_aks.facts import network_mode
from apim_aks.facts.choices import ChoiceRow, Edge, Entry, Inbound, choice_rows, choice_value
from apim_aks.workload.model import Consumer

CHOSEN = ("edge", "inbound", "entry")
"""The choices by name, as workload.yaml pins them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """One value of each choice."""

    edge: Edge = "none"
    inbound: Inbound = "public"
    entry: Entry = "per-service"

    @property
    def labels(self) -> tuple[str, ...]:
        """The values in a reader's words, without those that add nothing."""
        told = [c for c in CHOSEN if (c, self.value(c)) not in _SILENT]
        return tuple(choice_value(c, self.value(c)).label for c in told)

    @property
    def words(self) -> str:
        """The labels as one cell of a table has them."""
        return ", ".join(self.labels)

    @property
    def mutual_tls(self) -> bool:
        """Whether the one ingress demands the gateway's client certificate."""
        return self.entry == "one-gateway-mtls"

    def differing(self, other: Choices) -> int:
        """In how many choices the two have different values."""
        return sum(self.value(c) != other.value(c) for c in CHOSEN)

    def serve(self, consumers: Iterable[Consumer]) -> bool:
        """Whether consumers call from places where each value has a use."""
        asked = (choice_value(c, self.value(c)).callers for c in CHOSEN)
        return {a for a in asked if a} <= {c.value for c in consumers}

    def value(self, choice: str) -> str:
        """The value of the choice of this name."""
        found: str = getattr(self, choice)
        return found


_SILENT = {("edge", "none"), ("inbound", "injected")}


@dataclass(frozen=True, slots=True)
class Combination:
    """A combination of choices with the row that speaks of it; None where no table has it."""

    choices: Choices
    row: ChoiceRow | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Tier features that it needs beyond those of the option."""
        return self.row.needs if self.row else ()


def combinations(option: str, mode: str, controller: str) -> tuple[Combination, ...]:
    """The allowed combinations of an option, the usual ones first.

    `mode` and `controller` are the option's own: what has no rows has the one that they imply.
    """
    listed = tuple(_listed(option))
    if not listed:
        inbound: Inbound = "public" if network_mode(mode).gateway == "public" else "injected"
        entry: Entry = "per-service" if controller == "none" else "one-gateway-mtls"
        return (Combination(Choices("none", inbound, entry)),)
    return tuple(c for c in listed if c.row and c.row.standing == "allowed")


def promised(option: str, choices: Choices) -> tuple[str, ...]:
    """The requirements that a combination meets whatever the workload; `internet` for callers."""
    found = (c.row for c in _listed(option) if c.choices == choices)
    return next((row.promises for row in found if row), ())


def refusals(option: str) -> tuple[ChoiceRow, ...]:
    """The rows of combinations that an option cannot have, or that are not drawn."""
    found = (row for row in choice_rows() if option in row.options and row.standing != "allowed")
    return tuple(found)


def _listed(option: str) -> Iterator[Combination]:
    for row in choice_rows():
        if option in row.options:
            for values in product(row.edges, row.inbounds, row.entries):
                yield Combination(Choices(*values), row)


def unlisted(option: str, wanted: dict[str, str]) -> InputError:
    """Why no allowed combination has these values, by the row that is nearest to an allowed one."""
    said = ", ".join(f"{choice}: {value}" for choice, value in wanted.items())
    listed = [(c.choices, c.row) for c in _listed(option) if c.row]
    allowed = [choices for choices, row in listed if row.standing == "allowed"]
    found = [(c, row) for c, row in listed if all(c.value(k) == v for k, v in wanted.items())]
    found.sort(key=lambda pair: min(pair[0].differing(a) for a in allowed))
    row = next((row for _, row in found), None)
    why = f"{row.because} (source: {row.source}, {row.checked_on})" if row else "it has no choices."
    what = "is not drawn here yet" if row and row.standing == "undrawn" else "cannot be"
    return InputError(f"placements: {option} with {said} {what}: {why}")
