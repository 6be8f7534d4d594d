"""What changes for a caller of today, as values: where it calls, what it sends, what stops."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.reach import Answer
from apim_aks.workload.call import CallState


class Asked(StrEnum):
    """What is asked of whoever calls an API."""

    KEY = "subscription key"
    TOKEN = "access token"  # noqa: S105
    CLAIM = "claim"
    CERTIFICATE = "client certificate"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a caller has to show; `today` where the input says that it does already."""

    kind: Asked
    words: str
    today: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One operation: its path today and at the gateway; `old` is empty where nobody knows it."""

    method: str
    old: str
    new: str

    @property
    def same(self) -> bool:
        """Nothing changes in it."""
        return self.old.rstrip("/") == self.new.rstrip("/")


@dataclass(frozen=True, slots=True)
class Taken:
    """Operations of one API that take over a caller's calls and ask for the same."""

    api: str
    demands: tuple[Demand, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """What a caller dials: host names or addresses, and the port; no host where nobody knows one.

    `words` say what answers there.
    """

    words: str
    hosts: tuple[str, ...] = ()
    port: str = ""


class Stops(StrEnum):
    """When the way of today ends."""

    NEVER = "stays"
    CLOSE = "close"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One caller of today and one way by which it calls a Service: what is and what will be.

    `team` are those who own the object, and tell whoever calls it from outside: no file names such
    callers. `state` is what `calls` says of a caller inside the cluster; None where
    no file names one. `kind` is what is dialled from outside, such as `nodes`; `place` is where the
    way stands in the files. `new` is None where nothing takes its place, `why` says why the way
    stops, or that nobody can tell. `left` are operations that no API takes over, `strays`
    says that calls which no document describes end too.
    """

    team: str
    caller: str
    inside: bool
    kind: str = ""
    state: CallState | None
    service: str
    place: str
    old: Address
    new: Address | None
    taken: tuple[Taken, ...] = ()
    stops: Stops
    before: Answer
    after: Answer
    why: str = ""
    left: tuple[str, ...] = ()
    strays: bool = False

    @property
    def ends(self) -> bool:
        """What it calls today is closed at the end, and nothing takes its place."""
        return self.stops is not Stops.NEVER and self.new is None

    @property
    def open(self) -> bool:
        """It was found in the input and nobody has confirmed or struck it."""
        return self.state is CallState.FOUND

    @property
    def news(self) -> tuple[Demand, ...]:
        """What it has to send from then on and does not send today, as far as the input says."""
        return tuple(dict.fromkeys(d for t in self.taken for d in t.demands if not d.today))
