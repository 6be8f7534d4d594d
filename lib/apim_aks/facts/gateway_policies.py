"""The numbers and names that policies use, each with the reason for choosing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.errors import InputError
from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDefault(Row):
    """One number or name in a policy, where the reader has not chosen another."""

    id: str
    what: str
    value: str
    unit: Literal["bytes", "name", "names", "pattern", "seconds"]
    status: Status
    because: str

    @property
    def number(self) -> int:
        """The value as a whole number.

        Raises:
            InputError: the row holds none.
        """
        if self.value.isascii() and self.value.isdigit():
            return int(self.value)
        raise self._unusable("a whole number")

    @property
    def names(self) -> tuple[str, ...]:
        """The value as names separated by `;`, one or several.

        Raises:
            InputError: one of them is no plain name, which could not stand in an expression.
        """
        found = tuple(part.strip() for part in self.value.split(";"))
        if all(_NAME.fullmatch(name) for name in found):
            return found
        raise self._unusable("names of letters, digits, '.', '_', '+', '/' and '-'")

    def _unusable(self, wanted: str) -> InputError:
        place = f"data/gateway_policies.csv: {self.id}"
        return InputError(f"{place} is {self.value!r}. It must be {wanted}.")


@cache
def policy_defaults() -> tuple[PolicyDefault, ...]:
    """The numbers and names of policies."""
    return read_rows(DATA / "gateway_policies.csv", PolicyDefault)


@cache
def policy_default(id: str) -> PolicyDefault:
    """The number or name of this id."""
    return by_id("policy default", policy_defaults(), id)
