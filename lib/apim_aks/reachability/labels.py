"""What selectors pick, as sets that an index of labels knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from apim_aks.facts.controller_labels import added_labels
from apim_aks.workload.network_policy import Expression, Selector


@dataclass(frozen=True, slots=True)
class Between:
    """A set that is known to hold `sure`, and may hold `may`, which includes it."""

    sure: int = 0
    may: int = 0

    def __or__(self, other: Between) -> Between:
        return Between(self.sure | other.sure, self.may | other.may)

    def __and__(self, mask: int) -> Between:
        return Between(self.sure & mask, self.may & mask)


class Labels:
    """Sets of those that have a label, by its key and by its value."""

    def __init__(self, labels: Iterable[tuple[int, Iterable[tuple[str, str]]]]) -> None:
        self._by_pair: dict[tuple[str, str], int] = defaultdict(int)
        self._by_key: dict[str, int] = defaultdict(int)
        self.all = 0
        for at, pairs in labels:
            self.all |= 1 << at
            for key, value in pairs:
                self._by_pair[key, value] |= 1 << at
                self._by_key[key] |= 1 << at

    def picked(self, selector: Selector) -> int:
        """Those that the selector picks."""
        found = self.all
        for pair in selector.equal:
            found &= self._by_pair.get(pair, 0)
        for expression in selector.expressions:
            found &= self._fitting(expression)
        return found

    def _fitting(self, expression: Expression) -> int:
        if expression.operator in ("In", "NotIn"):
            found = 0
            for value in expression.values:
                found |= self._by_pair.get((expression.key, value), 0)
        else:
            found = self._by_key.get(expression.key, 0)
        opposite = expression.operator in ("NotIn", "DoesNotExist")
        return self.all & ~found if opposite else found


def without(selector: Selector) -> Selector:
    """The selector without what it asks of labels that controllers add."""
    added = added_labels()
    return Selector(
        tuple(pair for pair in selector.equal if pair[0] not in added),
        tuple(e for e in selector.expressions if e.key not in added),
    )
