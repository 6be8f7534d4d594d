"""What AKS writes into the security group of the nodes for a Service of type LoadBalancer."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows

Meaning = Literal[
    "internal",
    "allowed-ranges",
    "allowed-tags",
    "denies-rest",
    "no-rules",
    "no-floating-ip",
    "subnet",
    "address",
    "private-link",
    "public-address",
    "dns-label",
    "unconcerned",
]
When = Literal["public-unlimited", "ranges", "tags", "denies-rest", "invalid-range"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerAnnotation(Row):
    """An annotation of a Service, `*` standing for any text, and what it means for who gets in."""

    means: Meaning
    annotation: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerRule(Row):
    """A rule that is written `when` this holds of the Service.

    `admits` is a tag, `*`, or the `ranges` or `tags` of the Service.
    """

    id: str
    when: When
    access: Literal["Allow", "Deny"]
    priority: int
    admits: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateRange(Row):
    """A range of private addresses."""

    id: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleAddress(Row):
    """Addresses that stand for those of a place where nothing else is known of them."""

    id: Literal["outside", "inside"]
    range: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePorts(Row):
    """The ports of nodes among which Kubernetes takes one, the first and the last included."""

    id: str
    first: int
    last: int
    because: str
    status: Status


@cache
def example_range(id: str) -> str:
    """Addresses that stand for those `outside` Azure's networks, or `inside` one."""
    rows = read_rows(DATA / "example_addresses.csv", ExampleAddress)
    return next(row.range for row in rows if row.id == id)


@cache
def node_ports() -> tuple[int, int]:
    """The first and the last port of nodes that Kubernetes gives to Services."""
    (row,) = read_rows(DATA / "node_ports.csv", NodePorts)
    return row.first, row.last


@cache
def _annotations() -> tuple[BalancerAnnotation, ...]:
    return read_rows(DATA / "load_balancer_annotations.csv", BalancerAnnotation)


@cache
def meaning_of(annotation: str) -> Meaning | None:
    """The effect of a Service annotation on who is admitted; None if it is not known."""
    rows = _annotations()
    return next((r.means for r in rows if fnmatchcase(annotation, r.annotation)), None)


def annotation_for(meaning: Meaning) -> str:
    """The annotation by which a Service asks for this."""
    return next(r.annotation for r in _annotations() if r.means == meaning)


@cache
def balancer_rules() -> tuple[BalancerRule, ...]:
    """The rules in the order of their priorities."""
    return read_rows(DATA / "load_balancer_rules.csv", BalancerRule)


@cache
def private_ranges() -> tuple[str, ...]:
    """The ranges of private addresses."""
    return tuple(row.id for row in read_rows(DATA / "private_ranges.csv", PrivateRange))


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteController(Row):
    """By which label the pods of a controller are known that answers for routes of a kind.

    `classes` are the classes of routes that it takes; without any it takes all of the kind.
    `controller` is what an IngressClass of its own names.
    """

    id: str
    route_kind: str
    classes: tuple[str, ...] = ()
    label: str
    value: str
    controller: str = ""
    because: str
    status: Status


@cache
def route_controllers() -> tuple[RouteController, ...]:
    """The controllers that are known by a label of their pods."""
    return read_rows(DATA / "route_controllers.csv", RouteController)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedIngress(Row):
    """Objects for each of which an add-on of AKS makes an ingress controller with a Service.

    It makes one object and its Service itself; the Services of others begin with `prefix` where
    the object names no other. Pods have the name of the Service in `label`.
    """

    id: str
    group: str
    kind: str
    default_object: str
    default_class: str
    default_service: str
    prefix: str
    namespace: str
    label: str
    ports: tuple[str, ...]
    because: str
    status: Status


@cache
def managed_ingresses() -> tuple[ManagedIngress, ...]:
    """The ingress controllers that add-ons of AKS make."""
    return read_rows(DATA / "managed_ingresses.csv", ManagedIngress)
