"""What today's routes do to calls, carried over into the policies of an API or an operation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, TypeVar

from apim_aks.apis.mapping import Api
from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.document import Block, Statement, block, literal, policy
from apim_aks.workload.handling import NOTHING, Cors, Handling, HeaderChange

T = TypeVar("T")

_SIMPLE = ("GET", "HEAD", "POST")
"""Methods that a browser uses without asking (https://fetch.spec.whatwg.org/#cors-safelisted-method)."""


def common(api: Api) -> Handling:
    """What is done to the calls of every operation alike, and so belongs to the API."""
    every = {o.handling for o in api.operations}
    if len(every) == 1:
        return next(iter(every))
    return Handling(
        timeout=_one({h.timeout for h in every}, 0),
        admitted=_one({h.admitted for h in every}, ()),
        refused=_one({h.refused for h in every}, ()),
        request_headers=_one({h.request_headers for h in every}, ()),
        response_headers=_one({h.response_headers for h in every}, ()),
    )


def _one(found: set[T], otherwise: T) -> T:
    return next(iter(found)) if len(found) == 1 else otherwise


def beside(handling: Handling, shared: Handling) -> Handling:
    """What is left of it for an operation whose API does the rest."""
    if handling == shared:
        return NOTHING
    return Handling(
        timeout=0 if shared.timeout else handling.timeout,
        admitted=() if shared.admitted else handling.admitted,
        refused=() if shared.refused else handling.refused,
        request_headers=() if shared.request_headers else handling.request_headers,
        response_headers=() if shared.response_headers else handling.response_headers,
    )


def cors(api: Api) -> tuple[Block, ...]:
    """Which web pages may call; it stands before all else, and in no fragment.

    A page sends the key and the token in headers, which its route did not have to admit. What
    matches nothing goes on without headers of CORS, as it does at an ingress.
    """
    found = api.cors
    return (block(_cors(found)),) if found else ()


def _cors(found: Cors) -> Statement:
    age: dict[str, Any] = {"preflight_result_max_age": found.max_age} if found.max_age else {}
    key = using.name("subscription-key-header")
    return policy(
        "cors",
        policy("allowed-origins", *_each("origin", ("*",) if found.open else found.origins)),
        policy("allowed-methods", *_each("method", _with(found.methods, *_SIMPLE)), **age),
        policy("allowed-headers", *_each("header", _with(found.headers, "Authorization", key))),
        *([policy("expose-headers", *_each("header", found.exposed))] if found.exposed else []),
        allow_credentials=found.credentials and not found.open,
        terminate_unmatched_request=False,
    )


def _with(names: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """The names and these, each once whatever its case; `*` stands for all of them."""
    if "*" in names:
        return ("*",)
    given = {n.lower() for n in names}
    return (*names, *(n for n in more if n.lower() not in given))


def _each(tag: str, values: tuple[str, ...]) -> Iterator[Statement]:
    yield from (policy(tag, text=literal(v, "what the route says of CORS")) for v in values)


def admission(handling: Handling, edge: str = "") -> tuple[Block, ...]:
    """Whose addresses are admitted, and whose refused.

    Calls by an edge come from its own range: whom they come from is for its firewall to ask.
    """
    admitted = (*handling.admitted, edge) if handling.admitted and edge else handling.admitted
    given = (("allow", admitted), ("forbid", handling.refused))
    return tuple(
        block(policy("ip-filter", *map(_range, ranges), action=action))
        for action, ranges in given
        if ranges
    )


def _range(text: str) -> Statement:
    network = ipaddress.IPv4Network(text)
    first, last = str(network.network_address), str(network.broadcast_address)
    if first == last:
        return policy("address", text=first)
    return Statement("address-range", (("from", first), ("to", last)))


def headers(changes: tuple[HeaderChange, ...]) -> tuple[Block, ...]:
    """The headers that the route sets, adds or takes away."""
    return (block(*map(_header, changes)),) if changes else ()


def _header(change: HeaderChange) -> Statement:
    value = literal(change.value, f"the header {change.name} of a route")
    children = () if change.action == "delete" else (policy("value", text=value),)
    name = literal(change.name, "the name of a header of a route")
    return policy("set-header", *children, name=name, exists_action=change.action)


def forward(handling: Handling) -> Block:
    """The call to the back end, with the time-out of the route."""
    seconds, rest = divmod(handling.timeout, 1000)
    timed: dict[str, Any] = {"timeout_ms": handling.timeout} if rest else {"timeout": seconds}
    return block(policy("forward-request", **timed))
