"""A caller of pods as a mesh sees it, and what Istio's rules say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from apim_aks.workload.guards.guard import Answer, every, some
from apim_aks.workload.guards.istio import Rule, Source

_IDENTITY = re.compile(r"(?:[^/]+|\*)/ns/([^/*]+)/(?:sa/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who opens the connection to the pods: from outside the cluster, or an ingress in it.

    `mesh` is the one that gives it an identity, empty for none. `namespace` is that of its pods,
    empty outside the cluster; `joins` says that its pods could get the proxy of a mesh.
    """

    words: str
    mesh: str = ""
    namespace: str = ""
    joins: bool = False


def matches(rule: Rule, caller: Caller, port: str) -> Answer:
    """The rule is true of the calls of this caller to this port of the pods."""
    found = [some(tuple(_of(s, caller) for s in rule.sources))] if rule.sources is not None else []
    if rule.ports is not None:
        found.append(_port(port, rule.ports))
    if rule.narrowed:
        found.append(Answer.UNKNOWN)
    return every(tuple(found))


def _port(port: str, ports: tuple[str, ...]) -> Answer:
    if not port.isdecimal():
        return Answer.UNKNOWN
    return Answer.YES if port in ports else Answer.NO


def _of(source: Source, caller: Caller) -> Answer:
    found = tuple(_field(name, values, caller) for name, values in source.fields)
    return every((*found, *(Answer.UNKNOWN for _ in source.unread)))


def _field(name: str, values: tuple[str, ...], caller: Caller) -> Answer:
    """One field of a source; what rests on addresses and tokens cannot be told here."""
    if name not in ("principals", "namespaces", "serviceAccounts"):
        return Answer.UNKNOWN
    if not caller.mesh:
        return Answer.NO
    if name == "namespaces":
        return _named(caller.namespace, values)
    return some(tuple(_principal(value, caller, name) for value in values))


def _named(name: str, patterns: tuple[str, ...]) -> Answer:
    return Answer.YES if any(_like(name, p) for p in patterns) else Answer.NO


def _like(name: str, pattern: str) -> bool:
    """Istio takes one star, at the beginning, at the end, or alone."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


def _principal(value: str, caller: Caller, field: str) -> Answer:
    """An identity is `trust domain/ns/namespace/sa/account`; the account nobody here knows."""
    if value == "*":
        return Answer.YES
    namespace, account = _parts(value, field)
    if not namespace:
        return Answer.UNKNOWN
    if namespace != caller.namespace:
        return Answer.NO
    return Answer.YES if account == "*" else Answer.UNKNOWN


def _parts(value: str, field: str) -> tuple[str, str]:
    """Namespace and account of an identity; no namespace where a star may stand for it."""
    if field == "serviceAccounts":
        namespace, _, account = value.rpartition("/")
        return namespace, account
    found = _IDENTITY.fullmatch(value)
    return (found[1], found[2]) if found else ("", "")
