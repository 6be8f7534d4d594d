"""A call through the gateway: built-in steps, then the sections of each scope in their order.

`<base />` is where a document carries out the section of the scope around it; a scope without a
document carries out nothing else (https://learn.microsoft.com/azure/api-management/set-edit-policies).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from apim_aks.facts import policy_default
from apim_aks.testbed.exchange import Request, Response
from apim_aks.testbed.policies import (
    admission,
    caching,
    forwarding,
    messages,
    tokens,
)
from apim_aks.testbed.policies.call import (
    Answer,
    Asked,
    Call,
    LastError,
    Sent,
    Surroundings,
    World,
    query_of,
)
from apim_aks.testbed.policies.cors import answered_beforehand, asks_beforehand, cors
from apim_aks.testbed.policies.document import Document
from apim_aks.testbed.policies.expressions import Failure
from apim_aks.testbed.policies.failing import Ended, Failed, FromCache, told
from apim_aks.testbed.policies.gateway import Gateway
from apim_aks.testbed.policies.matching import Match, admitted, found_api, found_operation
from apim_aks.testbed.policies.statement import Statement, worked_out
from apim_aks.testbed.policies.vocabulary import BACKEND, INBOUND, ON_ERROR, OUTBOUND

Step = Callable[[Statement, Call, World], Call]

STEPS: Mapping[str, Step] = {
    "authentication-certificate": forwarding.authentication_certificate,
    "authentication-managed-identity": forwarding.authentication_managed_identity,
    "cache-lookup": caching.cache_lookup,
    "cache-store": caching.cache_store,
    "check-header": admission.check_header,
    "cors": cors,
    "forward-request": forwarding.forward_request,
    "ip-filter": admission.ip_filter,
    "quota": admission.quota,
    "rate-limit": admission.rate_limit,
    "rate-limit-by-key": admission.rate_limit_by_key,
    "return-response": messages.return_response,
    "rewrite-uri": forwarding.rewrite_uri,
    "set-backend-service": forwarding.set_backend_service,
    "set-query-parameter": messages.set_query_parameter,
    "set-variable": messages.set_variable,
    "trace": messages.trace,
    "validate-azure-ad-token": tokens.validate_azure_ad_token,
    "validate-jwt": tokens.validate_jwt,
}
"""What each policy does, beside those that only say in which order others are carried out."""

_FORWARD = Statement(tag="forward-request", place="the gateway's own")
_BASE = (Statement(tag="base", place="the gateway's own"),)
_OUTERMOST = Document("the gateway's own", {BACKEND: (_FORWARD,)})
"""What an instance does whose service has no document (what it is created with)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of a call: the response, and what the gateway did for it.

    `sent` are the requests to back ends, `error` is why it was refused, `traced` what was traced.
    """

    response: Response
    sent: tuple[Sent, ...] = ()
    error: LastError | None = None
    traced: tuple[Mapping[str, str], ...] = ()


def answer(request: Request, gateway: Gateway, around: Surroundings) -> Response:
    """The gateway's response to a request."""
    return passage(request, gateway, around).response


def passage(request: Request, gateway: Gateway, around: Surroundings) -> Passage:
    """The answer with what happened on the way."""
    request = _decoded(request)
    asked = Asked(
        original=request, path=request.path, query=query_of(request.query), headers=request.headers
    )
    run = _Run(World(gateway, around), Call(id=around.new_id(), request=asked))
    response = run.answer().response(run.call.cors)
    return Passage(response, run.call.sent, run.call.error, run.call.traced)


def _decoded(request: Request) -> Request:
    """The request as the gateway takes it: an encoded slash in its path is a slash."""
    code = policy_default("path-decoded").value
    path = re.sub(re.escape(code), unquote(code), request.path, flags=re.I)
    return replace(request, path=path)


class _Run:
    """One call under way: what it has become so far, and the documents that are in scope."""

    def __init__(self, world: World, call: Call) -> None:
        self.call = call
        self._world = world
        self._scopes: tuple[Document | None, ...] = (self._document("service", ""),)

    def answer(self) -> Answer:
        """The answer, from the gateway or the back end."""
        try:
            return self._served()
        except Ended as ended:
            return ended.answer
        except Failed as failed:
            return self._after(failed)
        except Failure as failure:
            return self._after(Failed("expression-failed", str(failure)))

    def _served(self) -> Answer:
        match = self._matched()
        if match is None:
            return self._beforehand()
        subscription, product = admitted(self.call.request.original, match.api, self._world.gateway)
        self.call = replace(self.call, subscription=subscription, product=product)
        self._scopes = self._in_scope()
        try:
            self._section(INBOUND)
            self._section(BACKEND)
        except FromCache as kept:
            self.call = kept.call
        self._section(OUTBOUND)
        return self.call.response or Answer()

    def _after(self, failed: Failed) -> Answer:
        """What `on-error` makes of it; where it fails itself, the error is all that is said."""
        self.call = replace(self.call, error=failed.error, response=failed.answer)
        try:
            self._section(ON_ERROR)
        except Ended as ended:
            return ended.answer
        except (Failed, Failure) as error:
            return told(500, str(error))
        return self.call.response or failed.answer

    def _matched(self) -> Match | None:
        """The operation; None where a browser asks beforehand and no operation answers that."""
        request = self.call.request.original
        found = found_api(request, self._world.gateway)
        if found is None:
            raise Failed("operation-not-found")
        api, rest = found
        self.call = replace(self.call, api=api)
        self._scopes = self._in_scope()
        match = found_operation(request, api, rest, request.method)
        asked = asks_beforehand(request) and match is None
        if asked:
            match = found_operation(
                request, api, rest, request.header("Access-Control-Request-Method")
            )
        if match is None:
            raise Failed("operation-not-found")
        self._take(match)
        return None if asked else match

    def _take(self, match: Match) -> None:
        path, operation = match.path, match.operation
        call = replace(self.call, operation=operation, matched=match.parameters)
        self.call = call.asking(path=path)
        self._scopes = self._in_scope()

    def _beforehand(self) -> Answer:
        """Only `cors` is carried out for what a browser asks beforehand; it needs no key."""
        statements = [s for s in self._flat(INBOUND, self._scopes) if s.tag == "cors"]
        if not statements:
            raise Failed("operation-not-found")
        return answered_beforehand(statements, self.call)

    def _flat(self, section: str, scopes: tuple[Document | None, ...]) -> Iterator[Statement]:
        """What stands directly in a section, that of the scopes around in its place."""
        for statement in self._written(section, scopes):
            if statement.tag == "base":
                yield from self._flat(section, scopes[1:])
            else:
                yield statement

    def _in_scope(self) -> tuple[Document | None, ...]:
        """The documents from the inside out."""
        call = self.call
        api = call.api.id if call.api else ""
        return (
            self._document("operation", f"{api}/{call.operation.id if call.operation else ''}"),
            self._document("api", api),
            self._document("product", call.product.id if call.product else ""),
            self._document("service", "") or _OUTERMOST,
        )

    def _document(self, scope: str, subject: str) -> Document | None:
        return self._world.gateway.documents.get((scope, subject))

    def _section(self, name: str) -> None:
        self._carried_out(self._written(name, self._scopes), name, self._scopes[1:])

    @staticmethod
    def _written(name: str, scopes: tuple[Document | None, ...]) -> tuple[Statement, ...]:
        if not scopes:
            return ()
        document = scopes[0]
        return _BASE if document is None else document.sections.get(name, ())

    def _carried_out(
        self, statements: Iterable[Statement], section: str, around: tuple[Document | None, ...]
    ) -> None:
        for statement in statements:
            if statement.tag == "base":
                self._carried_out(self._written(section, around), section, around[1:])
            elif statement.tag == "choose":
                self._carried_out(self._chosen(statement), section, around)
            else:
                self.call = self._step(statement, section)(statement, self.call, self._world)

    def _step(self, statement: Statement, section: str) -> Step:
        if statement.tag != "set-header":
            return STEPS[statement.tag]
        inbound = section in (INBOUND, BACKEND)
        return messages.set_request_header if inbound else messages.set_response_header

    def _chosen(self, statement: Statement) -> tuple[Statement, ...]:
        """The first branch whose condition holds."""
        for branch in statement.children:
            condition = branch.attributes.get("condition")
            if condition is None or worked_out(condition, self.call):
                return branch.children
        return ()
