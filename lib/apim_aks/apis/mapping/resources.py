"""What a path is about: its resource, its version, the prefix before both."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from apim_aks.workload.names import marked
from apim_aks.workload.url_template import nameless

SLUG = 60
"""Longest id of an API: room below the limit of 80 for the name of the workload before it."""
_VERSION = re.compile(r"v\d+([._]\d+)*((alpha|beta)\d*)?$", re.IGNORECASE)
_PARAMETER = re.compile(r"\{(\*?)[^}]*\}")
_PREFIXES = {"api", "apis", "rest", "services", "service", "public"}
_OPERATIONAL = {
    "health", "healthz", "healthcheck", "livez", "readyz", "ready", "live", "liveness",
    "readiness", "metrics", "status", "ping", "info", "actuator",
}  # fmt: skip


def segments(path: str) -> tuple[str, ...]:
    """The parts of a path, `/a/{b}` as `("a", "{b}")`."""
    return tuple(filter(None, path.partition("?")[0].split("/")))


@lru_cache(maxsize=4096)
def resource(path: str) -> str:
    """The resource a path is about: its first fixed part that is no version and no prefix.

    `/api/v2/orders/{orderId}` is about `orders`. A path that only operates the Service (health,
    metrics) or has a parameter or `*` in its first part is about nothing: the empty string.
    """
    parts = segments(path)
    parts = parts[_prefixes(parts) :]
    if not parts or re.search(r"[{*]", parts[0]) or parts[0].lower() in _OPERATIONAL:
        return ""
    return parts[0].lower()


def prefix_length(path: str) -> int:
    """How many parts before the resource are prefixes (`api`) or a version (`v2`)."""
    return _prefixes(segments(path))


def _prefixes(parts: tuple[str, ...]) -> int:
    for index, part in enumerate(parts):
        if not is_prefix(part) or index == len(parts) - 1:
            return index
    return 0


def is_prefix(part: str) -> bool:
    """A part such as `api` or `v2`, which says nothing about the resource."""
    return part.lower() in _PREFIXES or bool(_VERSION.match(part))


def named_for(path: str) -> str:
    """What an API on this path is called: its last part that is no version and no prefix."""
    parts = [p.lower() for p in segments(path) if not is_prefix(p)]
    return parts[-1] if parts else ""


def internal(path: str) -> bool:
    """Whether the path is marked as internal, such as `/internal/…`."""
    return "internal" in segments(path.lower())


def version(*paths: str) -> str:
    """The version that a path or base path carries: `v2` in `/api/v2/orders`; empty without."""
    for path in paths:
        for part in segments(path):
            if part.startswith("{"):
                break
            if _VERSION.match(part):
                return part.lower()
    return ""


def shape(template: str) -> str:
    """A template without the names of its parameters, so that `{id}` and `{orderId}` agree."""
    return _PARAMETER.sub(nameless, template)


def common_prefix(templates: Collection[str]) -> str:
    """The fixed parts that all templates start with, up to and with the resource of them all."""
    once = dict.fromkeys(templates)
    lists = [segments(t) for t in once]
    ends = [prefix_length(t) + bool(resource(t)) for t in once]
    common: list[str] = []
    for index in range(min(ends, default=0)):
        parts = {parts[index] for parts in lists}
        if len(parts) > 1 or re.search(r"[{*]", next(iter(parts))):
            break
        common.append(parts.pop())
    return "".join(f"/{p}" for p in common)


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens: an id or a URL part made of any text.

    What is too long ends in a fingerprint of the whole.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return (plain if len(plain) <= SLUG else marked(plain, text, SLUG)) or "api"
