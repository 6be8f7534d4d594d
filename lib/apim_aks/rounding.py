"""The numbers that pages and files carry: rounded where they are made, the same on every machine.

Python 3.12 adds up floats another way than 3.11, and logarithms differ in their last digit between
systems. Nothing of that reaches a page: what is computed goes through one of these two.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum

DECIMALS = 12
"""Far beyond what is ever shown, and well before the digits in which machines differ."""


def rounded(value: float, decimals: int = DECIMALS) -> float:
    """The number to so many decimals, a zero without sign; what is not finite stays."""
    return round(value, decimals) + 0.0


def summed(values: Iterable[float], decimals: int = DECIMALS) -> float:
    """The exact sum, rounded once, in whichever order the values come."""
    return rounded(fsum(values), decimals)
