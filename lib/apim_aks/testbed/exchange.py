"""A request and its response, as every part of the testbed hands them on."""

from __future__ import annotations

from dataclasses import dataclass, field

Headers = tuple[tuple[str, str], ...]
"""Names and values in the order of the message; a name may stand there more than once."""


def header(headers: Headers, name: str, default: str = "") -> str:
    """The value of a header, whatever the case of its name; several joined by commas (RFC 9110)."""
    found = [value for key, value in headers if key.lower() == name.lower()]
    return ", ".join(found) if found else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrives: `path` and `query` as they stand in the request line.

    `path` begins with a slash and is still percent-encoded, `query` has no question mark, `host`
    has a port only where the caller wrote one.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str = ""
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    client_address: str = ""

    @property
    def target(self) -> str:
        """Path and query, as a request line holds them."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def header(self, name: str, default: str = "") -> str:
        """The value of a header of this request."""
        return header(self.headers, name, default)


@dataclass(frozen=True, slots=True)
class Response:
    """A response: status, headers, body."""

    status: int
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str, default: str = "") -> str:
        """The value of a header of this response."""
        return header(self.headers, name, default)
