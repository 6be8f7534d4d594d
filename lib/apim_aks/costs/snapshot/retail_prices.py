"""The Azure Retail Prices API: one query for each meter, paging and retries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from apim_aks.errors import RemoteError
from apim_aks.facts import PriceRow, price_api

Response = tuple[int, Mapping[str, str], bytes]
Send = Callable[[str], Response]
Sleep = Callable[[float], None]

ATTEMPTS = 5
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
MOST_PAGES = 100
LARGEST_ANSWER = 20_000_000
SECONDS_TO_ANSWER = 30
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class PricesNotReached(RemoteError):
    """The Retail Prices API did not answer, or not with prices."""


def query(row: PriceRow) -> str:
    """The URL that queries one meter; values of the filter are case-sensitive."""
    wanted = {
        "priceType": "Consumption",
        "serviceName": row.service,
        "productName": row.product,
        "meterName": row.meter,
        "armRegionName": row.region,
    }
    filters = [f"{name} eq {_quoted(value)}" for name, value in wanted.items() if value]
    asked = {
        "api-version": price_api("api-version"),
        "currencyCode": _quoted(row.currency),
        "meterRegion": _quoted("primary"),
        "$filter": " and ".join(filters),
    }
    return f"{price_api('address')}?{urlencode(asked, quote_via=quote)}"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def items_of(url: str, send: Send, sleep: Sleep) -> Iterator[Mapping[str, Any]]:
    """The items of every page, in order."""
    seen: set[str] = set()
    following: str | None = url
    while following:
        if following in seen or len(seen) == MOST_PAGES:
            raise PricesNotReached(
                f"The Retail Prices API gave more than {len(seen)} pages or one of them twice. "
                "Try again later."
            )
        seen.add(following)
        page = _page(_answer(following, send, sleep))
        yield from page["Items"]
        following = _followed(page.get("NextPageLink"))


def _answer(url: str, send: Send, sleep: Sleep) -> bytes:
    """The body of one answer, after as many waits as the API asks for and we allow."""
    for attempt in range(1, ATTEMPTS + 1):
        status, headers, body = send(url)
        if status == HTTPStatus.OK:
            return body
        if status not in BUSY or attempt == ATTEMPTS:
            break
        sleep(wait(headers))
    raise PricesNotReached(
        f"The Retail Prices API answered {status} after {attempt} of {ATTEMPTS} attempts. "
        "Try again later."
    )


def wait(headers: Mapping[str, str], now: datetime | None = None) -> float:
    """The seconds that `Retry-After` asks for, a number or a date, kept between 1 and 60."""
    text = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    asked = float(text) if text.isdecimal() else _until(text, now or datetime.now(UTC))
    return min(max(asked, SHORTEST_WAIT), LONGEST_WAIT)


def _until(text: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return SHORTEST_WAIT
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _page(body: bytes) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except ValueError:
        page = None
    items = page.get("Items") if isinstance(page, dict) else None
    if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise PricesNotReached(
            "The Retail Prices API did not answer with JSON that has a list of Items."
        )
    return dict(page)


def _followed(link: object) -> str | None:
    """The next page, on the same host only; it may name the port 443."""
    if not link:
        return None
    wanted = urlsplit(price_api("address"))
    found = urlsplit(str(link))
    usual = {wanted.hostname, f"{wanted.hostname}:443"}
    if found.scheme != "https" or found.netloc not in usual:
        raise PricesNotReached(
            f"The Retail Prices API links to {found.hostname or 'no host'} for its next page. "
            f"Only https://{wanted.hostname} is followed."
        )
    return str(link)


def send_with_urllib(url: str) -> Response:
    """One GET request, without sign-in."""
    try:
        asked = Request(url, headers={"Accept": "application/json"})
        with urlopen(asked, timeout=SECONDS_TO_ANSWER) as answer:
            return answer.status, dict(answer.headers), answer.read(LARGEST_ANSWER)
    except HTTPError as error:
        return error.code, dict(error.headers), b""
    except OSError as error:
        raise PricesNotReached(
            f"The Retail Prices API at {urlsplit(url).hostname} was not reached ({error}). "
            "Check the connection and try again."
        ) from None
