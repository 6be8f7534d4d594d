"""Client certificates that are missing or wrong, and TLS that is too old or not there."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from apim_aks.remote.calls import Outcome
from apim_aks.testbed.authorities import Authority, Identity, self_signed
from apim_aks.testbed.doors import Door
from apim_aks.testbed.recorder import Arrival

Ends = Iterator["tuple[Outcome, tuple[Arrival, ...]]"]
_DAY = timedelta(days=1)


def _shown(identity: Callable[[Door, str], Identity | None]) -> Callable[[Door], Ends]:
    """The right call with this certificate instead of the gateway's."""

    def made(door: Door) -> Ends:
        found = identity(door, door.site.scene.client_name)
        yield door.ask(door.call(certificate=found.pem if found else b"", checked=False))

    return made


def _clients(door: Door) -> Authority:
    return door.site.parties.clients


def _old_tls(door: Door) -> Ends:
    mark = door.site.recorder.mark()
    call = door.call(headers=(), checked=False)
    outcome = door.site.network.ask(call, door.site.gateway, ssl.TLSVersion.TLSv1_1)
    yield outcome, door.site.recorder.since(mark)


def _plain(door: Door) -> Ends:
    yield door.ask(replace(door.call(certificate=b""), tls=False))


ATTACKS: dict[str, Callable[[Door], Ends]] = {
    "no-certificate": _shown(lambda door, name: None),
    "self-signed-certificate": _shown(lambda door, name: self_signed(name)),
    "foreign-authority": _shown(lambda door, name: door.site.parties.foreign.issue(name)),
    "expired-certificate": _shown(
        lambda door, name: _clients(door).issue(name, begins=-2 * _DAY, ends=-_DAY)
    ),
    "certificate-not-yet-valid": _shown(
        lambda door, name: _clients(door).issue(name, begins=_DAY, ends=2 * _DAY)
    ),
    "other-subject": _shown(lambda door, name: _clients(door).issue(f"other.{name}")),
    "old-tls": _old_tls,
    "plain-http": _plain,
}
