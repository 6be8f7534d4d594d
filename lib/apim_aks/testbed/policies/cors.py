"""Which web pages may call: what a browser asks beforehand, and the headers of answers.

https://learn.microsoft.com/azure/api-management/cors-policy
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from apim_aks.testbed.exchange import Headers, Request
from apim_aks.testbed.policies.call import Answer, Call, World
from apim_aks.testbed.policies.failing import Ended
from apim_aks.testbed.policies.statement import Statement

_ANY = "*"
_PORTS = {"http": 80, "https": 443}


def asks_beforehand(request: Request) -> bool:
    """A browser asks whether it may send a request of another method or with other headers."""
    wanted = request.header("Origin") and request.header("Access-Control-Request-Method")
    return request.method == "OPTIONS" and bool(wanted)


def answered_beforehand(statements: Iterable[Statement], call: Call) -> Answer:
    """The answer to a preflight request: the first policy that allows it decides.

    Where none does, the answer is empty, and the browser sends nothing.
    """
    for statement in statements:
        if found := _allowed(statement, call):
            return Answer(headers=found)
        if statement.flag("terminate-unmatched-request", True):
            break
    return Answer()


def cors(statement: Statement, call: Call, _: World) -> Call:
    """The headers with which the answer to a web page goes; a page that may not call gets none."""
    if not call.request.original.header("Origin"):
        return call
    if found := _origin(statement, call):
        exposed = statement.listed("expose-headers", "header", call)
        more = (("Access-Control-Expose-Headers", ",".join(exposed)),) if exposed else ()
        return replace(call, cors=(*found, *more))
    if statement.flag("terminate-unmatched-request", True):
        raise Ended(Answer())
    return call


def _origin(statement: Statement, call: Call) -> Headers:
    """The headers that name the page's origin; none where it may not call."""
    said = call.request.original.header("Origin")
    allowed = statement.listed("allowed-origins", "origin", call)
    credentials = statement.flag("allow-credentials", False)
    if _ANY not in allowed and _place(said) not in {_place(a) for a in allowed} - {None}:
        return ()
    named = _ANY if _ANY in allowed and not credentials else said
    told = (("Access-Control-Allow-Credentials", "true"),) if credentials else ()
    return ("Access-Control-Allow-Origin", named), *told


def _place(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None where it names none."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def _allowed(statement: Statement, call: Call) -> Headers:
    """The headers that allow the request of which a browser asks; none where it is not allowed."""
    request = call.request.original
    origin = _origin(statement, call)
    method = request.header("Access-Control-Request-Method")
    methods = statement.listed("allowed-methods", "method", call) or ("GET", "POST")
    wanted = _listed(request.header("Access-Control-Request-Headers"))
    headers = statement.listed("allowed-headers", "header", call)
    names = {name.lower() for name in headers}
    if not origin or not (_ANY in methods or method in methods):
        return ()
    if _ANY not in headers and not {name.lower() for name in wanted} <= names:
        return ()
    told = (
        ("Access-Control-Allow-Methods", method if _ANY in methods else ",".join(methods)),
        ("Access-Control-Allow-Headers", ",".join(wanted if _ANY in headers else headers)),
        ("Access-Control-Max-Age", _age(statement, call)),
    )
    return (*origin, *(pair for pair in told if pair[1]))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(","))) if text else ()


def _age(statement: Statement, call: Call) -> str:
    group = next(statement.all("allowed-methods"), None)
    said = group.said("preflight-result-max-age", call) if group else ""
    return said if said != "0" else ""
