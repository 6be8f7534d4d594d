"""One call, and every way in which it can end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "ocp-apim-subscription-key", "x-gateway-authorization"}
)
"""Headers that carry keys or tokens."""

Lines = tuple[tuple[str, str], ...]
"""Names and values of headers in the order of the message."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call by HTTPS, or by HTTP without `tls`.

    `certificate` is what the caller shows (PEM with its key), `address` where it connects to
    instead of what the name resolves to, `checked` whether the server's certificate is checked,
    `lines` are headers beside those of `headers`, whose names may stand there more than once.
    """

    host: str
    path: str = "/"
    port: int = 443
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: bytes = field(default=b"", repr=False)
    address: str = ""
    checked: bool = True
    tls: bool = True
    body: bytes = field(default=b"", repr=False)
    lines: Lines = field(default=(), repr=False)

    def __post_init__(self) -> None:
        secret = SECRET_HEADERS & {n.lower() for n in (*self.headers, *dict(self.lines))}
        if secret and not (self.checked and self.tls):
            raise ValueError(f"{', '.join(sorted(secret))} may only go to a server that is checked")

    @property
    def words(self) -> str:
        """What is asked, for people."""
        place = f" at {self.address}" if self.address else ""
        port = "" if self.port == 443 else f" port {self.port}"
        return f"{self.method} {self.path} of {self.host}{place}{port}"


class Ending(StrEnum):
    """How a call ended. Only the first two are an answer of the other side."""

    ANSWERED = "answered"
    REFUSED = "refused in the TLS handshake"
    CLOSED = "connection refused"
    RESET = "connection reset"
    SILENT = "no answer in time"
    UNKNOWN_NAME = "name not resolved"
    UNTRUSTED = "server certificate not trusted"
    OTHER = "ended otherwise"


@dataclass(frozen=True)
class Outcome:
    """The end of one call, with the headers as they came; `connected` says whether a TCP
    connection was made at all."""

    ending: Ending
    status: int = 0
    lines: Lines = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    connected: bool = False
    detail: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The last of each name, in small letters."""
        return {name.lower(): value for name, value in self.lines}

    @property
    def words(self) -> str:
        """What was seen, for people."""
        if self.ending is Ending.ANSWERED:
            reason = f" ({self.reason})" if self.reason else ""
            return f"answered with {self.status}{reason}"
        after = " after a connection was made" if self.connected and self._vague else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.ending}{after}{detail}"

    @property
    def _vague(self) -> bool:
        return self.ending in (Ending.RESET, Ending.SILENT, Ending.OTHER)

    @property
    def answered(self) -> bool:
        """There is a status."""
        return self.ending is Ending.ANSWERED

    @property
    def alive(self) -> bool:
        """Something on the other side spoke: it answered, refused or showed a certificate."""
        return self.ending in (Ending.ANSWERED, Ending.REFUSED, Ending.UNTRUSTED)

    @property
    def nobody(self) -> bool:
        """Whether no connection was made: no listener, blocked, or the name does not resolve."""
        silent = (Ending.CLOSED, Ending.SILENT, Ending.UNKNOWN_NAME)
        return not self.connected and self.ending in silent

    @property
    def reason(self) -> str:
        """The reason that the gateway gives for an error, as one word."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return ""
        reason = found.get("reason") if isinstance(found, dict) else ""
        return reason if isinstance(reason, str) and reason.isalnum() and len(reason) < 50 else ""
