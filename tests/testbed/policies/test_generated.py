"""The gateway that the templates make, called as consumers call it: every operation, every guard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.artefacts.policies import expressions as using
from apim_aks.decision.design import Placement, design
from apim_aks.errors import InputError
from apim_aks.options import OPTIONS, option
from apim_aks.testbed.exchange import Headers, Response, header
from apim_aks.testbed.policies import Passage
from apim_aks.testbed.policies.document import Document
from apim_aks.testbed.policies.gateway import Gateway
from apim_aks.testbed.policies.statement import Statement
from apim_aks.topology import Auth
from apim_aks.workload.model import TokenValidation
from tests.support.designs import bundled
from tests.support.gateway_scenes import (
    AUDIENCE,
    ENTRA,
    FRONT_DOOR,
    KEY,
    Scene,
    deployed,
    shown_by,
)
from tests.testbed.policies.test_coverage import RICH

_PARAMETER = re.compile(r"\{(\*?)[^{}]*\}")
ANYONE = "203.0.113.9"
OPTION_IDS = [o.id for o in OPTIONS]


def filled(template: str) -> str:
    """The template with a value for each parameter."""
    template = re.sub(r"/\*$", "/{*}", template)
    return _PARAMETER.sub(lambda found: "a/b" if found[1] else "a%20b", template)


def token_for(placement: Placement, api: Api, operation: ApiOperation) -> Headers:
    """A token that the Service expects, or any of its API; with every permission."""
    services = {s.id: s for s in placement.workload.services}
    asked = [services[s].validates for s in (operation.service, *api.services)]
    said = next(filter(None, asked), TokenValidation(ENTRA, AUDIENCE))
    return shown_by(said.issuer, said.audience, scp="r w")


def called(at: Scene, placement: Placement) -> Iterator[tuple[ApiOperation, str, Passage]]:
    """Every operation, with where it has to arrive and what became of it."""
    for api in placement.mapping.apis:
        for operation in api.operations:
            backend, prefix = placement.topology.backend(operation.service)
            wanted = (
                f"{backend.url.rstrip('/')}{prefix.rstrip('/')}{filled(operation.backend_path)}"
            )
            path = filled(api.path_of(operation))
            sign = "&" if "?" in path else "?"
            done = at.keyed(
                f"{path}{sign}more=%26",
                *token_for(placement, api, operation),
                ("X-Azure-FDID", FRONT_DOOR),
                ("X-Gateway-Authorization", "Bearer forged"),
                method="GET" if operation.wildcard else operation.method,
                client_address=next((r.split("/")[0] for r in operation.handling.admitted), ANYONE),
            )
            sign = "&" if "?" in wanted else "?"
            yield operation, f"{wanted}{sign}more=%26", done


@pytest.mark.parametrize("name", ["contoso-orders", "contoso-retail"])
@pytest.mark.parametrize("id", OPTION_IDS)
def test_every_operation_arrives_where_its_service_serves_it(name: str, id: str) -> None:
    placement = bundled(name).placement(id)
    at, count = deployed(placement), 0
    for operation, wanted, done in called(at, placement):
        count += 1
        assert [s.url for s in done.sent] == [wanted], (operation, done.response)
        assert done.response.status == 200
    assert count == len(placement.mapping.operations) > 6


@pytest.mark.parametrize("id", OPTION_IDS)
def test_each_service_gets_what_the_gateway_shows_and_nothing_forged(id: str) -> None:
    placement = bundled("contoso-retail").placement(id)
    held = {c.id: c.auth for c in placement.topology.credentials}
    for operation, _, done in called(deployed(placement), placement):
        auth = held.get(placement.topology.backend(operation.service)[0].credential)
        (sent,) = done.sent
        own = header(sent.headers, "X-Gateway-Authorization")
        assert own.startswith("Bearer token-for-api://") == (auth is Auth.TOKEN)
        assert "forged" not in own
        assert bool(sent.certificate) == (auth is Auth.CLIENT_CERTIFICATE)
        assert header(sent.headers, "Ocp-Apim-Subscription-Key") == ""


# Promises of a gateway, and what breaks each of them

DESK, ORDERS_API, LOGIN, PLAIN = "/desk", "/orders", "/users/login", "/plain/a"
MINE = ("X-Azure-FDID", FRONT_DOOR)
TOKEN = shown_by(ENTRA, AUDIENCE)
OTHER_TOKEN = shown_by("https://issuer.example/a", "api://other", scp="r w")
READER = shown_by("https://issuer.example/a", "api://other", scp="r")


def desk(at: Scene, *headers: tuple[str, str], **more: str) -> Passage:
    return at.keyed(DESK, MINE, *TOKEN, *headers, **{"client_address": "192.0.2.5", **more})


def orders(at: Scene, *headers: tuple[str, str], **more: str) -> Passage:
    return at.keyed(ORDERS_API, MINE, *(headers or OTHER_TOKEN), **more)


def ok(done: Passage, count: int = 1) -> bool:
    return done.response.status == 200 and len(done.sent) == count


def refused(done: Passage, status: int) -> bool:
    told = done.response.header("Content-Type") == "application/problem+json"
    known = done.response.header("x-correlation-id") != ""
    return done.response.status == status and not done.sent and told and known


def arrives(done: Passage, end: str) -> bool:
    return ok(done) and done.sent[0].url.endswith(end)


def got(done: Passage, name: str) -> str:
    return header(done.sent[0].headers, name) if done.sent else "nothing was sent"


def answers(at: Scene, *headers: tuple[str, str]) -> Scene:
    at.answers = lambda sent: Response(200, headers, str(len(at.sent)).encode())
    return at


def limited(at: Scene, calls: int) -> int:
    """The status of the call after so many."""
    for _ in range(calls):
        orders(at, *READER)
    return orders(at, *READER).response.status


def spread(at: Scene, calls: int) -> int:
    """The same, so slowly that only the quota counts."""
    for _ in range(calls):
        orders(at, *OTHER_TOKEN, method="POST")
        at.now += 1
    return 0


PROMISES: dict[str, Callable[[Scene], bool]] = {
    "desk is served": lambda at: arrives(desk(at), "/desk"),
    "orders are served": lambda at: arrives(orders(at), "/orders"),
    "callers sign in without a token": lambda at: arrives(
        at.keyed(LOGIN, MINE, method="POST"), "/users/login"
    ),
    "a path is passed on": lambda at: arrives(at.keyed(PLAIN, MINE, *TOKEN), "/plain/a"),
    "no climbing": lambda at: refused(at.keyed("/plain/%2e%2e/b", MINE, *TOKEN), 400),
    "only by our Front Door": lambda at: refused(at.keyed(DESK, *TOKEN), 403),
    "Front Door's id goes no further": lambda at: got(orders(at), "X-Azure-FDID") == "",
    "no key, no answer": lambda at: refused(at.call(ORDERS_API, headers=(MINE, *OTHER_TOKEN)), 401),
    "no token, no answer": lambda at: refused(
        at.keyed(DESK, MINE, client_address="192.0.2.5"), 401
    ),
    "another token is refused": lambda at: refused(at.keyed("/secure", MINE, *OTHER_TOKEN), 401),
    "a token of Entra ID is refused": lambda at: refused(orders(at, *TOKEN), 401),
    "users need a token": lambda at: refused(at.keyed("/users/me", MINE), 401),
    "who may read may not write": lambda at: (
        ok(orders(at, *READER)) and refused(orders(at, *READER, method="POST"), 403)
    ),
    "who may write may": lambda at: ok(orders(at, method="POST")),
    "the challenge is told": lambda at: (
        at.keyed("/users/me", MINE).response.header("WWW-Authenticate") == "Bearer"
    ),
    "addresses are listed": lambda at: refused(desk(at, client_address="198.51.100.8"), 403),
    "an address is barred": lambda at: refused(desk(at, client_address="192.0.2.9"), 403),
    "a rate is kept": lambda at: limited(at, 10) == 429,
    "how long to wait is told": lambda at: (
        limited(at, 10) != 429 or orders(at).response.header("Retry-After") == "60"
    ),
    "a page is answered": lambda at: (
        desk(at, ("Origin", "https://app.example")).response.header("Access-Control-Allow-Origin")
        == "https://app.example"
    ),
    "an answer is kept": lambda at: (
        orders(answers(at)).response.body == orders(at).response.body == b"1"
    ),
    "what is forbidden to keep is not kept": lambda at: (
        orders(answers(at, ("Cache-Control", "no-store"))).response.body != orders(at).response.body
    ),
    "the key goes no further": lambda at: (
        got(orders(at), "Ocp-Apim-Subscription-Key") == ""
        and "subscription-key" not in orders(at, method="POST").sent[-1].url
    ),
    "the key in the query goes no further": lambda at: (
        "key"
        not in at.call(f"{ORDERS_API}?subscription-key={KEY}", headers=(MINE, *OTHER_TOKEN))
        .sent[0]
        .url
    ),
    "the gateway shows its token": lambda at: got(
        orders(at, *OTHER_TOKEN, ("X-Gateway-Authorization", "forged"), method="POST"),
        "X-Gateway-Authorization",
    ).startswith("Bearer token-for-"),
    "one id goes in": lambda at: got(orders(at), "x-correlation-id") == "id-of-the-call",
    "one id comes out": lambda at: orders(at).response.header("x-correlation-id") != "",
    "a harmless id is kept": lambda at: (
        got(desk(at, ("x-correlation-id", "a-1")), "x-correlation-id") == "a-1"
    ),
    "it is traced": lambda at: len(orders(at).traced) == 1,
    "nothing tells what runs behind": lambda at: (
        orders(
            answers(
                at, ("X-Powered-By", "a"), ("X-AspNet-Version", "b"), ("X-AspNetMvc-Version", "c")
            )
        ).response.header("X-Powered-By")
        == ""
    ),
    "the time-out of a route": lambda at: desk(at).sent[0].timeout == 1.5,
    "the usual time-out": lambda at: orders(at).sent[0].timeout == 30,
    "headers of a route": lambda at: (
        got(done := desk(at, ("X-Gone", "x")), "X-Set") == "a"
        and got(done, "X-More") == "b"
        and got(done, "X-Gone") == ""
    ),
    "headers of its answers": lambda at: (
        desk(answers(at, ("X-Gone", "x"))).response.header("X-Set") == "a"
        and desk(at).response.header("X-More") == "b"
        and desk(at).response.header("X-Gone") == ""
    ),
}
