"""Calls from elsewhere, for other hosts, and to paths that nothing publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apim_aks.remote.calls import Outcome
from apim_aks.testbed.contents import DECOY
from apim_aks.testbed.doors import Door
from apim_aks.testbed.recorder import Arrival

Ends = Iterator["tuple[Outcome, tuple[Arrival, ...]]"]

STRANGERS = ("203.0.113.66", "198.51.100.66", "192.0.2.66")
"""Documentation addresses (RFC 5737)."""
_DECOY = "/".join(("", *DECOY))


def _elsewhere(door: Door) -> Ends:
    yield door.ask(door.call(), STRANGERS[0])


def _forged(door: Door) -> Ends:
    told = door.site.gateway
    for name, value in (
        ("X-Forwarded-For", told),
        ("X-Real-IP", told),
        ("Forwarded", f"for={told}"),
        ("X-Envoy-External-Address", told),
    ):
        yield door.ask(door.call(headers=(*door.headers, (name, value))), STRANGERS[0])


def _other_host(door: Door) -> Ends:
    name, namespace = DECOY[1], DECOY[0]
    for host in (f"{name}.{namespace}.svc.cluster.local", f"{name}.{namespace}", "localhost"):
        yield door.ask(door.call(headers=(*door.headers, ("Host", host))))


def _unpublished(door: Door) -> Ends:
    for path in (f"{_DECOY}/", _DECOY, "/", "/healthz", "/metrics"):
        yield door.ask(door.call(path))


def _beside(door: Door) -> Ends:
    above = door.prefix.rpartition("/")[0]
    for path in (f"{door.prefix}beside/tb", f"{door.prefix.upper()}/tb", f"{above}/", "/tb"):
        yield door.ask(door.call(path))


def _outside(door: Door) -> Ends:
    for shape in (
        "/{prefix}/tb",
        "{prefix}/../..{decoy}",
        "{prefix}/%2e%2e/%2e%2e{decoy}",
        "{prefix}/%252e%252e/%252e%252e{decoy}",
        "{prefix}/..;/..;{decoy}",
        "{prefix}/..%2f..%2f{decoy}",
        "{prefix}/..%5c..%5c{decoy}",
        "{prefix}/..\\..\\{decoy}",
        "{prefix};{decoy}",
        "{prefix}%2f..%2f..{decoy}",
        "/./{decoy}",
        "//{decoy}",
    ):
        yield door.ask(door.call(shape.format(prefix=door.prefix, decoy=_DECOY)))


ATTACKS: dict[str, Callable[[Door], Ends]] = {
    "other-address": _elsewhere,
    "forged-forwarding": _forged,
    "other-host": _other_host,
    "unpublished-service": _unpublished,
    "beside-the-prefix": _beside,
    "outside-the-prefix": _outside,
}
