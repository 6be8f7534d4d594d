"""Facts for reading templates: default rules, service tags, types irrelevant to networks."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRule(Row):
    """A rule that Azure puts into every network security group."""

    id: str
    direction: Literal["Inbound", "Outbound"]
    priority: int
    access: Literal["Allow", "Deny"]
    protocol: str
    source_prefix: str
    destination_prefix: str
    port: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconcerned(Row):
    """A resource type, or paths of its properties, that say nothing of who may connect to what.

    `*` is any type; in a path it stands for anything.
    """

    type: str
    properties: tuple[str, ...] = ()
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTag(Row):
    """Address ranges that are always in a service tag."""

    id: str
    prefixes: tuple[str, ...]
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDependency(Row):
    """What API Management calls beside back ends, by the service tag and the port of it."""

    id: Literal["key-vault", "entra-id", "issuer"]
    tag: str
    port: int
    because: str
    status: Status


@cache
def gateway_dependency(id: str) -> GatewayDependency:
    """What API Management calls for its certificates, its identity or an issuer of tokens."""
    rows = read_rows(DATA / "gateway_dependencies.csv", GatewayDependency)
    return next(row for row in rows if row.id == id)


@cache
def tag_prefixes(tag: str) -> tuple[str, ...]:
    """The address ranges that are always in a service tag; none where nothing is known of it."""
    rows = read_rows(DATA / "service_tags.csv", ServiceTag)
    return tuple(p for row in rows if row.id.lower() == tag.lower() for p in row.prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringDefault(Row):
    """What Azure takes a property of a peering to be where nobody gives it."""

    id: str
    value: bool
    because: str
    status: Status


@cache
def peering_default(property: str) -> bool:
    """The value of a property of a peering that is not given."""
    rows = read_rows(DATA / "peering_defaults.csv", PeeringDefault)
    return by_id("property of a peering", rows, property).value


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFile(Row):
    """Files of a language that describes networks too and is not read: what to give instead."""

    suffix: str
    what: str
    instead: str
    status: Status


@cache
def unread_files() -> tuple[UnreadFile, ...]:
    """The kinds of files beside which nothing is proved closed."""
    return read_rows(DATA / "unread_files.csv", UnreadFile)


@cache
def default_security_rules() -> tuple[DefaultRule, ...]:
    """The rules of every network security group, in the order of their priorities."""
    return read_rows(DATA / "default_security_rules.csv", DefaultRule)


@cache
def _unconcerned() -> tuple[Unconcerned, ...]:
    return read_rows(DATA / "unconcerned.csv", Unconcerned)


@cache
def is_unconcerned(type: str) -> bool:
    """Whether a resource of this type has no part in who may connect to what."""
    kinds = (row.type.lower() for row in _unconcerned() if not row.properties)
    return any(fnmatchcase(type.lower(), kind) for kind in kinds)


@cache
def is_unconcerned_property(type: str, path: str) -> bool:
    """Whether a property of this type, or what it stands in, says nothing of it."""
    rows = (row for row in _unconcerned() if row.type.lower() in ("*", type.lower()))
    skipped = (skip.lower() for row in rows for skip in row.properties)
    below = f"{path.lower()}."
    return any(fnmatchcase(below, f"{skip}.*") for skip in skipped)
