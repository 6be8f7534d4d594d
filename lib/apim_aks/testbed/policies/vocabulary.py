"""Every element that the interpreter carries out: its attributes, its text, what may stand in it.

An element, attribute or value that stands in no table here is refused. The tables are those of the
policy reference (https://learn.microsoft.com/azure/api-management/api-management-policies), cut
down to what the workbook writes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apim_aks.facts import policy_default

INBOUND, BACKEND, OUTBOUND, ON_ERROR = SECTIONS = ("inbound", "backend", "outbound", "on-error")
"""The sections of a document, in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written: in words, whether one is, and the kind of expression it may be."""

    words: str
    fits: Callable[[str], bool]
    kind: str = ""


def _one_of(*names: str) -> Form:
    return Form(f"one of {', '.join(names)}", lambda text: text in names)


def _matches(words: str, pattern: str, kind: str = "") -> Form:
    found = re.compile(pattern)
    return Form(words, lambda text: found.fullmatch(text) is not None, kind)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


TEXT = Form("a text", lambda text: bool(text))
TEXT_OR_EXPRESSION = Form("a text", lambda text: True, "string")
NAME = _matches("a name", r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _window() -> Form:
    most = policy_default("rate-period-longest").number
    words = f"whole seconds from 1 to {most}"
    return Form(words, lambda text: POSITIVE.fits(text) and int(text) <= most)


def _period() -> Form:
    least = policy_default("quota-period-shortest").number
    words = f"0, or whole seconds from {least}"
    return Form(words, lambda text: text == "0" or (POSITIVE.fits(text) and int(text) >= least))


NUMBER = _matches("a whole number", r"[0-9]{1,9}")
POSITIVE = _matches("a whole number above 0", r"[1-9][0-9]{0,8}")
STATUS = _matches("a status of HTTP", r"[1-5][0-9]{2}", "int")
FLAG = _one_of("true", "false")
FALSE = _one_of("false")
ADDRESS = Form("an address", _is_address)
HTTPS = _matches("an address that begins with https://", r"https://\S+")
ACTION = _one_of("override", "skip", "append", "delete")
CONDITION = Form("an expression that is true or false", lambda text: False, "bool")
COUNTER = Form("an expression that gives a text", lambda text: bool(text), "string")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an element.

    `needs` and `may` are its attributes, `within` what may stand in it, `text` the form of its
    text; `sections` are those in which it may stand, none for what only stands in another element.
    """

    needs: Mapping[str, Form] = field(default_factory=dict)
    may: Mapping[str, Form] = field(default_factory=dict)
    within: tuple[str, ...] = ()
    text: Form | None = None
    sections: tuple[str, ...] = ()


_ANYWHERE = SECTIONS
_BOTH_WAYS = (INBOUND, OUTBOUND, ON_ERROR)
_LIST = Known(text=TEXT)
_LIMIT = {"calls": POSITIVE, "renewal-period": _window()}

STATEMENTS: Mapping[str, Known] = {
    "base": Known(sections=_ANYWHERE),
    "include-fragment": Known(needs={"fragment-id": TEXT}, sections=_ANYWHERE),
    "choose": Known(within=("when", "otherwise"), sections=_ANYWHERE),
    "return-response": Known(within=("set-status", "set-header", "set-body"), sections=_ANYWHERE),
    "set-variable": Known(needs={"name": TEXT, "value": TEXT_OR_EXPRESSION}, sections=_ANYWHERE),
    "set-header": Known(
        needs={"name": NAME}, may={"exists-action": ACTION}, within=("value",), sections=_ANYWHERE
    ),
    "set-query-parameter": Known(
        needs={"name": TEXT, "exists-action": _one_of("delete")}, sections=(INBOUND,)
    ),
    "trace": Known(
        needs={"source": TEXT},
        may={"severity": _one_of("verbose", "information", "error")},
        within=("message", "metadata"),
        sections=_BOTH_WAYS,
    ),
    "check-header": Known(
        needs={
            "name": NAME,
            "failed-check-httpcode": STATUS,
            "failed-check-error-message": TEXT,
            "ignore-case": FLAG,
        },
        within=("value",),
        sections=(INBOUND,),
    ),
    "ip-filter": Known(
        needs={"action": _one_of("allow", "forbid")},
        within=("address", "address-range"),
        sections=(INBOUND,),
    ),
    "rate-limit": Known(needs=_LIMIT, sections=(INBOUND,)),
    "rate-limit-by-key": Known(needs={**_LIMIT, "counter-key": COUNTER}, sections=(INBOUND,)),
    "quota": Known(needs={**_LIMIT, "renewal-period": _period()}, sections=(INBOUND,)),
    "cors": Known(
        may={"allow-credentials": FLAG, "terminate-unmatched-request": FLAG},
        within=("allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"),
        sections=(INBOUND,),
    ),
    "validate-jwt": Known(
        needs={"header-name": NAME, "output-token-variable-name": TEXT},
        may={
            "require-scheme": NAME,
            "require-expiration-time": FLAG,
            "require-signed-tokens": _one_of("true"),
        },
        within=("openid-config", "audiences", "issuers"),
        sections=(INBOUND,),
    ),
    "validate-azure-ad-token": Known(
        needs={"tenant-id": TEXT, "output-token-variable-name": TEXT},
        within=("audiences",),
        sections=(INBOUND,),
    ),
    "cache-lookup": Known(
        needs={"vary-by-developer": FALSE, "vary-by-developer-groups": FALSE},
        may={"allow-private-response-caching": FLAG, "downstream-caching-type": _one_of("none")},
        within=("vary-by-header",),
        sections=(INBOUND,),
    ),
    "cache-store": Known(needs={"duration": POSITIVE}, sections=(OUTBOUND,)),
    "set-backend-service": Known(needs={"backend-id": TEXT}, sections=(INBOUND, BACKEND)),
    "rewrite-uri": Known(
        needs={"template": TEXT_OR_EXPRESSION},
        may={"copy-unmatched-params": FLAG},
        sections=(INBOUND,),
    ),
    "authentication-certificate": Known(needs={"certificate-id": TEXT}, sections=(INBOUND,)),
    "authentication-managed-identity": Known(
        needs={"resource": TEXT, "output-token-variable-name": TEXT},
        may={"ignore-error": FALSE},
        sections=(INBOUND,),
    ),
    "forward-request": Known(
        may={"timeout": POSITIVE, "timeout-ms": POSITIVE, "buffer-response": FLAG},
        sections=(BACKEND,),
    ),
}
"""The policies, by the name of their element."""

PARTS: Mapping[str, Known] = {
    "when": Known(needs={"condition": CONDITION}, within=tuple(STATEMENTS)),
    "otherwise": Known(within=tuple(STATEMENTS)),
    "set-status": Known(
        needs={"code": STATUS, "reason": Form("a text", lambda text: bool(text), "string")}
    ),
    "set-body": Known(text=TEXT_OR_EXPRESSION),
    "value": Known(text=TEXT_OR_EXPRESSION),
    "message": _LIST,
    "metadata": Known(needs={"name": TEXT, "value": TEXT_OR_EXPRESSION}),
    "address": Known(text=ADDRESS),
    "address-range": Known(needs={"from": ADDRESS, "to": ADDRESS}),
    "allowed-origins": Known(within=("origin",)),
    "origin": _LIST,
    "allowed-methods": Known(may={"preflight-result-max-age": NUMBER}, within=("method",)),
    "method": _LIST,
    "allowed-headers": Known(within=("header",)),
    "expose-headers": Known(within=("header",)),
    "header": _LIST,
    "openid-config": Known(needs={"url": HTTPS}),
    "audiences": Known(within=("audience",)),
    "audience": _LIST,
    "issuers": Known(within=("issuer",)),
    "issuer": _LIST,
    "vary-by-header": Known(text=NAME),
}
"""What stands in policies, by the name of its element."""

NEEDED = {
    "choose": "when",
    "ip-filter": "address or address-range",
    "cors": "allowed-origins",
    "validate-jwt": "audiences",
    "validate-azure-ad-token": "audiences",
    "allowed-origins": "origin",
    "allowed-methods": "method",
    "allowed-headers": "header",
    "audiences": "audience",
    "issuers": "issuer",
}
"""Elements that mean nothing, or anything, without one of these in them."""
