"""Every published operation as a consumer calls it, and what has to arrive at its Service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.apis.mapping import Api, ApiOperation, Mapping
from apim_aks.facts import policy_default
from apim_aks.testbed.exchange import Headers, Request
from apim_aks.testbed.recorder import Arrival

_PARAMETER = re.compile(r"\{(\*?)[^{}]*\}")
_WITH_BODY = ("POST", "PUT", "PATCH")
QUERY = "testbed=a%20b&testbed=%26"
"""A query that has to arrive as it was sent."""
BODY = b'{"testbed": "\xc3\xa4"}'


@dataclass(frozen=True, slots=True)
class Called:
    """One operation with a value for each of its parameters."""

    api: Api
    operation: ApiOperation

    @property
    def method(self) -> str:
        """The method that it is called with; any will do where it stands for all."""
        return "GET" if self.operation.wildcard else self.operation.method

    @property
    def path(self) -> str:
        """The path that the consumer calls."""
        return filled(self.api.path_of(self.operation)).split("?")[0]

    @property
    def backend_path(self) -> str:
        """The path that the Service gets."""
        return filled(self.operation.backend_path).split("?")[0] or "/"

    @property
    def words(self) -> str:
        """The operation in words."""
        return f"{self.operation.method} {self.api.path_of(self.operation)}"

    def request(self, host: str, headers: Headers = ()) -> Request:
        """The consumer's request."""
        typed = (("Content-Type", "application/json"),) if self.body else ()
        return Request(
            method=self.method,
            scheme="https",
            host=host,
            path=self.path,
            query="&".join(filter(None, (self._own_query, QUERY))),
            headers=(*headers, *typed),
            body=self.body,
        )

    @property
    def body(self) -> bytes:
        """The body that is sent, where the method takes one."""
        return BODY if self.method in _WITH_BODY else b""

    @property
    def _own_query(self) -> str:
        return filled(self.operation.template).partition("?")[2]


def calls(mapping: Mapping) -> Iterator[Called]:
    """Every operation that is published, once."""
    for api in mapping.apis:
        yield from (Called(api, operation) for operation in api.operations)


def filled(template: str) -> str:
    """The template with a value in the place of each parameter; two parts for a wildcard."""
    template = re.sub(r"/\*$", "/{*}", template)
    return _PARAMETER.sub(lambda found: "tb/tb" if found[1] else "tb", template)


def wrong_with(called: Called, arrived: tuple[Arrival, ...], services: tuple[str, ...]) -> str:
    """What is wrong with what arrived for this call; empty where it is as it should be.

    `services` are those of which one has to get it.
    """
    if len(arrived) != 1:
        got = ", ".join(a.service for a in arrived) or "no Service"
        return f"it arrived at {got}"
    (arrival,) = arrived
    request, operation = arrival.request, called.operation
    if arrival.service not in services:
        return f"it arrived at {arrival.service} instead of {operation.service}"
    if request.method != called.method:
        return f"it arrived as {request.method}"
    if operation.document and arrival.operation != f"{operation.method} {operation.path}":
        return f"{request.method} {request.path} is no operation of {arrival.service}"
    if not operation.document and request.path != called.backend_path:
        return f"it arrived as {request.path} instead of {called.backend_path}"
    if not request.query.endswith(QUERY):
        return f"its query arrived as {request.query!r}"
    if request.body != called.body:
        return "its body arrived changed"
    return next((f"{name[0]} arrived with it" for name in _LEAKED if _has(request, *name)), "")


FORGED = "Bearer forged"
_LEAKED = tuple(
    (name, value)
    for id, value in (("subscription-key-header", ""), ("gateway-token-header", FORGED))
    for name in policy_default(id).names
)
"""What no Service may get: the key, which is for the gateway, and a token of the gateway's that the
caller has made up."""


def _has(request: Request, name: str, value: str) -> bool:
    return any(k.lower() == name.lower() and value in v for k, v in request.headers)
