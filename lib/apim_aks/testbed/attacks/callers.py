"""Keys, tokens, pages and paths of callers, at the gateway's policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import product

from apim_aks.remote.calls import Ending, Outcome
from apim_aks.testbed.attacks import forged
from apim_aks.testbed.attacks.forged import Forge
from apim_aks.testbed.attacks.routes import STRANGERS
from apim_aks.testbed.contents import DECOY
from apim_aks.testbed.exchange import Headers, Request
from apim_aks.testbed.front import FOREIGN_KEY, Front, bearer, key
from apim_aks.testbed.operations import Called
from apim_aks.testbed.recorder import Arrival

Ends = Iterator["tuple[Outcome, tuple[Arrival, ...]]"]
ORIGIN = "https://page.of.a.stranger.example"
"""The origin of a web page that is not allowed to call."""
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


def _sent(token: Forge) -> Callable[[Front, Called], Ends]:
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
    "caller-expired": _sent(forged.expired),
    "caller-not-yet-valid": _sent(forged.not_yet_valid),
    "caller-other-audience": _sent(forged.for_another_audience),
    "caller-other-issuer": _sent(forged.by_another_issuer),
    "caller-foreign-key": _foreign,
    "caller-unsigned": _sent(forged.unsigned),
    "caller-confused-algorithm": _sent(forged.confused),
    "caller-tampered": _sent(lambda issuer, claims: issuer.tampered(claims, sub="mallory")),
    "caller-elsewhere": _elsewhere,
    "foreign-origin": _preflight,
    "climbing-path": _climbing,
}
"""The attacks by their id in data/testbed_checks.csv."""
