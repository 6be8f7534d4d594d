"""What is known of one workload of a portfolio: small enough that hundreds are held at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from apim_aks.decision.as_json import plain
from apim_aks.listing import interval

SCHEMA_VERSION = 1

T = TypeVar("T")


class State(StrEnum):
    """How the work on one workload ended."""

    ASSESSED = "assessed"
    INPUT = "input"
    TIME = "time"
    MEMORY = "memory"
    LOST = "lost"
    BUG = "bug"

    @property
    def label(self) -> str:
        """The state in words."""
        return _LABELS[self.value]

    @property
    def lasts(self) -> bool:
        """The same input ends so again, so that it is not worked out a second time."""
        return self in (State.ASSESSED, State.INPUT)


_LABELS = {
    "assessed": "assessed",
    "input": "wrong input",
    "time": "out of time",
    "memory": "out of memory",
    "lost": "process lost",
    "bug": "error of the workbook",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A number, or the interval it lies in; without `high` the upper end is not known."""

    low: float
    high: float | None

    def text(self, shown: Callable[[float], str]) -> str:
        """The span as every page writes one."""
        return interval(self.low, float("inf") if self.high is None else self.high, shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One option for a workload, on the tier and with the choices that stand for it.

    `score` is None where it is not ranked, `because` says why. `cost` is US dollars or what the
    snapshot is in, a month; `gateway_cost` its part for the `units` of API Management in each of
    its `regions`, None where a unit has no price. Checks are counted from the design alone;
    `failed` are their ids.
    """

    option: str
    title: str
    tier: str
    choices: tuple[str, ...]
    standing: str
    because: str
    score: float | None
    cost: Span
    gateway_cost: float | None
    units: int
    regions: int
    public_endpoints: Span
    bypass: Span
    blast_radius: Span
    passed: int
    failed: tuple[str, ...]
    not_run: int

    @property
    def within(self) -> bool:
        """No requirement is missed as drawn."""
        return self.standing in ("met", "undecided")


@dataclass(frozen=True, slots=True)
class PublishedApi:
    """An API by its id, its path on the gateway, and the operations that it takes there."""

    id: str
    path: str
    operations: int


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A Service by `namespace/name`, and its ports."""

    id: str
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A caller that is told a host which none of its own workload's Services has."""

    caller: str
    ids: tuple[str, ...]
    port: int | None
    firm: bool
    place: str


@dataclass(frozen=True, slots=True)
class Network:
    """A range of addresses, what it is for, and whether workload.yaml gives it."""

    prefix: str
    what: str
    stated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One workload, worked out: or the `sentence` that says why it is not.

    `resources` count what the placement that is `chosen` makes in API Management, by the ids of
    `data/shared_limits.csv`; None where its templates cannot be made, which `unknown` says.
    `left_out` are parts of the input that could not be used, `cluster` and `api_management` what
    is there already, as `group/name`.
    """

    state: State
    sentence: str = ""
    name: str = ""
    title: str = ""
    region: str = ""
    decided: str = ""
    holds: bool = True
    chosen: str = ""
    verdict: str = ""
    placements: tuple[Placed, ...] = ()
    services: tuple[ServiceName, ...] = ()
    published: int = 0
    apis: tuple[PublishedApi, ...] = ()
    products: tuple[str, ...] = ()
    resources: Mapping[str, int] | None = None
    networks: tuple[Network, ...] = ()
    told: tuple[Told, ...] = ()
    left_out: tuple[str, ...] = ()
    openings: int = 0
    unknown: tuple[str, ...] = ()
    load: float | None = None
    cluster: str = ""
    api_management: str = ""
    resource_names: tuple[str, ...] = ()
    currency: str = ""

    @property
    def placed(self) -> Placed | None:
        """The chosen placement: the recorded one, else the first of the ranking."""
        return next((p for p in self.placements if p.option == self.chosen), None)

    def of(self, option: str) -> Placed | None:
        """The placement of this option; None where it was not compared."""
        return next((p for p in self.placements if p.option == option), None)


def written(found: Assessment) -> bytes:
    """The assessment as JSON: the same bytes for the same value."""
    data = {"schema_version": SCHEMA_VERSION, **plain(found)}
    return (
        json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1).encode(errors="replace")
        + b"\n"
    )


def read(text: bytes) -> Assessment:
    """The assessment that was written.

    Raises:
        ValueError: these bytes are none.
    """
    data = json.loads(text)
    if not isinstance(data, dict) or data.pop("schema_version", None) != SCHEMA_VERSION:
        raise ValueError("no assessment of this version")
    found: Assessment = _built(Assessment, data)
    return found


def stopped(state: State, sentence: str) -> Assessment:
    """An assessment that ended before it had a result."""
    return Assessment(state=state, sentence=sentence.encode(errors="replace").decode())


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _built(kind: Any, data: Any) -> Any:
    """The value of this type that JSON holds."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return None if data is None else _built(inner[0], data)
    if origin is tuple and isinstance(data, list):
        return tuple(_built(inner[0], item) for item in data)
    if origin is Mapping and isinstance(data, dict):
        return {str(key): _built(inner[1], item) for key, item in data.items()}
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(data, dict):
        types, known = _types(kind), {f.name for f in fields(kind)}
        if set(data) != known:
            raise ValueError(f"other fields than those of {kind.__name__}")
        return kind(**{name: _built(types[name], item) for name, item in data.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(kind, type) or type(data) is not kind:
        raise ValueError(f"{kind} was expected")
    return data
