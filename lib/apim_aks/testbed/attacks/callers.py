"""Keys, tokens, pages and paths of callers, at the gateway's policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

from apim_aks.remote.calls import Ending, Outcome
from apim_aks.testbed.attacks.routes import STRANGERS
from apim_aks.testbed.contents import DECOY
from apim_aks.testbed.exchange import Headers, Request
from apim_aks.testbed.front import FOREIGN_KEY, Front, bearer, key
from apim_aks.testbed.operations import Called
from apim_aks.testbed.recorder import Arrival
from apim_aks.testbed.tokens import HOUR, Issuer

Ends = Iterator["tuple[Outcome, tuple[Arrival, ...]]"]
Claims = dict[str, Any]
ORIGIN = "https://page.of.a.stranger.example"
"""A web page that nobody has allowed to call."""
_STEPS = ("/..", "/%2e%2e", "/%252e%252e", "/..;", "..%2f", "..%5c", "\\..", ";")
_HIGHEST = 7
_DECOY = "/".join(("", *DECOY))


def _asked(front: Front, request: Request) -> tuple[Outcome, tuple[Arrival, ...]]:
    recorder = front.site.recorder
    mark = recorder.mark()
    response = front.ask(request).response
    status, headers, body = response.status, response.headers, response.body
    outcome = Outcome(Ending.ANSWERED, status, headers, body, connected=True)
    return outcome, recorder.since(mark)


def _keyed(shown: Headers) -> Callable[[Front, Called], Ends]:
    """A right token, with this key."""

    def made(front: Front, called: Called) -> Ends:
        yield _asked(front, front.request(called, (*shown, *front.token(called))))

    return made


def _sent(token: Callable[[Issuer, Claims], str]) -> Callable[[Front, Called], Ends]:
    """A right key, with this token."""

    def made(front: Front, called: Called) -> Ends:
        claims = front.claims(called)
        shown = bearer(token(replace(front.site.parties.issuer, name=claims["iss"]), claims))
        yield _asked(front, front.request(called, (*key(), *shown)))

    return made


def _foreign(front: Front, called: Called) -> Ends:
    shown = bearer(front.site.parties.impostor.token(front.claims(called)))
    yield _asked(front, front.request(called, (*key(), *shown)))


def _without(front: Front, called: Called) -> Ends:
    yield _asked(front, front.request(called, key()))
    yield _asked(front, front.request(called, (*key(), ("Authorization", "Basic YTpi"))))


def _elsewhere(front: Front, called: Called) -> Ends:
    right = front.request(called, (*key(), *front.token(called)))
    told = ("X-Forwarded-For", right.client_address)
    admitted = [ip_network(r) for r in called.operation.handling.admitted]
    stranger = next(a for a in STRANGERS if not any(ip_address(a) in r for r in admitted))
    for headers in (right.headers, (*right.headers, told)):
        yield _asked(front, replace(right, client_address=stranger, headers=headers))


def _late(claims: Claims, by: int) -> Claims:
    return {**claims, **{name: claims[name] + by for name in ("iat", "nbf", "exp")}}


def _preflight(front: Front, called: Called) -> Ends:
    asked = (("Origin", ORIGIN), ("Access-Control-Request-Method", called.method))
    request = replace(front.request(called, asked), method="OPTIONS", body=b"")
    yield _asked(front, request)


def _climbing(front: Front, called: Called) -> Ends:
    """As high as it takes, since a back end may have a path of its own."""
    request = front.request(called, (*key(), *front.token(called)))
    for step, depth in product(_STEPS, range(1, _HIGHEST)):
        path = request.path.rstrip("/") + step * depth + _DECOY
        yield _asked(front, replace(request, path=path))


ATTACKS: dict[str, Callable[[Front, Called], Ends]] = {
    "no-key": _keyed(()),
    "wrong-key": _keyed(key("invented")),
    "other-products-key": _keyed(key(FOREIGN_KEY)),
    "caller-no-token": _without,
    "caller-expired": _sent(lambda issuer, claims: issuer.token(_late(claims, -2 * HOUR))),
    "caller-not-yet-valid": _sent(lambda issuer, claims: issuer.token(_late(claims, 2 * HOUR))),
    "caller-other-audience": _sent(
        lambda issuer, claims: issuer.token({**claims, "aud": f"{claims['aud']}.other"})
    ),
    "caller-other-issuer": _sent(
        lambda issuer, claims: issuer.token({**claims, "iss": "https://issuer.example/"})
    ),
    "caller-foreign-key": _foreign,
    "caller-unsigned": _sent(lambda issuer, claims: issuer.unsigned(claims)),
    "caller-confused-algorithm": _sent(lambda issuer, claims: issuer.confused(claims)),
    "caller-tampered": _sent(lambda issuer, claims: issuer.tampered(claims, sub="mallory")),
    "caller-elsewhere": _elsewhere,
    "foreign-origin": _preflight,
    "climbing-path": _climbing,
}
"""The attacks by their id in data/testbed_checks.csv."""
