"""Who calls whom inside the cluster, and what in the input says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.facts.controller_labels import added_labels
from apim_aks.once import Once


class CallState(StrEnum):
    """How sure a call is: found in the input, or what workload.yaml says of it."""

    FOUND = "found"
    CONFIRMED = "confirmed"
    STRUCK = "struck"
    DECLARED = "declared"

    @property
    def label(self) -> str:
        """The state in words."""
        return "detected, not confirmed" if self is CallState.FOUND else self.value


@dataclass(frozen=True, slots=True, order=True)
class Caller:
    """An object that runs pods, such as a Deployment, with the labels of these pods.

    `selector` are those by which it knows its pods; empty where it knows them otherwise.
    """

    namespace: str
    name: str
    kind: str
    labels: tuple[tuple[str, str], ...] = ()
    selector: tuple[tuple[str, str], ...] = ()

    @property
    def lasting(self) -> tuple[tuple[str, str], ...]:
        """Labels that its pods keep from one release to the next, as far as anybody can tell."""
        added = added_labels()
        return self.selector or tuple(p for p in self.labels if p[0] not in added)

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
        """Whether the call has not been struck."""
        return self.state is not CallState.STRUCK


@dataclass(frozen=True, slots=True, order=True)
class Elsewhere:
    """A host that a caller is told and that no Service of the input has.

    `ids` are the Services that the name would mean in a cluster that has them, by `namespace/name`.
    Without being `firm` it is an address only if that Service has the port.
    """

    caller: Caller
    ids: tuple[str, ...]
    port: int | None
    firm: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CallGraph(Once):
    """The calls of an input, in order of their callers.

    `callers` are all who could call. `unread` are fields that may name a Service and were not read,
    since a Secret or an object outside the input holds their values. `by_http` are Services that an
    address with the scheme http or https names, each with the port and the first that says so.
    `elsewhere` are hosts that may be Services of another input.
    """

    calls: tuple[Call, ...] = ()
    callers: tuple[Caller, ...] = ()
    unread: tuple[Evidence, ...] = ()
    by_http: tuple[tuple[str, int | None, Evidence], ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()

    def holding(self, services: Collection[str]) -> tuple[Call, ...]:
        """The calls of these Services, by their ids, that nobody has struck."""
        by_callee = self.once(_by_callee)
        found = (one for id in {*services} for one in by_callee.get(id, ()))
        return tuple(self.calls[at] for at in sorted(found))


def _by_callee(graph: CallGraph) -> dict[str, list[int]]:
    """The places of the calls that nobody has struck, by who is called."""
    found: dict[str, list[int]] = defaultdict(list)
    for at, call in enumerate(graph.calls):
        if call.holds and call.callee is not None:
            found[call.callee].append(at)
    return found
