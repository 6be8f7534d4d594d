"""All that a gateway remembers between calls: counted calls, kept answers, providers' keys."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from math import ceil
from threading import Lock
from typing import Any

from apim_aks.facts import policy_default

Json = Mapping[str, Any]


class State:
    """Counters, the cache and what OpenID providers published; calls may come side by side."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: dict[Hashable, list[float]] = {}
        self._periods: dict[Hashable, tuple[int, int]] = {}
        self._kept: dict[Hashable, tuple[float, Any]] = {}
        self._published: dict[str, tuple[float, Json]] = {}

    def sliding(self, key: Hashable, calls: int, seconds: int, now: float) -> int:
        """Counts a call; seconds to wait where as many were made in the window that ends now."""
        with self._lock:
            recent = [at for at in self._calls.get(key, ()) if at > now - seconds]
            if len(recent) >= calls:
                return max(1, ceil(recent[0] + seconds - now))
            self._calls[key] = [*recent, now]
            return 0

    def fixed(self, key: Hashable, calls: int, seconds: int, elapsed: float) -> int | None:
        """Counts a call; seconds to wait where the period, counted from a start, has had as many.

        A period of 0 never ends. None where the call is within the limit, 0 where no waiting helps.
        """
        number = int(elapsed // seconds) if seconds else 0
        with self._lock:
            known, count = self._periods.get(key, (number, 0))
            count = count if known == number else 0
            if count >= calls:
                return ceil((number + 1) * seconds - elapsed) if seconds else 0
            self._periods[key] = number, count + 1
            return None

    def keep(self, key: Hashable, value: Any, until: float) -> None:
        """Keeps an answer until then."""
        with self._lock:
            self._kept[key] = until, value

    def kept(self, key: Hashable, now: float) -> Any:
        """The answer that is kept under this key; None where there is none, or none any more."""
        with self._lock:
            until, value = self._kept.get(key, (now, None))
            return value if until > now else None

    def published(
        self, url: str, read: Callable[[str], Json], now: float, again: bool = False
    ) -> Json:
        """What a provider serves there, asked for anew when it is old.

        `again`: something was missing in it; it is then asked for after a shorter while.
        """
        with self._lock:
            known = self._published.get(url)
            pause = policy_default("openid-again" if again else "openid-kept").number
            if known and now < known[0] + pause:
                return known[1]
            found = read(url)
            self._published[url] = now, found
            return found
