"""Tokens that are missing or wrong, where the gateway's own is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apim_aks.remote.calls import Outcome
from apim_aks.testbed.attacks import forged
from apim_aks.testbed.attacks.forged import Forge
from apim_aks.testbed.doors import Door
from apim_aks.testbed.gateway import audience, credential, token_headers
from apim_aks.testbed.parties import PRINCIPAL
from apim_aks.testbed.recorder import Arrival

Ends = Iterator["tuple[Outcome, tuple[Arrival, ...]]"]
STRANGER = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"


def _sent(token: Forge) -> Callable[[Door], Ends]:
    """The right call with this token instead of the gateway's."""

    def made(door: Door) -> Ends:
        shown = credential(door.site, door.backend)
        assert shown
        issuer = door.site.parties.issuer
        found = token(issuer, issuer.claims(audience(shown), oid=PRINCIPAL))
        yield door.ask(door.call(headers=token_headers(found)))

    return made


def _foreign(door: Door) -> Ends:
    shown = credential(door.site, door.backend)
    assert shown
    parties = door.site.parties
    claims = parties.issuer.claims(audience(shown), oid=PRINCIPAL)
    yield door.ask(door.call(headers=token_headers(parties.impostor.token(claims))))


def _none(door: Door) -> Ends:
    yield door.ask(door.call(headers=()))
    yield door.ask(door.call(headers=(("Authorization", dict(door.headers).popitem()[1]),)))


ATTACKS: dict[str, Callable[[Door], Ends]] = {
    "no-token": _none,
    "expired-token": _sent(forged.expired),
    "token-not-yet-valid": _sent(forged.not_yet_valid),
    "other-audience": _sent(forged.for_another_audience),
    "other-issuer": _sent(forged.by_another_issuer),
    "foreign-key": _foreign,
    "unsigned-token": _sent(forged.unsigned),
    "confused-algorithm": _sent(forged.confused),
    "tampered-token": _sent(
        lambda issuer, claims: issuer.tampered({**claims, "aud": "api://other"}, aud=claims["aud"])
    ),
    "other-identity": _sent(lambda issuer, claims: issuer.token({**claims, "oid": STRANGER})),
    "callers-token": _sent(
        lambda issuer, claims: issuer.token({**claims, "aud": "api://callers", "oid": STRANGER})
    ),
}
