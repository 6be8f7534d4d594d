"""An entry as its manifests say it, whichever kinds they are of: who is admitted, what leads where.

A translator makes these values of the objects of one ingress controller and refuses what it does
not know; `envoy_entry` makes Envoy's configuration of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from apim_aks.testbed.processes import NotStarted

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A port of a Service (`namespace/name`); with `tls_name` by TLS, to whoever shows it."""

    service: str
    port: int
    weight: int = 1
    tls_name: str = ""


@dataclass(frozen=True, slots=True)
class PathMatch:
    """`exact` is this path, `prefix` what begins with it, `below` it and what stands below it."""

    kind: Literal["exact", "prefix", "below"]
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Calls of these hosts and paths go to these targets, the part that matched replaced."""

    hosts: tuple[str, ...]
    paths: tuple[PathMatch, ...]
    replaced_by: str | None
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """Calls of these hosts from these ranges are admitted; no ranges mean every address."""

    ranges: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRules:
    """What an entry does. `secret` is the object with its certificate, `authority` the one with
    the authorities of client certificates, and its key; None where it asks for none. `names` are
    those that a client certificate has to hold one of, `admissions` None where everybody is let in.
    """

    hosts: tuple[str, ...]
    secret: tuple[str, str]
    authority: tuple[str, str, str] | None
    names: tuple[str, ...]
    minimum_tls: str
    admissions: tuple[Admission, ...] | None
    rules: tuple[Rule, ...]


def only(data: Mapping[str, Any], what: str, *known: str) -> None:
    """Check that the mapping has no other keys than these.

    Raises:
        NotStarted: it says something that is not translated.
    """
    for key in data:
        if key not in known:
            raise NotStarted(f"{what} says {key}, which is not translated for Envoy")


def one_of(value: Any, what: str, *known: Any) -> Any:
    """The value, where it is one of these.

    Raises:
        NotStarted: it is another.
    """
    if value not in known:
        raise NotStarted(f"{what} is {value!r}, which is not translated for Envoy")
    return value


def the_one(gateways: Sequence[Object], namespace: str) -> Object:
    """The Gateway of this namespace.

    Raises:
        NotStarted: there is none, or there are several.
    """
    if len(gateways) != 1:
        raise NotStarted(f"{len(gateways)} Gateways are in {namespace}, and one is translated")
    return gateways[0]


def called(object: Object) -> str:
    """Kind and name, for messages."""
    return f"{object['kind']} {object['metadata']['name']}"
