"""What routes do today beside leading somewhere, by annotation or field, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.routes import route_annotations
from apim_aks.facts.rows import DATA, Row, Status, read_rows

Outcome = Literal["policy", "entry", "lost"]
"""A policy that is generated, a property of the new entry, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressBehaviour(Row):
    """A family of annotations of one controller, or of fields of a kind of object.

    `prefix` and one of the `names` make the whole name. Where the `outcome` is a policy, `policies`
    are its elements, and `becomes` is for what of it cannot be read. `does` and `becomes` are for a
    sentence; a `value` may be shown where it is no configuration of its own, and does nothing where
    it is `off`, each as `name=value`.
    """

    id: str
    prefix: str
    names: tuple[str, ...]
    does: str
    outcome: Outcome
    policies: tuple[str, ...] = ()
    becomes: str
    value: bool
    off: tuple[str, ...] = ()
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsDefault(Row):
    """What CORS of a kind of route means where nothing is written; `max_age` in seconds."""

    kind: str
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    credentials: bool
    max_age: int
    status: Status


@cache
def _cors_defaults() -> dict[str, CorsDefault]:
    return {row.kind: row for row in read_rows(DATA / "cors_defaults.csv", CorsDefault)}


def cors_default(kind: str) -> CorsDefault:
    """The defaults of nginx, gateway-api, istio or traefik."""
    return _cors_defaults()[kind]


@cache
def ingress_behaviours() -> dict[str, IngressBehaviour]:
    """The row of each annotation or field that is known, by its whole name."""
    rows = read_rows(DATA / "ingress_behaviours.csv", IngressBehaviour)
    return {f"{row.prefix}{name}": row for row in rows for name in row.names}


@cache
def controller_prefixes() -> frozenset[str]:
    """What annotations of the ingress controllers that have a row anywhere begin with."""
    known = (*ingress_behaviours(), *route_annotations())
    return frozenset(f"{name.partition('/')[0]}/" for name in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendProtocol(Row):
    """A setting by its whole name whose `value` says whether the pods are called by TLS."""

    setting: str
    value: str
    tls: bool
    status: Status


@cache
def _backend_protocols() -> dict[tuple[str, str], bool]:
    rows = read_rows(DATA / "backend_protocols.csv", BackendProtocol)
    return {(row.setting, row.value): row.tls for row in rows}


def calls_by_tls(setting: str, value: str) -> bool | None:
    """Whether a setting has the pods called by TLS; None where it says nothing of that."""
    return _backend_protocols().get((setting, value.lower()))


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressClass(Row):
    """A class of Ingresses by its usual name, and what annotations of its controller begin with.

    `text`: a path of the type ImplementationSpecific takes all that begins with it as text. `ends`
    is the row of retirements.csv by which the controller ends, `then` what switches it off once
    nothing uses it.
    """

    name: str
    prefix: str
    text: bool
    ends: str = ""
    then: str = ""
    status: Status


@cache
def ingress_classes() -> dict[str, IngressClass]:
    """The classes by their usual names."""
    return {row.name: row for row in read_rows(DATA / "ingress_classes.csv", IngressClass)}


def paths_as_text(name: str, annotations: Iterable[str]) -> bool:
    """Whether an Ingress of this class, else with these annotations, compares paths as text."""
    known = ingress_classes()
    if name:
        return name in known and known[name].text
    return any(a.startswith(row.prefix) for a in annotations for row in known.values() if row.text)
