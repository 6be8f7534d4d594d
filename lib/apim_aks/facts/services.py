"""What shows the role of a Service, and what API Management can do with protocols beside REST."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRole(Row):
    """What an image, a label, a port or a name says about the role of a Service.

    A `pattern` of `image` and `whole-name` may hold `*`; one of `name` is a part of the name, one
    of `name-end` its last part. What `backend-protocol` says of a port is the value of the
    annotation of an Ingress to it.
    """

    evidence: Literal[
        "image", "label", "port-name", "whole-name", "name", "name-end", "port", "backend-protocol"
    ]
    pattern: str
    role: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRow(Row):
    """What API Management can do with a Service that is no REST API."""

    role: str
    at_gateway: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRow(Row):
    """A host (`*` for anything) whose OpenID metadata are not below the issuer, and why."""

    pattern: str
    because: str
    metadata: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPath(Row):
    """The end of a path where callers get a token, or what a token is checked with."""

    ending: str
    because: str


@cache
def issuers() -> tuple[IssuerRow, ...]:
    """Token issuers whose metadata have to be named."""
    return read_rows(DATA / "issuers.csv", IssuerRow)


@cache
def sign_in_paths() -> tuple[SignInPath, ...]:
    """The paths on which callers have no token yet."""
    return read_rows(DATA / "sign_in_paths.csv", SignInPath)


@cache
def service_roles() -> tuple[ServiceRole, ...]:
    """What shows that a Service is a database, a cache, a queue and the like, strongest first."""
    return read_rows(DATA / "service_roles.csv", ServiceRole)


@cache
def protocols() -> tuple[ProtocolRow, ...]:
    """The roles that speak something else than REST, with what can be done about it."""
    return read_rows(DATA / "protocols.csv", ProtocolRow)
