"""The error responses of API Management: status, reason and message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayError(Row):
    """One error that is defined beforehand, and its answer.

    `{0}` and `{1}` in the message are what was found in the request.
    """

    id: str
    reason: str
    code: int
    message: str
    status: Status
    because: str = ""


@cache
def gateway_errors() -> tuple[GatewayError, ...]:
    """The errors that are defined beforehand."""
    return read_rows(DATA / "gateway_errors.csv", GatewayError)


@cache
def gateway_error(id: str) -> GatewayError:
    """The error of this id."""
    return by_id("gateway error", gateway_errors(), id)
