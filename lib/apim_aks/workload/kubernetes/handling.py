"""Annotations, filters and middlewares read as values, as far as their meaning is plain.

Nothing here refuses a route: what cannot be read is said of the setting, which is named anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from apim_aks.facts import policy_default
from apim_aks.facts.ingress_behaviours import cors_default
from apim_aks.listing import listed
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.handling import ANY, NOTHING, Cors, Handling
from apim_aks.workload.kubernetes.durations import milliseconds
from apim_aks.workload.kubernetes.header_changes import changes, traefik_changes
from apim_aks.workload.route import Route, Setting
from apim_aks.workload.source_ranges import admitted_ranges, in_both, refused_ranges

NGINX = "nginx.ingress.kubernetes.io/"
Read = tuple[Handling, str]
"""What a setting means, and what of it is not read."""
Every = Mapping[str, Any]
"""The contents of all settings of a route, by name."""

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]+")


def with_settings(route: Route, settings: Iterable[Setting]) -> Route:
    """The route with what it does, each setting with what of it is not read."""
    found = tuple(settings)
    every = {s.name: s.content for s in found}
    whole, said = NOTHING, []
    for setting in found:
        reader = _READERS.get(setting.name)
        part, short = reader(setting.content, every) if reader else (NOTHING, "")
        if whole.cors and part.cors:
            part, short = NOTHING, "another setting of the kind stands before it"
        whole = _both(whole, part)
        said.append(replace(setting, short=short))
    return replace(route, settings=tuple(said), handling=whole)


def _both(one: Handling, two: Handling) -> Handling:
    times = [t for t in (one.timeout, two.timeout) if t]
    return Handling(
        cors=one.cors or two.cors,
        timeout=min(times, default=0),
        admitted=in_both(one.admitted, two.admitted)
        if one.admitted and two.admitted
        else one.admitted or two.admitted,
        refused=(*one.refused, *two.refused),
        request_headers=(*one.request_headers, *two.request_headers),
        response_headers=(*one.response_headers, *two.response_headers),
    )


def _parts(value: Any) -> tuple[str, ...]:
    """A list of texts, or one text with commas between its parts."""
    given = value.split(",") if isinstance(value, str) else value
    listed_ = given if isinstance(given, list) else []
    return tuple(dict.fromkeys(t for v in listed_ if (t := printable(str(v)).strip())))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def true(value: Any) -> bool:
    """As Go's strconv.ParseBool reads it, by which ingress-nginx reads its annotations."""
    return str(value) in ("1", "t", "T", "true", "True", "TRUE")


# Time-outs


def _seconds(value: Any, _: Every) -> Read:
    text = str(value)
    return _timed(1000 * int(text) if text.isdecimal() and len(text) < 10 else None)


def _duration(value: Any, _: Every) -> Read:
    return _timed(milliseconds(value))


def _rule_timeouts(value: Any, _: Every) -> Read:
    """That of one try is what the gateway waits for its back end; else that of the whole call."""
    given = _mapping(value)
    return _timed(milliseconds(given.get("backendRequest", given.get("request"))))


def _timed(found: int | None) -> Read:
    if found is None:
        return NOTHING, "it is no time that is understood"
    longest = 1000 * policy_default("longest-timeout").number
    if not 0 < found <= longest:
        return NOTHING, f"a call has to end, after {longest // 1000:,} seconds at the latest"
    return Handling(timeout=found), ""


# Addresses of callers


def _admitted(value: Any, every: Every) -> Read:
    found, short = admitted_ranges(_parts(value))
    return _signing_in(every) or (Handling(admitted=found), short)


def _old_name(value: Any, every: Every) -> Read:
    if f"{NGINX}allowlist-source-range" in every:
        return NOTHING, "since `allowlist-source-range` stands beside it and is read in its place"
    return _admitted(value, every)


def _refused(value: Any, every: Every) -> Read:
    return _signing_in(every) or refused_ranges(_parts(value))


def _signing_in(every: Every) -> Read | None:
    """Where one check is enough, who signs in is served from any address: it refuses nobody."""
    signs_in = any(name.startswith(f"{NGINX}auth-") for name in every)
    if signs_in and every.get(f"{NGINX}satisfy") == "any":
        return NOTHING, "since `satisfy: any` admits whoever signs in from any other address"
    return None


def _source_range(value: Any, every: Every) -> Read:
    return _admitted(_mapping(value).get("sourceRange"), every)


def _some(texts: Iterable[str]) -> str:
    return listed([repr(shortened(t, 60)) for t in texts])


# Cross-origin calls


def _cors(kind: str, origins: Any, said: Mapping[str, Any]) -> Read:
    """CORS as a controller of this kind means it; what is not written has the kind's default.

    Keys of `said`: methods, headers, exposed, credentials, max_age.
    """
    given, short = _origins(origins)
    if not given:
        return NOTHING, short
    default = cors_default(kind)
    names = {
        key: _tokens(said.get(key)) or getattr(default, key)
        for key in ("methods", "headers", "exposed")
    }
    age, told = str(said.get("max_age")), said.get("credentials")
    return (
        Handling(
            cors=Cors(
                origins=given,
                credentials=default.credentials if told is None else true(told),
                max_age=int(age) if age.isdecimal() and len(age) < 10 else default.max_age,
                **names,
            )
        ),
        short,
    )


def _origins(value: Any) -> tuple[tuple[str, ...], str]:
    """The origins that are written out; any is `*`."""
    given = _parts(value)
    if ANY in given:
        return (ANY,), ""
    wrong = [o for o in given if not _ORIGIN.fullmatch(o)]
    short = f"without {_some(wrong)}, since an origin has to be written whole" if wrong else ""
    found = tuple(dict.fromkeys(o.rstrip("/") for o in given if _ORIGIN.fullmatch(o)))
    return found, short or ("" if found else "it names no origin")


def _tokens(value: Any) -> tuple[str, ...]:
    return tuple(p for p in _parts(value) if _TOKEN.fullmatch(p))


def _nginx_cors(value: Any, every: Every) -> Read:
    if not true(value):
        return NOTHING, ""
    note = {key: every.get(f"{NGINX}cors-{name}") for key, name in _NGINX_CORS.items()}
    return _cors("nginx", every.get(_NGINX_ORIGIN, ANY), note)[0], ""


_NGINX_ORIGIN = f"{NGINX}cors-allow-origin"
_NGINX_CORS = {
    "methods": "allow-methods",
    "headers": "allow-headers",
    "exposed": "expose-headers",
    "credentials": "allow-credentials",
    "max_age": "max-age",
}


def _nginx_origins(value: Any, _: Every) -> Read:
    return NOTHING, _origins(value)[1]


def _filter_cors(value: Any, _: Every) -> Read:
    return _cors("gateway-api", _mapping(value).get("allowOrigins"), _camel(value))


def _camel(value: Any) -> Mapping[str, Any]:
    said = _mapping(value)
    return {
        "methods": said.get("allowMethods"),
        "headers": said.get("allowHeaders"),
        "exposed": said.get("exposeHeaders"),
        "credentials": said.get("allowCredentials"),
        "max_age": said.get("maxAge"),
    }


def _istio_cors(value: Any, _: Every) -> Read:
    said = _mapping(value)
    given = said.get("allowOrigins")
    matches = [_mapping(m) for m in given] if isinstance(given, list) else []
    every = [ANY if m.get("regex") in (".*", "^.*$") else m.get("exact") for m in matches]
    plain = [o for o in every if isinstance(o, str)] + list(_parts(said.get("allowOrigin")))
    age = milliseconds(said.get("maxAge"))
    found, short = _cors("istio", plain, {**_camel(value), "max_age": age and age // 1000})
    if len(plain) < len(matches) and ANY not in plain:
        short = "without origins that a pattern selects, since an origin has to be written whole"
    return found, short


def _traefik_headers(value: Any, _: Every) -> Read:
    said = _mapping(value)
    own = {str(k).removeprefix("accessControl"): v for k, v in said.items()}
    keys = {"methods": "AllowMethods", "headers": "AllowHeaders", "exposed": "ExposeHeaders"}
    found, short = NOTHING, ""
    if "AllowOriginList" in own:
        told = {key: own.get(name) for key, name in keys.items()}
        told |= {"credentials": own.get("AllowCredentials"), "max_age": own.get("MaxAge")}
        found, short = _cors("traefik", own["AllowOriginList"], told)
    request, response, left = traefik_changes(said)
    if left:
        short = "; ".join(filter(None, (short, f"without {_some(left)}")))
    return replace(found, request_headers=request, response_headers=response), short


# Headers


def _request_headers(value: Any, _: Every) -> Read:
    found, left = changes(_mapping(value))
    return Handling(request_headers=found), f"without {_some(left)}" if left else ""


def _response_headers(value: Any, _: Every) -> Read:
    found, left = changes(_mapping(value))
    return Handling(response_headers=found), f"without {_some(left)}" if left else ""


def _istio_headers(value: Any, every: Every) -> Read:
    request, left = _request_headers(_mapping(value).get("request"), every)
    response, lost = _response_headers(_mapping(value).get("response"), every)
    return _both(request, response), "; ".join(filter(None, (left, lost)))


def _one_header(name: str, value: Any, _: Every) -> Read:
    return _request_headers({"set": {name: str(value)}}, {})


_READERS: dict[str, Callable[[Any, Every], Read]] = {
    f"{NGINX}enable-cors": _nginx_cors,
    _NGINX_ORIGIN: _nginx_origins,
    f"{NGINX}proxy-read-timeout": _seconds,
    f"{NGINX}whitelist-source-range": _old_name,
    f"{NGINX}allowlist-source-range": _admitted,
    f"{NGINX}denylist-source-range": _refused,
    f"{NGINX}x-forwarded-prefix": partial(_one_header, "X-Forwarded-Prefix"),
    "appgw.ingress.kubernetes.io/request-timeout": _seconds,
    "HTTPRoute/cors": _filter_cors,
    "HTTPRoute/timeouts": _rule_timeouts,
    "HTTPRoute/requestHeaderModifier": _request_headers,
    "HTTPRoute/responseHeaderModifier": _response_headers,
    "VirtualService/corsPolicy": _istio_cors,
    "VirtualService/timeout": _duration,
    "VirtualService/headers": _istio_headers,
    "Middleware/headers": _traefik_headers,
    "Middleware/ipAllowList": _source_range,
    "Middleware/ipWhiteList": _source_range,
}
