"""A small gateway with documents by hand, a clock that stands, a back end that writes down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.policies import named_values
from apim_aks.decision.design import Placement
from apim_aks.decision.proved import template_files
from apim_aks.options.entra import entra_tenant
from apim_aks.reachability.templates import resources
from apim_aks.testbed.exchange import Headers, Request, Response
from apim_aks.testbed.policies import (
    Given,
    Passage,
    Sent,
    State,
    Surroundings,
    answer,
    gateway_of,
    passage,
)
from apim_aks.testbed.policies.document import Reader
from apim_aks.testbed.policies.gateway import (
    Api,
    Backend,
    Gateway,
    Operation,
    Product,
    Subscription,
)
from apim_aks.workload.names import label

NOW = 1_800_000_000.0
KEY = "key-of-the-shop"
TENANT = "11111111-2222-4333-8444-555555555555"
ISSUER = "https://issuer.example/a"
METADATA = f"{ISSUER}/.well-known/openid-configuration"
AUDIENCE = "api://orders"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
ENTRA_METADATA = f"{ENTRA}/.well-known/openid-configuration"
OPERATIONS = (
    Operation("list", "GET", "/"),
    Operation("get", "GET", "/{id}"),
    Operation("open", "GET", "/open"),
    Operation("search", "GET", "/find?q={q}"),
    Operation("place", "POST", "/"),
    Operation("files", "GET", "/files/{*path}"),
)


@cache
def private_key(name: str = "first") -> rsa.RSAPrivateKey:
    """A throw-away key: the smallest that the library signs with is the quickest to make."""
    return rsa.generate_private_key(65537, 2048)


@cache
def published(*names: str) -> Mapping[str, Any]:
    """The public parts of these keys, as a provider publishes them."""
    keys = []
    for name in names:
        made = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key(name).public_key()))
        keys.append({**made, "kid": name, "use": "sig"})
    return {"keys": keys}


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token says, with these changes; None takes a claim away."""
    told = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 300, "nbf": NOW - 60, "sub": "alice"}
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


def token(key: str = "first", algorithm: str = "RS256", **changes: Any) -> str:
    """A token that is signed with this key."""
    headers = {"kid": key}
    return jwt.encode(claims(**changes), private_key(key), algorithm, headers=headers)


def bearer(**changes: Any) -> Headers:
    """A good token in its header, with these claims changed."""
    return (("Authorization", f"Bearer {token(**changes)}"),)


@dataclass
class Scene:
    """A gateway and what is around it; time stands until somebody moves `now`."""

    gateway: Gateway
    now: float = NOW
    keys: tuple[str, ...] = ("first",)
    answers: Callable[[Sent], Response] = lambda _: Response(200, (("Server", "x"),), b"fine")
    chance: float = 0.0
    canonical: Mapping[str, str] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)

    def openid(self, address: str) -> Mapping[str, Any]:
        """What the provider serves; it is down without keys."""
        self.asked.append(address)
        if not self.keys:
            raise ConnectionRefusedError(address)
        issuer = address.removesuffix("/.well-known/openid-configuration")
        for alias, tenant in self.canonical.items():
            issuer = issuer.replace(alias, tenant)
        return published(*self.keys) if "/jwks" in address else _metadata(issuer)

    def send(self, sent: Sent) -> Response:
        """The back end: what came is written down."""
        self.sent.append(sent)
        return self.answers(sent)

    def call(self, path: str = "/orders", method: str = "GET", **changes: Any) -> Passage:
        """A call by a consumer, with a key unless other headers are named."""
        target, _, query = path.partition("?")
        given = {"headers": (("Ocp-Apim-Subscription-Key", KEY),), "client_address": "192.0.2.9"}
        request = Request(
            method=method,
            scheme=changes.pop("scheme", "https"),
            host="gateway.example",
            path=target,
            query=query,
            **{**given, **changes},
        )
        return passage(request, self.gateway, self._around())

    def answer(self, request: Request) -> Response:
        """The answer to a request."""
        return answer(request, self.gateway, self._around())

    def keyed(self, path: str = "/orders", *headers: tuple[str, str], **changes: Any) -> Passage:
        """The same with a key and these headers."""
        mine = (("Ocp-Apim-Subscription-Key", KEY), *headers)
        return self.call(path, headers=mine, **changes)

    def _around(self) -> Surroundings:
        return Surroundings(
            now=lambda: self.now,
            new_id=lambda: "id-of-the-call",
            chance=lambda: self.chance,
            send=self.send,
            openid=self.openid,
            identity=lambda resource: f"token-for-{resource}",
            state=self.state,
        )


def _metadata(issuer: str) -> Mapping[str, Any]:
    return {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}


def policies(inbound: str = "", backend: str = "", outbound: str = "", on_error: str = "") -> str:
    """A document; a section that is not named holds `base`."""
    named = {"inbound": inbound, "backend": backend, "outbound": outbound, "on-error": on_error}
    parts = (f"<{tag}>{text or '<base />'}</{tag}>" for tag, text in named.items())
    return f"<policies>{''.join(parts)}</policies>"


TO_ORDERS = '<base /><set-backend-service backend-id="orders" />'


def scene(api: str = "", gateway: Gateway | None = None, **documents: str) -> Scene:
    """A gateway with one API; its document by hand, others as `service=…` or `operation_get=…`."""
    reader = Reader({})
    given = {"api_orders": api or policies(TO_ORDERS), **documents}
    held = {_scope(name): reader.document(f"{name}.xml", xml) for name, xml in given.items()}
    return Scene(replace(gateway or ORDERS, documents=held))


def _scope(name: str) -> tuple[str, str]:
    scope, _, subject = name.partition("_")
    return scope, f"orders/{subject}" if scope == "operation" else subject


ORDERS = Gateway(
    apis=(Api(id="orders", path="orders", operations=OPERATIONS),),
    products=(Product("shop", frozenset({"orders"})), Product("others", frozenset())),
    subscriptions=(
        Subscription(id="shop-first", keys=(KEY, "second-key"), product="shop", began=NOW - 50),
        Subscription(id="other", keys=("key-of-others",), product="others"),
        Subscription(id="paused", keys=("key-of-paused",), product="shop", active=False),
    ),
    backends={
        "orders": Backend(id="orders", url="https://orders.example"),
        "new": Backend(id="new", url="http://new.example/base/"),
        "both": Backend(id="both", members=(("orders", 75), ("new", 25))),
    },
    certificates=frozenset({"gateway-client"}),
)


FRONT_DOOR = "66666666-7777-4888-9999-aaaaaaaaaaaa"


def deployed(placement: Placement) -> Scene:
    """The gateway that the templates of a placement make, with a key to its product."""
    values = {"tenant-id": TENANT, "api-audience": AUDIENCE, "front-door-id": FRONT_DOOR}
    given = Given(
        named_values={v.name: values[own(v.name)] for v in named_values(placement)},
        keys={f"{label(placement.workload.name)}-first": (KEY,)},
    )
    made = resources(template_files(arm_templates(placement)))
    return Scene(gateway_of(made, given))


def own(name: str) -> str:
    """The name of a named value without what keeps it apart from those of others."""
    return next(end for end in ("tenant-id", "api-audience", "front-door-id") if name.endswith(end))


@cache
def shown_by(issuer: str, audience: str, **more: Any) -> Headers:
    """A token of an issuer as its provider signs it."""
    tenant = entra_tenant(issuer)
    told = {"iss": issuer} if tenant is None else entra_claims(tenant or TENANT)
    return bearer(**{"aud": audience, **told, **more})


def entra_claims(tenant: str = TENANT) -> dict[str, str]:
    """What a token of Entra ID of version 2.0 says of its tenant."""
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    return {"iss": issuer, "tid": tenant, "ver": "2.0"}
