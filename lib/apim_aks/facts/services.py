"""What shows the role of a Service, and what API Management can do with protocols beside REST."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRole(Row):
    """What an image, a label, a port or a name says about the role of a Service.

    A `pattern` of `image` and `whole-name` may hold `*`; one of `name` is a part of the name.
    """

    evidence: Literal["image", "label", "port-name", "whole-name", "name", "port"]
    pattern: str
    role: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRow(Row):
    """What API Management can do with a Service that is no REST API."""

    role: str
    at_gateway: str
    status: Status


@cache
def service_roles() -> tuple[ServiceRole, ...]:
    """What shows that a Service is a database, a cache, a queue and the like, strongest first."""
    return read_rows(DATA / "service_roles.csv", ServiceRole)


@cache
def protocols() -> tuple[ProtocolRow, ...]:
    """The roles that speak something else than REST, with what can be done about it."""
    return read_rows(DATA / "protocols.csv", ProtocolRow)
