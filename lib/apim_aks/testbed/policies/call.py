"""One call on its way through the gateway, as it stands after each policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote_plus

from apim_aks.testbed.exchange import Headers, Request, Response
from apim_aks.testbed.policies.gateway import Api, Gateway, Operation, Product, Subscription
from apim_aks.testbed.policies.state import State

Query = tuple[tuple[str, str], ...]
"""Names and values of a query in its order, percent-encoded as they came."""


def query_of(text: str) -> Query:
    """The parameters of a query."""
    parts = (part.partition("=") for part in text.split("&") if part)
    return tuple((name, value) for name, _, value in parts)


def query_text(query: Query) -> str:
    """The query as it stands in an address."""
    return "&".join(f"{name}={value}" for name, value in query)


def same_name(one: str, other: str) -> bool:
    """Two names of query parameters are the same, whatever their case and encoding."""
    return unquote_plus(one).lower() == unquote_plus(other).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request as policies have changed it so far; `original` is as it came."""

    original: Request = field(repr=False)
    path: str
    query: Query
    headers: Headers = field(repr=False)

    @property
    def method(self) -> str:
        """The method, which no policy changes."""
        return self.original.method

    @property
    def address(self) -> str:
        """The address of the caller, as the gateway sees it."""
        return self.original.client_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The response as policies have changed it so far."""

    status: int = 200
    reason: str = "OK"
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)

    def response(self, more: Headers = ()) -> Response:
        """The response as it leaves, with these headers in place of others of their names."""
        named = {name.lower() for name, _ in more}
        own = tuple(pair for pair in self.headers if pair[0].lower() not in named)
        return Response(self.status, (*own, *more), self.body)


@dataclass(frozen=True, slots=True)
class Jwt:
    """A token that was validated: the values of each claim."""

    claims: Mapping[str, tuple[str, ...]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LastError:
    """Why the gateway refused or failed: the reason as one word, and the sentence."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request to a back end: the certificate that is shown by its id, the time-out in seconds."""

    method: str
    url: str
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    certificate: str = ""
    checked: bool = True
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call: what it asks, where it goes, what is known of it.

    `matched` are the parameters of the operation's template, `backend` and `certificate` ids,
    `cors` the headers for the web page that called, `kept_as` the key under which the answer may be
    kept, `traced` what policies have traced.
    """

    id: str
    request: Asked
    api: Api | None = None
    operation: Operation | None = None
    product: Product | None = None
    subscription: Subscription | None = None
    matched: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    backend: str = ""
    certificate: str = ""
    response: Answer | None = None
    error: LastError | None = None
    cors: Headers = ()
    kept_as: tuple[Any, ...] = ()
    traced: tuple[Mapping[str, str], ...] = ()
    sent: tuple[Sent, ...] = ()

    def knowing(self, name: str, value: Any) -> Call:
        """The call with this variable."""
        return replace(self, variables={**self.variables, name: value})

    def asking(self, **changes: Any) -> Call:
        """The call with its request changed."""
        return replace(self, request=replace(self.request, **changes))


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the gateway asks of the world: time, chance, back ends, providers of tokens.

    `send` raises TimeoutError where no answer comes in time and another OSError where there is no
    connection; `openid` gives the JSON that an address of an OpenID provider serves, `identity` the
    gateway's own token for a resource; both raise OSError where there is none. `chance` is a number
    from 0 up to 1, which picks the member of a pool.
    """

    now: Callable[[], float]
    new_id: Callable[[], str]
    chance: Callable[[], float]
    send: Callable[[Sent], Response]
    openid: Callable[[str], Mapping[str, Any]]
    identity: Callable[[str], str]
    state: State


@dataclass(frozen=True, slots=True)
class World:
    """The gateway and what is around it."""

    gateway: Gateway
    around: Surroundings
