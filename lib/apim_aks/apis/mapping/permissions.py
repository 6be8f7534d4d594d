"""Whom the policy of an API asks for more than a valid token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a caller's token must hold, as workload.yaml says it: one of these, or nothing.

    `read` is for methods that change nothing, `write` for all others.
    """

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.read or self.write)
