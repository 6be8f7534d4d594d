"""Facts about the programs that the testbed runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedKind(Row):
    """A kind that the testbed's cluster API serves: version, name in addresses, kind."""

    api_version: str
    resource: str
    kind: str
    because: str
    status: Status


@cache
def served_kinds() -> tuple[ServedKind, ...]:
    """The kinds that an ingress controller asks the cluster API for."""
    return read_rows(DATA / "testbed_kinds.csv", ServedKind)


Judged = Literal[
    "",
    "handshake",
    "unauthorised",
    "forbidden",
    "refused",
    "nothing-arrives",
    "own-service",
    "foreign",
]


Family = Literal["certificate", "tls", "address", "route", "message", "token", "rotation", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestbedCheck(Row):
    """What the testbed does to a running entry, and how that has to end.

    `family` says what has to be there for it, `judged` how an attack is judged.
    """

    id: str
    family: Literal[
        "certificate",
        "tls",
        "address",
        "route",
        "message",
        "token",
        "key",
        "caller",
        "caller-address",
        "web",
        "climbing",
        "rotation",
        "fault",
    ]
    attempt: str
    expected: str
    judged: Judged = ""
    claim: str
    because: str
    status: Status


@cache
def testbed_checks() -> tuple[TestbedCheck, ...]:
    """The attacks and faults in the order in which they are made."""
    return read_rows(DATA / "testbed_checks.csv", TestbedCheck)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn(Row):
    """What runs in the testbed, for what it stands, and what that does not prove."""

    id: str
    runs: str
    stands_for: str
    not_proved: str
    status: Status


@cache
def stand_ins() -> tuple[StandIn, ...]:
    """Everything in the testbed that is not what runs in Azure."""
    return read_rows(DATA / "testbed_stand_ins.csv", StandIn)
