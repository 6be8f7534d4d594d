"""Values that are derived from a frozen value once, on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Once:
    """A frozen value that caches what is derived from it; the cache does not affect equality."""

    __slots__ = ("_made",)
    _made: dict[Any, Any]

    def once(self, make: Callable[[Self, *Ts], T], *given: *Ts) -> T:
        """What `make` makes of this value and what is given, worked out once for the same."""
        try:
            made = self._made
        except AttributeError:
            made = self._known()
        key = (make, *given)
        if key not in made:
            made[key] = make(self, *given)
        found: T = made[key]
        return found

    def keep(self, found: T, make: Callable[[Self, *Ts], T], *given: *Ts) -> None:
        """Keep what `make` makes of this value, which was worked out elsewhere."""
        self._known()[make, *given] = found

    def has(self, make: Callable[[Self, *Ts], T], *given: *Ts) -> bool:
        """Somebody has asked for that already."""
        return (make, *given) in getattr(self, "_made", {})

    def _known(self) -> dict[Any, Any]:
        try:
            return self._made
        except AttributeError:
            object.__setattr__(self, "_made", {})
            return self._made
