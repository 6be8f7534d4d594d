"""Headers that routes set, add and remove, as far as a policy may hold them as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from apim_aks.facts import policy_default
from apim_aks.workload.documents import printable
from apim_aks.workload.handling import HeaderChange

Changes = tuple[HeaderChange, ...]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TEXT = re.compile(r"[ -~]{0,1000}")
_PUT_IN = re.compile(r"[%$]|@\(|@\{|\{\{")
"""What controllers or API Management would put something else in place of."""


def changes(said: Mapping[str, Any]) -> tuple[Changes, tuple[str, ...]]:
    """`set`, `add` and `remove` of a filter or VirtualService, and the names that are left out."""
    found = (
        *(HeaderChange(n, "override", v) for n, v in _pairs(said.get("set"))),
        *(HeaderChange(n, "append", v) for n, v in _pairs(said.get("add"))),
        *(HeaderChange(n, "delete") for n in _texts(said.get("remove"))),
    )
    return _possible(found)


def traefik_changes(said: Mapping[str, Any]) -> tuple[Changes, Changes, tuple[str, ...]]:
    """Headers of requests and of responses of a middleware, and the names that are left out.

    An empty value takes a header away.
    """
    known = ("customRequestHeaders", "customResponseHeaders")
    both = [tuple(map(_custom, _pairs(said.get(key)))) for key in known]
    (request, lost), (response, gone) = map(_possible, both)
    others = (printable(str(k)) for k in said if k not in known and not _of_cors(str(k)))
    return request, response, (*lost, *gone, *others)


def _of_cors(key: str) -> bool:
    """Whatever the middleware says of CORS, but for patterns, which no policy takes."""
    return key.startswith("accessControl") and not key.endswith("Regex") or key == "addVaryHeader"


def _custom(pair: tuple[str, str]) -> HeaderChange:
    name, value = pair
    action: Literal["override", "delete"] = "override" if value else "delete"
    return HeaderChange(name, action, value)


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """Gateway API lists names and values, Istio and Traefik map them."""
    if isinstance(value, dict):
        yield from ((str(k), _text(v)) for k, v in value.items())
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield str(item.get("name", "")), _text(item.get("value"))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _texts(value: Any) -> Iterator[str]:
    yield from (str(v) for v in value) if isinstance(value, list) else ()


def _possible(found: Iterable[HeaderChange]) -> tuple[Changes, tuple[str, ...]]:
    kept, left = [], []
    for change in found:
        if _plain(change):
            kept.append(change)
        else:
            left.append(printable(change.name))
    return tuple(kept), tuple(left)


def _plain(change: HeaderChange) -> bool:
    """A header of the application's own, with a text that everybody may read."""
    name, secret = change.name.lower(), policy_default("secret-header").value
    ours = name in (n.lower() for n in policy_default("headers-not-carried").names)
    told = change.action != "delete" and re.search(secret, name)
    text = _TEXT.fullmatch(change.value) and not _PUT_IN.search(change.value)
    return bool(_NAME.fullmatch(change.name) and text) and not ours and not told
