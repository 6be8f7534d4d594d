"""Names and numbers in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isinf


def listed(names: Sequence[str], most: int = 12) -> str:
    """The names as a sentence lists them: `a, b and c`, and how many more there are than `most`.

    Empty without any.
    """
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return "".join(shown) if len(shown) < 2 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def shown(sentences: Sequence[str], most: int = 3) -> str:
    """The first of several, and how many more there are than `most`."""
    rest = len(sentences) - most
    return "; ".join((*sentences[:most], *((f"and {rest} more",) if rest > 0 else ())))


def interval(low: float, high: float, shown: Callable[[float], str]) -> str:
    """A number, or what is known of it: `5`, `5 to 7`, and `≥ 5` where the upper end is open.

    Every page, file and command writes a number through here, so that one number reads the same.
    """
    if low == high:
        return shown(low)
    return f"≥ {shown(low)}" if isinf(high) else f"{shown(low)} to {shown(high)}"


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
