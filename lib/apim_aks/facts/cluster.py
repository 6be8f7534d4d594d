"""What stands in the cluster: controllers, certificates, owners, and the roles of Services."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller(Row):
    """An ingress controller on AKS: support status, what it can check, who maintains it."""

    id: str
    name: str
    short: str
    status: Literal["supported", "superseded", "retiring", "retired", "self-run"]
    mtls: Literal["documented", "upstream", "unverified", "no"]
    static_ip: bool
    run_by_customer: bool
    generated: Literal["default", "yes", "no"]
    generated_because: str
    minimum_kubernetes: str = ""
    upgrades_a_year: float
    upgrades_because: str
    install: str
    mtls_fields: str = ""
    allow_list: str
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateKind(Row):
    """A kind of certificate on the path and how often a year it is replaced."""

    id: str
    label: str
    per_year: float
    status: Status
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow(Row):
    """Who owns a kind of component, as a judgement with its reason."""

    kind: str
    label: str
    owner: str
    because: str
    status: Status


@cache
def controllers() -> tuple[Controller, ...]:
    """The ingress controllers, the documented default first."""
    return read_rows(DATA / "ingress_controllers.csv", Controller)


def controller(id: str) -> Controller:
    """The ingress controller of this id."""
    return by_id("ingress controller", controllers(), id)


@cache
def default_controller() -> Controller:
    """The ingress controller whose client-certificate check AKS itself documents."""
    return next(c for c in controllers() if c.generated == "default")


@cache
def least_work_controller() -> Controller:
    """The supported ingress controller with an address of its own that asks least of a customer.

    It is for an ingress that asks for no client certificate, which every one of them can be.
    """
    fit = (c for c in controllers() if c.status == "supported" and c.generated != "no")
    able = (c for c in fit if c.static_ip and c.id != "none")
    return min(able, key=lambda c: (c.run_by_customer, c.upgrades_a_year))


@cache
def certificate_kinds() -> tuple[CertificateKind, ...]:
    """The kinds of certificates that an option can bring."""
    return read_rows(DATA / "certificates.csv", CertificateKind)


def certificate_kind(id: str) -> CertificateKind:
    """The kind of certificate of this id."""
    return by_id("certificate", certificate_kinds(), id)


@cache
def component_rows() -> tuple[ComponentRow, ...]:
    """The kinds of components with the team that owns each."""
    return read_rows(DATA / "components.csv", ComponentRow)


def component_row(kind: str) -> ComponentRow:
    """The row of this component kind."""
    for row in component_rows():
        if row.kind == kind:
            return row
    raise unknown("component kind", kind, [r.kind for r in component_rows()])


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedChange(Row):
    """A change that is required from time to time, such as an upgrade."""

    cause: str
    label: str
    per_year: float
    status: Status
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaRow(Row):
    """The promised availability of a part of the data path beside API Management, in percent."""

    kind: str
    label: str
    percent: float
    status: Status
    because: str


@cache
def forced_changes() -> tuple[ForcedChange, ...]:
    """The changes a year that components of an option require."""
    return read_rows(DATA / "forced_changes.csv", ForcedChange)


@cache
def slas() -> tuple[SlaRow, ...]:
    """The promised availability of parts that a path to a Service can have."""
    return read_rows(DATA / "slas.csv", SlaRow)
