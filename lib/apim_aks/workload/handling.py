"""How a route treats calls besides routing them, as values that a gateway can take over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """Which web pages may call: their origins, `*` for any, and what they may send and read.

    `max_age` is for how many seconds a browser keeps the answer; 0 where nobody says.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int = 0

    @property
    def open(self) -> bool:
        """A page of any origin may call."""
        return ANY in self.origins


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """A header that is set, gets one more value, or is taken away; `action` as in `set-header`."""

    name: str
    action: Literal["override", "append", "delete"]
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What is done to calls on one way to a Service.

    `timeout` is in milliseconds, 0 where nobody says. `admitted` and `refused` are ranges of IPv4
    addresses of callers; empty where all, or none, are.
    """

    cors: Cors | None = None
    timeout: int = 0
    admitted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    request_headers: tuple[HeaderChange, ...] = ()
    response_headers: tuple[HeaderChange, ...] = ()


NOTHING = Handling()
