"""What happens to an entry in its life: certificates change, Services go down, it starts again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from apim_aks.artefacts.manifests import certificate_secret
from apim_aks.remote.calls import Ending
from apim_aks.testbed.attacks import Judgement
from apim_aks.testbed.authorities import Authority, Identity
from apim_aks.testbed.doors import Door
from apim_aks.testbed.entries.entry import Entry
from apim_aks.testbed.operations import calls
from apim_aks.testbed.recorder import Arrival

_PATIENCE = 5.0
"""Seconds within which what was changed has to hold; it takes a fraction of one."""
_PAUSE = 0.01
_HOUR = timedelta(hours=1)


def _until(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + _PATIENCE
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(_PAUSE)
    return held


def _server(door: Door) -> str:
    """The name in Key Vault of the certificate of what stands at this door."""
    held = door.site.scene.topology.certificates
    return certificate_secret(next(c.id for c in held if c.held_by == door.backend.component))


@contextmanager
def _renewed(door: Door, entry: Entry, **changes: Identity | bytes) -> Iterator[None]:
    """The vault with these changes, and as it was afterwards."""
    vault = door.site.vault
    entry.renew({**vault, **changes})
    yield
    entry.renew(vault)
    _until(door.served)


def _rotated(door: Door, entry: Entry) -> Judgement:
    before, failed, over = door.presented(), [0, 0], threading.Event()

    def flow() -> None:
        while not over.is_set():
            failed[not door.served()] += 1

    flowing = threading.Thread(target=flow, daemon=True)
    flowing.start()
    new = door.site.signer(door.backend).issue(door.backend.host)
    with _renewed(door, entry, **{_server(door): new}):
        taken = _until(lambda: door.presented() not in (before, b""))
        time.sleep(5 * _PAUSE)
        over.set()
        flowing.join()
    if not taken:
        return Judgement(False, "the old certificate is still shown")
    return Judgement(not failed[1], f"{failed[1] or 'no'} calls failed; the new one is shown")


def _client_rotated(door: Door, entry: Entry) -> Judgement:
    new = door.site.parties.clients.issue(door.site.scene.client_name)
    outcome, arrived = door.ask(door.call(certificate=new.pem))
    served = outcome.answered and [a.service for a in arrived] == [door.service]
    return Judgement(served, outcome.words)


def _rolled_over(door: Door, entry: Entry) -> Judgement:
    old, new = door.site.parties.clients, Authority("testbed client authority, the next")
    shown = new.issue(door.site.scene.client_name).pem
    name = certificate_secret("client-authority")

    with _renewed(door, entry, **{name: old.certificate + new.certificate}):
        both = _until(lambda: door.served(shown)) and door.served()
        entry.renew({**door.site.vault, name: new.certificate})
        alone = _until(lambda: not door.served()) and door.served(shown)
    words = ("both were served", "then the new one alone")
    seen = [w if held else f"not so: {w}" for w, held in zip(words, (both, alone), strict=True)]
    return Judgement(both and alone, ", ".join(seen))


def _expired(door: Door, entry: Entry) -> Judgement:
    signer = door.site.signer(door.backend)
    late = signer.issue(door.backend.host, begins=-2 * _HOUR, ends=-_HOUR)
    with _renewed(door, entry, **{_server(door): late}):
        sent = door.call(checked=door.checked)
        _until(lambda: door.ask(sent)[0].ending is Ending.UNTRUSTED)
        outcome, arrived = door.ask(sent)
    seen = "the gateway ends the handshake and sends nothing"
    held = outcome.ending is Ending.UNTRUSTED and not arrived
    return Judgement(held, seen if held else outcome.words)


def _down(door: Door, entry: Entry) -> Judgement:
    servers = [s for (id, _), s in door.site.listening.items() if id == door.service]
    others = (
        c for c in calls(door.site.scene.drawn.mapping) if c.operation.service != door.service
    )
    beside = next(others, None)
    for server in servers:
        server.down = True
    try:
        outcome, arrived = door.ask(door.call())
        served = beside is None or door.other(beside).served()
    finally:
        for server in servers:
            server.down = False
    seen = outcome.words if served else f"{outcome.words}; another Service is not served"
    return Judgement(outcome.status in (502, 503, 504) and not arrived and served, seen)


def _restarted(door: Door, entry: Entry) -> Judgement:
    """A stranger asks all the time, while it ends, is gone, and starts."""
    stranger = door.stranger()
    admitted: list[Arrival] = []
    door.site.keeper.end(entry.name)
    gone = not door.ask(stranger)[0].answered
    entry.begin()

    def back() -> bool:
        ready = entry.ready()
        if ready or entry.shut_at_start:
            admitted.extend(door.ask(stranger)[1])
        return ready and door.served()

    served = _until(back)
    if admitted and door.pinned:
        return Judgement(False, "a stranger's call arrived at a Service while it started")
    if not (gone and served):
        return Judgement(False, "it does not serve again")
    return Judgement(True, f"nobody is answered while it is gone{entry.start_words}")


FAULTS: dict[str, Callable[[Door, Entry], Judgement]] = {
    "certificate-rotated": _rotated,
    "client-certificate-rotated": _client_rotated,
    "authority-rolled-over": _rolled_over,
    "expired-server-certificate": _expired,
    "service-down": _down,
    "entry-restarted": _restarted,
}
"""The faults by their id in data/testbed_checks.csv."""
