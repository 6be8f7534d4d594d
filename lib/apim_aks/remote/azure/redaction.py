"""The one filter through which every text about Azure passes before anybody sees it.

Known secrets (tokens, subscription and tenant ids) are remembered for as long as the process lives;
shapes (ids, keys, connection strings, certificates with keys) are found wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

MASK = "***"
_SHORTEST = 6
_KNOWN: dict[str, str] = {}

_SENSITIVE = re.compile(
    r"(?i)^(?:.*(?:password|passwd|secret|private_?key|pfx|connection_?string|sas_?(?:token|uri|url)"
    r"|access_?token|refresh_?token|id_?token|cluster_?token|instrumentation_?key|shared_?key"
    r"|credential|assertion)|(?:primary|secondary|account|subscription|access|api|shared)_?key"
    r"|authorization|key[12]?|token|bearer|signature|sig|data|encoded_?certificate)$"
)
_HARMLESS = re.compile(r"(?i)^(?:vault_?secret|secret_?identifier|key_?vault.*|secret_?name)$")

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.S),
        MASK,
    ),
    (re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,4}"), MASK),
    (re.compile(r"(?i)\b(bearer|sharedaccesssignature)\s+[\w.~+/=&%-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"(?i)(https?://[^\s\"'<>?]+)\?[^\s\"'<>]+"), r"\1?…"),
    (
        re.compile(
            r"(?i)(?<!microsoft\.)((?:account|shared|shared_?access|instrumentation|primary|secondary|api|access"
            r"|subscription|ocp-apim-subscription)[_-]?key|password|pwd|client[_-]?secret|secret"
            r"|access[_-]?token|refresh[_-]?token|sig|signature|authorization|token)"
            r"(\\?[\"']?\s*[=:]\s*\\?[\"']?)(?!\s)([^\s\"',;&<>\\]{4,})"
        ),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@([\w-]+\.)+[\w-]+"), "…@…"),
    (
        re.compile(r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{8}([0-9a-f]{4})\b"),
        r"…\1",
    ),
    (re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])"), MASK),
)
_LONG = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")


def remember(secret: str, shown: str = MASK) -> None:
    """Mask this text from now on, wherever it turns up."""
    if len(secret) >= _SHORTEST:
        _KNOWN[secret] = shown
        _KNOWN.setdefault(secret.replace("-", ""), shown)


def shortened(id: str) -> str:
    """The last four characters of an id: enough to recognise it, not enough to use it."""
    return f"…{id[-4:]}" if id else "unknown"


def redacted(text: str) -> str:
    """The text without anything secret in it."""
    lowered = text.lower()
    for secret in sorted((s for s in _KNOWN if s.lower() in lowered), key=len, reverse=True):
        text = re.sub(re.escape(secret), _KNOWN[secret], text, flags=re.I)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return _LONG.sub(lambda found: _blob(found[0]), text)


_WORDS = re.compile(r"[A-Za-z]?[a-z]*(?:[A-Z][a-z]+)*[A-Z]{0,4}[0-9]{0,8}")


def _blob(text: str) -> str:
    """Masked where it looks like a key: long, mixed, and not a path or name made of words."""
    mixed = all(any(kind(c) for c in text) for kind in (str.isupper, str.islower, str.isdigit))
    readable = all(_WORDS.fullmatch(part) for part in re.split(r"[/_-]", text))
    return MASK if mixed and not readable else text


def redacted_value(value: Any, key: str = "") -> Any:
    """As `redacted`, for JSON; values under names such as `primaryKey` are removed whole."""
    if isinstance(value, Mapping):
        return {
            _redacted_name(str(k), len(_KNOWN)): redacted_value(inner, str(k))
            for k, inner in value.items()
        }
    if isinstance(value, str):
        return MASK if value and _secret_name(key) else redacted(value)
    if isinstance(value, Sequence):
        return [redacted_value(inner, key) for inner in value]
    return value


@lru_cache(maxsize=4096)
def _redacted_name(name: str, known: int) -> str:
    """As `redacted`; the same few names stand in every answer. `known` counts what is masked."""
    return redacted(name)


@lru_cache(maxsize=4096)
def _secret_name(key: str) -> bool:
    return bool(_SENSITIVE.match(key)) and not _HARMLESS.match(key)
