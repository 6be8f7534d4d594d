"""Who calls whom inside the cluster, and what in the input says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallState(StrEnum):
    """How sure a call is: found in the input, or what workload.yaml says of it."""

    FOUND = "found"
    CONFIRMED = "confirmed"
    STRUCK = "struck"
    DECLARED = "declared"

    @property
    def label(self) -> str:
        """The state in words."""
        return "found, not confirmed" if self is CallState.FOUND else self.value


@dataclass(frozen=True, slots=True, order=True)
class Caller:
    """An object that runs pods, such as a Deployment, with the labels of these pods."""

    namespace: str
    name: str
    kind: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def called(self) -> str:
        """`Kind namespace/name`, which no other has."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """A field that names a Service, by file and line; never what stands in it."""

    file: str
    line: int
    says: str

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file} line {self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Call:
    """One workload calls one port of a Service, whose id is `callee`; None where nobody says which.

    `evidence` is empty for a call that only workload.yaml declares.
    """

    caller: Caller
    callee: str
    port: int | None
    evidence: tuple[Evidence, ...] = ()
    state: CallState = CallState.FOUND

    @property
    def holds(self) -> bool:
        """Nobody has struck it."""
        return self.state is not CallState.STRUCK


@dataclass(frozen=True, slots=True)
class CallGraph:
    """The calls of an input, in order of their callers.

    `callers` are all who could call. `unread` are fields that may name a Service and were not read,
    since a Secret or an object outside the input holds their values. `by_http` are Services that an
    address with the scheme http or https names, each with the port and the first that says so.
    """

    calls: tuple[Call, ...] = ()
    callers: tuple[Caller, ...] = ()
    unread: tuple[Evidence, ...] = ()
    by_http: tuple[tuple[str, int | None, Evidence], ...] = ()
