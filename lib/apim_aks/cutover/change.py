"""What changes for a present caller: the address, the credentials, and what stops."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.reach import Answer
from apim_aks.workload.call import CallState


class Asked(StrEnum):
    """What an API demands of its callers."""

    KEY = "subscription key"
    TOKEN = "access token"  # noqa: S105
    CLAIM = "claim"
    CERTIFICATE = "client certificate"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Demand:
    """One credential or condition for callers; `today` if the input shows that it is met."""

    kind: Asked
    words: str
    today: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One operation: its path today and at the gateway; `old` is empty if unknown."""

    method: str
    old: str
    new: str

    @property
    def same(self) -> bool:
        """Whether the path stays the same."""
        return self.old.rstrip("/") == self.new.rstrip("/")


@dataclass(frozen=True, slots=True)
class Taken:
    """Operations of one API that replace a caller's calls and have the same demands."""

    api: str
    demands: tuple[Demand, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """What a caller connects to: host names or addresses, and the port; no host if unknown.

    `words` describe the component that answers.
    """

    words: str
    hosts: tuple[str, ...] = ()
    port: str = ""


class Stops(StrEnum):
    """When the present connection stops."""

    NEVER = "stays"
    CLOSE = "close"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One present caller and one connection to a Service: today and in future.

    `team` owns the object and informs its callers from outside, since no file names such
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
        """Whether what it calls today is closed at the end without a replacement."""
        return self.stops is not Stops.NEVER and self.new is None

    @property
    def open(self) -> bool:
        """Whether it was found in the input and is neither confirmed nor struck."""
        return self.state is CallState.FOUND

    @property
    def news(self) -> tuple[Demand, ...]:
        """What it must send in future and does not send today, as far as the input shows."""
        return tuple(dict.fromkeys(d for t in self.taken for d in t.demands if not d.today))
