"""The gateway that the templates make, called as consumers call it: operations and guards."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.decision.design import Placement, design
from apim_aks.decision.proved import template_files
from apim_aks.errors import InputError
from apim_aks.facts import policy_default
from apim_aks.options import OPTIONS, option
from apim_aks.reachability.templates import resources
from apim_aks.testbed.exchange import Headers, Response, header
from apim_aks.testbed.policies import Given, Passage, gateway_of
from apim_aks.testbed.policies.document import Document
from apim_aks.testbed.policies.gateway import Gateway
from apim_aks.testbed.policies.statement import Statement
from apim_aks.testbed.policies.vocabulary import STATEMENTS
from apim_aks.topology import Auth
from apim_aks.workload.model import TokenValidation
from tests.support.designs import bundled
from tests.support.gateway_scenes import (
    AUDIENCE,
    ENTRA,
    FRONT_DOOR,
    KEY,
    TENANT,
    Scene,
    deployed,
    shown_by,
)
from tests.support.series import SEED, combined
from tests.support.systems import FOLDER, REMAINS, drafted
from tests.testbed.policies.test_coverage import RICH, existing

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
def test_every_operation_arrives_with_what_the_gateway_shows(name: str, id: str) -> None:
    placement = bundled(name).placement(id)
    held = {c.id: c.auth for c in placement.topology.credentials}
    count = 0
    for operation, wanted, done in called(deployed(placement), placement):
        count += 1
        assert [s.url for s in done.sent] == [wanted], (operation, done.response)
        (sent,) = done.sent
        auth = held.get(placement.topology.backend(operation.service)[0].credential)
        own = header(sent.headers, "X-Gateway-Authorization")
        assert own.startswith("Bearer token-for-api://") == (auth is Auth.TOKEN)
        assert "forged" not in own
        assert bool(sent.certificate) == (auth is Auth.CLIENT_CERTIFICATE)
        assert header(sent.headers, "Ocp-Apim-Subscription-Key") == ""
    assert count == len(placement.mapping.operations) > 6


@pytest.mark.parametrize("name", combined("aks-store-demo", *sorted(REMAINS)))
def test_systems_that_we_did_not_write_are_carried_out(corpora: Path, name: str) -> None:
    found = drafted(corpora / FOLDER / name)
    if found.workload is None or found.mapping is None or not found.mapping.published:
        return
    (placement,) = design(found.workload, [option("public-services")]).placements
    for operation, wanted, done in called(deployed(placement), placement):
        assert [s.url for s in done.sent] == [wanted], (operation, done.response)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"type": "apis/releases"},
            r"apis/releases is not known .* one of apiVersionSets",
        ),
        ({"properties": {"authenticationSettings": {}}}, r"authenticationSettings of apis is not"),
        ({"condition": "[parameters('x')]"}, r"apis that is made only under"),
        ({"properties": {"format": "wsdl"}}, r"this import is not known"),
        ({"properties": {"path": "[reference('x').y]"}}, r"path .* is not known"),
    ],
)
def test_a_resource_that_is_not_known_is_refused(changes: dict[str, Any], sentence: str) -> None:
    placement = bundled("contoso-orders").placement("public-services")
    files = list(template_files(arm_templates(placement)))
    found = [r for f in files for r in f.template["resources"] if r["type"].endswith("/apis")]
    changed = copy.deepcopy(found[0])
    changed |= {k: v for k, v in changes.items() if k == "condition"}
    changed["properties"] |= changes.get("properties", {})
    if "type" in changes:
        changed |= {"type": f"Microsoft.ApiManagement/service/{changes['type']}", "name": "a/b/c"}
    last = replace(files[-1], template={**files[-1].template, "resources": [changed]})
    with pytest.raises(InputError, match=sentence):
        gateway_of(resources([*files, last]), Given())


def test_a_back_end_that_no_template_makes_is_refused() -> None:
    placement = bundled("contoso-orders").placement("public-services")
    made = resources(template_files(arm_templates(placement)))
    given = Given(named_values={"tenant-id": TENANT, "api-audience": AUDIENCE})
    with pytest.raises(
        InputError, match=r"policy of api .*, line \d+: backend-id '.*' is not known"
    ):
        gateway_of([r for r in made if not r.type.endswith("/backends")], given)


# Promises of a gateway, and what breaks each of them

DESK, ORDERS_API, LOGIN, PLAIN = "/desk", "/orders", "/users/login", "/plain/a"
MINE = ("X-Azure-FDID", FRONT_DOOR)
TOKEN = shown_by(ENTRA, AUDIENCE)
LOUD = tuple((name, "x") for name in policy_default("server-headers").names)
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


def limited(at: Scene, seconds: float = 0) -> Response:
    """The response to a call after as many as the rate allows, or the quota where they are slow."""
    for _ in range(6 if seconds else 3):
        orders(at, *READER)
        at.now += seconds
    return orders(at, *READER).response


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
    "a rate is kept": lambda at: limited(at).status == 429,
    "a quota is kept": lambda at: limited(at, 30).status == 403,
    "how long to wait is told": lambda at: (
        (last := limited(at)).status != 429 or last.header("Retry-After") == "60"
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
        "x" not in dict(orders(answers(at, *LOUD)).response.headers).values()
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


AT_THE_EDGE = {"only by our Front Door", "Front Door's id goes no further"}
BY_ADDRESS = {"addresses are listed", "an address is barred"}
"""What is promised only with Front Door before the gateway, and only without it."""


@cache
def rich(edge: str = "none") -> Gateway:
    """The gateway of a workload that asks for everything, with this edge before it."""
    whole = design(RICH, [option("public-services")])
    chosen = ((v.choices.edge, v.choices.inbound, v) for v in whole.variants)
    return deployed(next(v for e, i, v in chosen if (e, i) == (edge, "public"))).gateway


def broken(gateway: Gateway, edge: str = "none") -> set[str]:
    """The promises that this gateway does not keep."""
    left_out = BY_ADDRESS if edge == "front-door" else AT_THE_EDGE
    asked = {name: holds for name, holds in PROMISES.items() if name not in left_out}
    return {name for name, holds in asked.items() if not kept(holds, Scene(gateway))}


def kept(holds: Callable[[Scene], bool], at: Scene) -> bool:
    try:
        return holds(at)
    except IndexError:
        return False


def test_every_promise_is_kept_by_a_gateway_that_is_there_as_well() -> None:
    (placement,) = design(existing(RICH), [option("public-services")]).placements
    assert broken(deployed(placement).gateway) == set()
    assert broken(rich()) == broken(rich("front-door"), "front-door") == set()


@pytest.mark.parametrize("id", combined("self-hosted-gateway", *OPTION_IDS))
def test_every_promise_is_kept_under_every_choice(id: str) -> None:
    for placement in design(RICH, [option(id)]).variants:
        shown = {c.auth for c in placement.topology.credentials}
        unasked = set() if Auth.TOKEN in shown else {"the gateway shows its token"}
        if placement.topology.self_hosted:
            unasked |= {"an answer is kept"}
        if placement.choices.inbound == "private-endpoint":
            unasked |= AT_THE_EDGE
        assert broken(deployed(placement).gateway, placement.choices.edge) <= unasked


def without(gateway: Gateway, left_out: Callable[[Statement], bool]) -> Gateway:
    """The gateway whose documents lack some statements."""

    def cut(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(replace(s, children=cut(s.children)) for s in statements if not left_out(s))

    def less(document: Document) -> Document:
        sections = {name: cut(held) for name, held in document.sections.items()}
        return replace(document, sections=sections)

    return replace(gateway, documents={k: less(d) for k, d in gateway.documents.items()})


SERVED = {
    "orders are served",
    "who may read may not write",
    "who may write may",
    "an answer is kept",
    "what is forbidden to keep is not kept",
    "the key goes no further",
    "the key in the query goes no further",
    "the gateway shows its token",
    "one id goes in",
    "the usual time-out",
}
"""What only a call to the back end of `orders` shows."""

SIGN_IN = "callers sign in without a token"
UNKNOWN_USERS = {"users need a token", "the challenge is told"}
FAILED = {"no key, no answer", "no token, no answer", "another token is refused"}

REMOVED: tuple[tuple[str, str, str, set[str]], ...] = (
    ("service", "check-header", "X-Azure-FDID", {"only by our Front Door"}),
    ("service", "set-header", "X-Azure-FDID", {"Front Door's id goes no further"}),
    ("service", "set-variable", "correlation-id", {"a harmless id is kept"}),
    ("service, line 4", "set-header", "x-correlation-id", {"one id goes in"}),
    ("service, line 19", "set-header", "x-correlation-id", {"one id comes out"}),
    ("service", "trace", "", {"it is traced"}),
    ("service", "set-header", "Ocp-Apim-Subscription-Key", {"the key goes no further"}),
    ("service", "set-query-parameter", "", {"the key in the query goes no further"}),
    ("service", "forward-request", "", SERVED | {SIGN_IN, "a path is passed on"}),
    *(
        ("service", "set-header", name, {"nothing tells what runs behind"})
        for name in policy_default("server-headers").names
    ),
    ("service", "set-header", "Retry-After", {"how long to wait is told"}),
    ("service", "set-header", "WWW-Authenticate", {"the challenge is told"}),
    ("product", "rate-limit", "", {"a rate is kept"}),
    ("product", "quota", "", {"a quota is kept"}),
    ("api desk", "cors", "", {"a page is answered"}),
    ("api desk", "ip-filter", "allow", {"addresses are listed"}),
    ("api desk", "ip-filter", "forbid", {"an address is barred"}),
    (
        "fragment validate-caller",
        "validate-azure-ad-token",
        "",
        {"no token, no answer", "another token is refused"},
    ),
    ("fragment rewrite-path", "rewrite-uri", "", {"desk is served", "orders are served", SIGN_IN}),
    ("api desk", "set-variable", "back-end-path", {"desk is served"}),
    ("api desk, line 40", "set-header", "X-Set", {"headers of a route"}),
    ("api desk, line 43", "set-header", "X-More", {"headers of a route"}),
    ("api desk, line 46", "set-header", "X-Gone", {"headers of a route"}),
    ("api desk, line 52", "set-header", "X-Set", {"headers of its answers"}),
    ("api desk, line 55", "set-header", "X-More", {"headers of its answers"}),
    ("api desk, line 58", "set-header", "X-Gone", {"headers of its answers"}),
    ("api orders", "validate-jwt", "", SERVED | {"a token of Entra ID is refused"}),
    ("api orders", "set-variable", "permissions-to-write", {"who may read may not write"}),
    ("api orders", "choose", "", {"who may read may not write"}),
    ("api orders", "set-backend-service", "", SERVED),
    ("api orders", "authentication-managed-identity", "", {"the gateway shows its token"}),
    ("api orders", "set-header", "X-Gateway-Authorization", {"the gateway shows its token"}),
    ("api plain", "choose", "", {"no climbing"}),
    ("api plain", "rewrite-uri", "", {"a path is passed on"}),
    ("api users", "validate-jwt", "", UNKNOWN_USERS),
    ("api users", "set-variable", "sign-in-operations", {SIGN_IN}),
    ("operation", "cache-lookup", "", {"an answer is kept"}),
    ("operation", "cache-store", "", {"an answer is kept"}),
)
"""What is taken out of a document (where, tag, name or action), and the promises it breaks."""


@pytest.mark.parametrize(("where", "tag", "mark", "expected"), REMOVED if SEED else REMOVED[::4])
def test_what_is_taken_out_breaks_exactly_what_it_promises(
    where: str, tag: str, mark: str, expected: set[str]
) -> None:
    edge = "front-door" if expected & AT_THE_EDGE else "none"
    gone: list[str] = []

    def left_out(one: Statement) -> bool:
        said = {str(one.attributes.get(name, "")) for name in ("name", "action")}
        found = one.tag == tag and where in f"{one.place}," and (not mark or mark in said)
        gone.extend([one.place] * found)
        return found

    assert broken(without(rich(edge), left_out), edge) == expected
    assert gone, "nothing was taken out"


WRITER = shown_by("https://issuer.example/a", "api://other", scp="w")


def calls(api: str) -> Iterator[Callable[[Scene], object]]:
    """Good and bad calls of an API; of `orders` as many as its limits allow, and one more."""
    if api == "desk":
        page = (("X-Gone", "x"), ("Origin", "https://app.example"), ("x-correlation-id", "a-1"))
        yield lambda at: desk(at, *page)
        yield lambda at: desk(at, client_address="198.51.100.8")
        yield lambda at: desk(at, client_address="192.0.2.9")
    if api == "orders":
        yield from (orders, orders)
        yield lambda at: orders(at, *WRITER)
        yield lambda at: orders(at, *READER, method="POST")
        yield lambda at: at.call(f"{ORDERS_API}?subscription-key={KEY}", headers=OTHER_TOKEN)
        yield lambda at: orders(at, method="POST")
        yield lambda at: limited(replace(at, now=at.now + 9000), 30)
        yield lambda at: limited(replace(at, now=at.now + 20_000))
    if api == "plain":
        yield lambda at: at.keyed(PLAIN, *TOKEN)
        yield lambda at: at.keyed("/plain/%2e%2e/b", *TOKEN)
    if api == "secure":
        yield lambda at: at.keyed("/secure", *TOKEN)
    if api == "users":
        yield lambda at: at.keyed(LOGIN, method="POST")
    yield lambda at: at.call({"users": "/users/me", "plain": PLAIN}.get(api, f"/{api}"), headers=())
    yield lambda at: at.keyed({"users": "/users/me", "plain": PLAIN}.get(api, f"/{api}"))


def seen(gateway: Gateway, api: str) -> Iterator[object]:
    """What becomes of calls, as callers and back ends see it, at moments half a minute apart."""
    at = answers(Scene(gateway), *LOUD, ("X-Gone", "x"))
    for call in calls(api):
        yield call(at)
        at.now += 25


def alike(gateway: Gateway, api: str, usual: list[object]) -> bool:
    """Nobody sees a difference; the first one is enough."""
    return all(now == then for now, then in zip(seen(gateway, api), usual, strict=True))


def every_statement(gateway: Gateway) -> Iterator[Statement]:
    for document in gateway.documents.values():
        for held in document.sections.values():
            yield from (s for one in held for s in one.walk() if s.tag in STATEMENTS)


def test_every_statement_that_is_generated_makes_a_difference() -> None:
    """Whatever is taken out, somebody notices."""
    whole = rich()
    usual = {api: list(seen(whole, api)) for api in ("desk", "orders", "plain", "secure", "users")}
    unnoticed = []
    # Callers outside ask for a key of their product first, so that no call here bears one.
    keyless = "policy of product sample-external,"
    held = ((s.place, s.tag) for s in every_statement(whole) if not s.place.startswith(keyless))
    for place, tag in dict.fromkeys(held):
        less = without(whole, lambda s, it=(place, tag): (s.place, s.tag) == it)  # type: ignore[misc]
        named = re.search(r"(?:api|operation) (\w+)", place)
        asked = [named[1]] if named else list(usual)
        if all(alike(less, api, usual[api]) for api in asked):
            unnoticed.append((place, tag))
    assert unnoticed == []
