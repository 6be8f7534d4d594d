"""Which API and which operation a request is for, and with which key it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from apim_aks.facts import policy_default
from apim_aks.testbed.exchange import Headers, Request
from apim_aks.testbed.policies.call import query_of, same_name
from apim_aks.testbed.policies.failing import Failed
from apim_aks.testbed.policies.gateway import Api, Gateway, Operation, Product, Subscription
from apim_aks.workload.url_template import has_wildcard

_PART = re.compile(r"\{(\*?)([^{}]*)\}|\*")


@dataclass(frozen=True, slots=True)
class Match:
    """An operation that a request is for: the path behind that of the API, and its parameters."""

    api: Api
    operation: Operation
    path: str
    parameters: Mapping[str, str]


def found_api(request: Request, gateway: Gateway) -> tuple[Api, str] | None:
    """The API whose path and version the request begins with, the longest; and what is behind."""
    found = [(api, rest) for api in gateway.apis if (rest := _behind(request, api)) is not None]
    return max(found, key=lambda pair: -len(pair[1]), default=None)


def _behind(request: Request, api: Api) -> str | None:
    """The path behind those of the API and of its version; letter case tells none apart."""
    if request.scheme not in api.schemes:
        return None
    before = "".join(f"/{part}" for part in (api.path, api.version) if part)
    path = request.path
    begins = path[: len(before)].lower() == before.lower()
    return path[len(before) :] if begins and path[len(before) :][:1] in ("", "/") else None


def found_operation(request: Request, api: Api, rest: str, method: str) -> Match | None:
    """The operation of this method whose template fits best: texts before parameters before all."""
    found = [
        (_rank(one.template), Match(api, one, rest, parameters))
        for one in api.operations
        if one.method == method
        if (parameters := _parameters(one.template, rest, request.query)) is not None
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _parameters(template: str, rest: str, query: str) -> dict[str, str] | None:
    """The values of the template's parameters; None where it does not fit."""
    path, _, asked = template.partition("?")
    named = dict(_asked(asked, query))
    if len(named) < len(query_of(asked)) or (has_wildcard(path) and not rest):
        return None
    ending = "" if has_wildcard(path) else "/"
    found = _pattern(path).fullmatch(rest.removeprefix("/").removesuffix(ending))
    if found is None:
        return None
    names = (name or "*" for _, name in _PART.findall(path))
    return {**dict(zip(names, found.groups(), strict=True)), **named}


def _asked(asked: str, query: str) -> Iterator[tuple[str, str]]:
    """The parameters of the query that the template names, as far as the request has them."""
    given = query_of(query)
    for name, value in query_of(asked):
        held = [v for n, v in given if same_name(n, name)]
        if parameter := _PART.fullmatch(value):
            yield from [(parameter[2], v) for v in held[:1]]
        elif value in held:
            yield name, value


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[str]:
    """What fits the path of a template: a parameter is within one segment, `*` is all the rest."""
    result, at = "", 0
    text = path.strip("/")
    for part in _PART.finditer(text):
        whole = part[1] or part[0] == "*"
        result += re.escape(text[at : part.start()]) + ("(.*)" if whole else "([^/]+?)")
        at = part.end()
    return re.compile(result + re.escape(text[at:]), re.I | re.S)


def _rank(template: str) -> tuple[tuple[int, int], ...]:
    """How closely a template fits: the earlier a segment is a text, the sooner it is taken."""
    path, _, query = template.partition("?")
    segments = [_openness(part) for part in path.strip("/").split("/")]
    return (*((each, 0) for each in segments), (3, -len(query)))


def _openness(segment: str) -> int:
    part = _PART.search(segment)
    return 0 if part is None else 2 if part[1] or part[0] == "*" else 1


def key_of(request: Request) -> str:
    """The key that the caller shows: in the header, and only without one in the query."""
    name = policy_default("subscription-key-header").names[0]
    parameter = policy_default("subscription-key-parameter").names[0]
    if any(key.lower() == name.lower() for key, _ in request.headers):
        return request.header(name)
    return next((v for n, v in query_of(request.query) if same_name(n, parameter)), "")


def admitted(
    request: Request, api: Api, gateway: Gateway
) -> tuple[Subscription | None, Product | None]:
    """With which subscription, and for which product, the call is admitted.

    https://learn.microsoft.com/azure/api-management/api-management-subscriptions

    Raises:
        Failed: the key is missing, or is none of an active subscription to this API.
    """
    key = key_of(request)
    if not key:
        return None, _without_key(request, api, gateway)
    for subscription in gateway.subscriptions:
        if key in subscription.keys and subscription.active and _opens(subscription, api, gateway):
            return subscription, _product(subscription.product, gateway)
    raise Failed("key-invalid", headers=_challenge(request, api))


def _without_key(request: Request, api: Api, gateway: Gateway) -> Product | None:
    """The product that is open to everybody; none where the API itself asks for no key."""
    found = next((p for p in gateway.products if api.id in p.apis and not p.needs_key), None)
    if found is None and api.needs_key:
        raise Failed("key-not-found", headers=_challenge(request, api))
    return found


def _opens(subscription: Subscription, api: Api, gateway: Gateway) -> bool:
    if product := _product(subscription.product, gateway):
        return api.id in product.apis
    return not subscription.product and subscription.api in ("", api.id)


def _product(id: str, gateway: Gateway) -> Product | None:
    return next((p for p in gateway.products if p.id == id), None)


def _challenge(request: Request, api: Api) -> Headers:
    """How a caller can show a key, as API Management says it."""
    name = policy_default("subscription-key-header").names[0]
    realm = f"{request.scheme}://{request.host}/{api.path}"
    told = f'AzureApiManagementKey realm="{realm}",name="{name}",type="header"'
    return (("WWW-Authenticate", told),)
