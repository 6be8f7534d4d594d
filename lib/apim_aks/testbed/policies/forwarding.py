"""Where a call goes: the back end, the path there, what the gateway shows, and the call itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from urllib.parse import urlsplit

from apim_aks.facts import policy_default
from apim_aks.testbed.exchange import Headers, Response
from apim_aks.testbed.policies.call import (
    Answer,
    Call,
    Query,
    Sent,
    World,
    query_of,
    query_text,
    same_name,
)
from apim_aks.testbed.policies.failing import Failed, reason_of
from apim_aks.testbed.policies.gateway import Backend
from apim_aks.testbed.policies.statement import Statement

_PARAMETER = re.compile(r"\{\*?([^{}]*)\}")


def set_backend_service(statement: Statement, call: Call, _: World) -> Call:
    """The back end of the call; its path there is not changed by it."""
    return replace(call, backend=statement.said("backend-id", call))


def authentication_certificate(statement: Statement, call: Call, _: World) -> Call:
    """The certificate that the gateway shows at the back end."""
    return replace(call, certificate=statement.said("certificate-id", call))


def authentication_managed_identity(statement: Statement, call: Call, world: World) -> Call:
    """The gateway's own token for a resource, in a variable."""
    resource = statement.said("resource", call)
    try:
        token = world.around.identity(resource)
    except OSError as error:
        raise Failed("identity-failed", str(error)) from None
    return call.knowing(statement.said("output-token-variable-name", call), token)


def rewrite_uri(statement: Statement, call: Call, _: World) -> Call:
    """The path at the back end, with the parameters of the operation's template.

    Parameters of the query that the operation's template does not name are kept where that is said.
    """
    path, *asked = statement.said("template", call).split("?", 1)
    named = query_of(_filled("".join(asked), call.matched))
    kept = _unmatched(call, named) if statement.flag("copy-unmatched-params", True) else ()
    return call.asking(path=_filled(path, call.matched), query=(*named, *kept))


def _filled(template: str, matched: Mapping[str, str]) -> str:
    """The template with the values of its parameters, encoded as they came."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in matched:
            raise Failed("expression-failed", f"{found[0]} is no parameter of the operation.")
        return matched[found[1]]

    return _PARAMETER.sub(value, template)


def _unmatched(call: Call, named: Query) -> Query:
    """What the query holds beside what the operation's template and the new address name."""
    template = call.operation.template.partition("?")[2] if call.operation else ""
    taken = [name for name, _ in (*query_of(template), *named)]
    return tuple(
        pair for pair in call.request.query if not any(same_name(pair[0], t) for t in taken)
    )


def forward_request(statement: Statement, call: Call, world: World) -> Call:
    """The request to the back end, and its answer."""
    sent = _sent(statement, call, world)
    call = replace(call, sent=(*call.sent, sent))
    try:
        response = world.around.send(sent)
    except TimeoutError:
        raise Failed("back-end-late") from None
    except OSError as error:
        raise Failed("back-end-unreachable", str(error)) from None
    return replace(call, response=_answer(response))


def _answer(response: Response) -> Answer:
    return Answer(
        status=response.status,
        reason=reason_of(response.status),
        headers=_carried(response.headers),
        body=response.body,
    )


def _sent(statement: Statement, call: Call, world: World) -> Sent:
    if call.backend not in world.gateway.backends:
        raise Failed("back-end-unreachable", "The API has no back end.")
    backend = _member(world, call.backend)
    return Sent(
        method=call.request.method,
        url=_address(backend.url, call.request.path, query_text(call.request.query)),
        headers=(("Host", urlsplit(backend.url).netloc), *_carried(call.request.headers)),
        body=call.request.original.body,
        certificate=call.certificate,
        checked=backend.checked,
        timeout=_timeout(statement),
    )


def _address(base: str, path: str, query: str) -> str:
    """The path behind that of the back end; on the wire none is empty."""
    asked = path if path.startswith("/") or not path else f"/{path}"
    whole = f"{base.rstrip('/')}{asked}"
    whole += "" if urlsplit(whole).path else "/"
    return f"{whole}?{query}" if query else whole


def _member(world: World, id: str) -> Backend:
    """The back end, or the member of a pool that chance picks by the weights."""
    backend = world.gateway.backends[id]
    if not backend.members:
        return backend
    ends = list(accumulate(weight for _, weight in backend.members))
    at = world.around.chance() * ends[-1]
    member = next(id for (id, _), end in zip(backend.members, ends, strict=True) if at < end)
    return world.gateway.backends[member]


def _timeout(statement: Statement) -> float:
    if "timeout-ms" in statement.attributes:
        return statement.number("timeout-ms") / 1000
    if "timeout" in statement.attributes:
        return statement.number("timeout")
    return policy_default("forward-timeout-usual").number


def _carried(headers: Headers) -> Headers:
    """Without what belongs to one connection."""
    own = {name.lower() for name in policy_default("headers-not-carried").names}
    return tuple(pair for pair in headers if pair[0].lower() not in own)
