"""Refreshing prices against an API that filters, pages and asks to wait like the real one."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit

import pytest

from apim_aks import facts
from apim_aks.cli.decision_text import prices_text
from apim_aks.costs.snapshot import (
    PricesNotReached,
    query,
    refresh,
    retail_prices,
    send_with_urllib,
    write_prices,
)
from apim_aks.errors import InputError
from apim_aks.facts import PriceRow

DAY = "2026-12-01"
Item = dict[str, Any]


def item(row: PriceRow, price: float, **changes: object) -> Item:
    """An item of the API for this meter."""
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": row.tier_minimum_units,
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": row.region,
        "location": "US East",
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "meterId": "00000000-0000-0000-0000-000000000000",
        "meterName": row.meter,
        "productId": "DZH318Z0",
        "skuId": "DZH318Z0/0001",
        "productName": row.product or row.service,
        "skuName": "Standard",
        "serviceName": row.service,
        "serviceId": "DZH0000",
        "serviceFamily": "Developer Tools",
        "unitOfMeasure": row.unit,
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": "",
        **changes,
    }


FIELDS = {"priceType": "type"}
CLAUSE = re.compile(r"(\w+) eq '((?:[^']|'')*)'")


@dataclass
class RetailPrices:
    """The API: case-sensitive filters, pages, and the statuses in `busy` first.

    Without `filters` it lists everything: an answer is not trusted to be what was asked for.
    """

    items: list[Item]
    page: int = 1000
    busy: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    filters: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(url)
        if self.busy:
            status, headers = self.busy.pop(0)
            return status, headers, b"Too many requests"
        split = urlsplit(url)
        assert (split.scheme, split.hostname) == ("https", "prices.azure.com")
        asked = {k: v[0] for k, v in parse_qs(split.query, strict_parsing=True).items()}
        assert asked["api-version"] == "2023-01-01-preview"
        assert asked["meterRegion"] == "'primary'"
        found = [i for i in self.items if not self.filters or self._meant(i, asked)]
        skip = int(asked.get("$skip", 0))
        part = found[skip : skip + self.page]
        more = skip + self.page < len(found)
        body = {
            "BillingCurrency": asked["currencyCode"].strip("'"),
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": part,
            "NextPageLink": self._next(split.path, url, skip) if more else None,
            "Count": len(part),
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()

    def _meant(self, one: Item, asked: dict[str, str]) -> bool:
        whole = f"{CLAUSE.pattern}( and {CLAUSE.pattern})*"
        assert re.fullmatch(whole, asked["$filter"]), asked["$filter"]
        clauses = CLAUSE.findall(asked["$filter"])
        return (
            all(one[FIELDS.get(k, k)] == v.replace("''", "'") for k, v in clauses)
            and one["currencyCode"] == asked["currencyCode"].strip("'")
            and one["isPrimaryMeterRegion"]
        )

    def _next(self, path: str, url: str, skip: int) -> str:
        plain = re.sub(r"&(%24|\$)skip=\d+", "", urlsplit(url).query)
        return f"https://prices.azure.com:443{path}?{plain}&$skip={skip + self.page}"


def never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} seconds")


PREMIUM = facts.price("apim-premium")
CALLS = facts.price("apim-consumption-calls")
RULES = facts.price("load-balancer-rules")
CONTROL = facts.price("aks-control-plane")
UNPRICED = facts.price("load-balancer-more-rules")


def refreshed(row: PriceRow, *items: Item, **changes: Any) -> tuple[PriceRow, tuple[str, ...]]:
    """The row after a refresh, and what is reported as kept."""
    given = {"region": "", "currency": ""} | changes
    found = refresh([row], RetailPrices(list(items)), never, today=DAY, **given)
    return found.rows[0], found.kept


def test_a_price_that_changed_is_taken_with_its_day_and_meter() -> None:
    found = refresh([PREMIUM], RetailPrices([item(PREMIUM, 4.0)]), never, today=DAY)
    row = found.rows[0]
    assert (row.price, row.status, row.checked_on) == (4.0, "verified", DAY)
    assert "00000000-0000-0000-0000-000000000000" in row.source
    assert row.source.startswith("https://learn.microsoft.com/")
    assert found.changed == (
        "apim-premium: 3.829 USD for 1 Hour, eastus before, 4 USD for 1 Hour, eastus now.",
    )
    assert found.kept == ()


def test_a_price_that_is_the_same_is_checked_again_and_not_called_a_change() -> None:
    found = refresh([PREMIUM], RetailPrices([item(PREMIUM, 3.829)]), never, today=DAY)
    assert found.rows[0].checked_on == DAY
    assert found.changed == ()


def test_a_meter_without_a_price_gets_one() -> None:
    row, kept = refreshed(UNPRICED, item(UNPRICED, 0.5))
    assert (row.price, row.status, kept) == (0.5, "verified", ())


def test_the_query_names_one_meter_exactly() -> None:
    asked = parse_qs(urlsplit(query(PREMIUM)).query)
    assert asked["$filter"] == [
        "priceType eq 'Consumption' and serviceName eq 'API Management' and productName eq "
        "'API Management' and meterName eq 'Premium Unit' and armRegionName eq 'eastus'"
    ]
    assert asked["currencyCode"] == ["'USD'"]


def test_a_quote_in_a_name_stays_inside_the_filter() -> None:
    odd = replace(PREMIUM, meter="Bob's or 1 eq 1")
    assert "meterName eq 'Bob''s or 1 eq 1'" in parse_qs(urlsplit(query(odd)).query)["$filter"][0]
    row, kept = refreshed(odd, item(odd, 5.0))
    assert (row.price, kept) == (5.0, ())


LOOK_ALIKES = [
    item(PREMIUM, 1.0, meterName="Premium Secondary Unit"),
    item(PREMIUM, 1.0, meterName="Premium Self-hosted Gateway"),
    item(PREMIUM, 1.0, meterName="Premium Workspace Pack"),
    item(PREMIUM, 1.0, productName="Self Hosted Gateway"),
    item(PREMIUM, 1.0, type="Reservation", reservationTerm="1 Year"),
    item(PREMIUM, 1.0, type="DevTestConsumption"),
    item(PREMIUM, 1.0, isPrimaryMeterRegion=False),
    item(PREMIUM, 1.0, armRegionName="westeurope"),
    item(PREMIUM, 1.0, currencyCode="EUR"),
    item(PREMIUM, 1.0, meterName="premium unit"),
    item(PREMIUM, 1.0, tierMinimumUnits=10.0),
]


@pytest.mark.parametrize("filters", [True, False])
def test_look_alikes_are_not_taken_even_if_the_answer_is_not_filtered(filters: bool) -> None:
    api = RetailPrices([*LOOK_ALIKES, item(PREMIUM, 4.0)], filters=filters)
    assert refresh([PREMIUM], api, never, today=DAY).rows[0].price == 4.0


@pytest.mark.parametrize("index", range(len(LOOK_ALIKES)))
def test_a_look_alike_alone_is_no_find(index: int) -> None:
    row, kept = refreshed(PREMIUM, LOOK_ALIKES[index])
    assert row == PREMIUM
    assert kept == (
        "apim-premium keeps its row of 2026-11-22 (3.829 USD for 1 Hour, eastus): Premium Unit was "
        "not found in eastus in USD.",
    )


def test_long_term_support_with_the_same_sku_name_is_not_added() -> None:
    support = item(CONTROL, 0.6, meterName="Standard Long Term Support")
    row, _ = refreshed(CONTROL, support, item(CONTROL, 0.1))
    assert row.price == 0.1


def test_the_graduation_of_the_row_is_taken() -> None:
    free = item(CALLS, 0.0, tierMinimumUnits=0.0)
    row, kept = refreshed(CALLS, free, item(CALLS, 0.04))
    assert (row.price, row.tier_minimum_units, kept) == (0.04, 100, ())


def test_what_is_listed_under_global_is_asked_for_there_in_every_region() -> None:
    row, kept = refreshed(RULES, item(RULES, 0.03), region="westeurope")
    assert (row.price, row.region, kept) == (0.03, "Global", ())


def test_another_region_and_currency() -> None:
    there = item(PREMIUM, 4.4, armRegionName="westeurope", currencyCode="EUR")
    here = item(PREMIUM, 4.0)
    row, _ = refreshed(PREMIUM, here, there, region="westeurope", currency="eur")
    assert (row.price, row.region, row.currency) == (4.4, "westeurope", "EUR")


def test_a_meter_that_is_not_there_keeps_region_and_currency_of_its_old_price() -> None:
    row, kept = refreshed(PREMIUM, item(PREMIUM, 4.0), region="westeurope", currency="EUR")
    assert row == PREMIUM
    assert "not found in westeurope in EUR" in kept[0]


@pytest.mark.parametrize("price", [0, -1, "4", None, True, 1e999])
def test_what_is_no_price_is_not_taken(price: Any) -> None:
    row, kept = refreshed(PREMIUM, item(PREMIUM, price))
    assert row == PREMIUM
    assert "is no number above zero" in kept[0]


def test_two_prices_for_one_meter_are_not_guessed_between() -> None:
    row, kept = refreshed(PREMIUM, item(PREMIUM, 4.0), item(PREMIUM, 5.0))
    assert row == PREMIUM
    assert "found 2 times with different prices" in kept[0]


def test_another_unit_is_not_multiplied_as_if_it_were_hours() -> None:
    row, kept = refreshed(PREMIUM, item(PREMIUM, 96.0, unitOfMeasure="1/Day"))
    assert row == PREMIUM
    assert "is sold by 1/Day, and the row has 1 Hour" in kept[0]


def test_a_row_without_a_meter_name_is_not_asked_for_and_is_reported() -> None:
    api = RetailPrices([])
    found = refresh([facts.price("azure-firewall")], api, never, today=DAY)
    assert api.asked == []
    assert "the name of its meter is not known" in found.kept[0]


def many(count: int) -> Iterator[Item]:
    """Items that the filter lets through and that are not the meter: wrong graduation."""
    return (item(PREMIUM, 1.0, tierMinimumUnits=float(n + 1)) for n in range(count))


def test_pages_of_a_thousand_are_followed_to_the_last() -> None:
    api = RetailPrices([*many(2100), item(PREMIUM, 4.0)])
    assert refresh([PREMIUM], api, never, today=DAY).rows[0].price == 4.0
    assert len(api.asked) == 3
    assert all(":443" in url and "$skip=" in url for url in api.asked[1:])
    assert all("Premium%20Unit" in url for url in api.asked)


def test_a_busy_api_is_asked_again_after_the_time_it_names() -> None:
    waited: list[float] = []
    busy = [(429, {"Retry-After": "7"}), (503, {"retry-after": "2"}), (429, {})]
    api = RetailPrices([item(PREMIUM, 4.0)], busy=busy)
    assert refresh([PREMIUM], api, waited.append, today=DAY).rows[0].price == 4.0
    assert waited == [7, 2, 1]
    assert len(set(api.asked)) == 1


def test_waiting_has_an_end() -> None:
    waited: list[float] = []
    api = RetailPrices([], busy=[(429, {"Retry-After": "9999"})] * 99)
    with pytest.raises(PricesNotReached, match="answered 429 after 5 of 5 attempts. Try again"):
        refresh([PREMIUM], api, waited.append, today=DAY)
    assert waited == [60, 60, 60, 60]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        ("0", 1),
        ("Tue, 01 Dec 2026 12:00:20 GMT", 20),
        ("Tue, 01 Dec 2026 11:00:00 GMT", 1),
        ("soon", 1),
    ],
)
def test_retry_after_is_a_number_or_a_date(said: str, seconds: float) -> None:
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert retail_prices.wait({"Retry-After": said}, now) == seconds


def test_a_refusal_is_no_missing_meter() -> None:
    api = RetailPrices([], busy=[(400, {})])
    with pytest.raises(PricesNotReached, match="answered 400 after 1 of 5"):
        refresh([PREMIUM], api, never, today=DAY)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"Items": 3}', b'{"Items": [3]}', b"\xff"]
)
def test_an_answer_that_is_no_price_list_is_refused(body: bytes) -> None:
    with pytest.raises(PricesNotReached, match="JSON that has a list of Items"):
        refresh([PREMIUM], lambda _: (200, {}, body), never, today=DAY)


@pytest.mark.parametrize(
    "link",
    [
        "http://prices.azure.com/api/retail/prices?$skip=1",
        "https://prices.example/api?$skip=1",
        "https://prices.azure.com@evil.example/?$skip=1",
        "https://prices.azure.com:8443/?$skip=1",
    ],
)
def test_a_next_page_elsewhere_is_not_followed(link: str) -> None:
    asked: list[str] = []

    def send(url: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(url)
        return 200, {}, json.dumps({"Items": [], "NextPageLink": link}).encode()

    with pytest.raises(PricesNotReached, match="Only https://prices.azure.com is followed"):
        refresh([PREMIUM], send, never, today=DAY)
    assert len(asked) == 1


def test_pages_that_never_end_are_given_up() -> None:
    body = json.dumps({"Items": [], "NextPageLink": query(PREMIUM)}).encode()
    with pytest.raises(PricesNotReached, match="one of them twice"):
        refresh([PREMIUM], lambda _: (200, {}, body), never, today=DAY)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"region": "West Europe"}, "region 'West Europe' is not valid"),
        ({"currency": "euro"}, "currency 'euro' is not valid. Use a code such as USD"),
    ],
)
def test_what_cannot_be_a_region_or_currency_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        refresh([PREMIUM], RetailPrices([]), never, **given)


def test_the_whole_snapshot_is_refreshed_and_can_be_read_again(tmp_path: Path) -> None:
    rows = facts.prices()
    items = [item(r, (r.price or 1) * 2, unitOfMeasure=r.unit or "10K") for r in rows if r.meter]
    found = refresh(rows, RetailPrices(items), never, today=DAY)
    path = tmp_path / "prices.csv"
    write_prices(found.rows, path)
    again = facts.read_prices(path)
    assert again == found.rows
    assert [r.id for r in again] == [r.id for r in rows]
    unknown = [r.id for r in rows if not r.meter or not r.unit]
    assert [k.split(" ")[0] for k in found.kept] == unknown
    assert all(r.status == "verified" for r in found.rows if r.id not in unknown)


def test_the_bundled_snapshot_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    write_prices(facts.prices(), path)
    assert path.read_bytes() == facts.PRICES.read_bytes()


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("old")
    broken = replace(PREMIUM, meter="\ud800")
    with pytest.raises(UnicodeEncodeError):
        write_prices([PREMIUM, broken], path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["prices.csv"]


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be written .* Use a folder"):
        write_prices(facts.prices(), tmp_path / "absent" / "prices.csv")


def test_others_can_read_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    plain = tmp_path / "plain"
    plain.write_text("")
    write_prices(facts.prices(), path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_currency_and_region_stand_beside_every_price() -> None:
    _, _, *lines = prices_text(facts.prices()).splitlines()
    of_id = {line.split()[0]: line for line in lines if line[0] != " "}
    for row in facts.prices():
        assert row.region in of_id[row.id]
        price = f"{row.price:g} {row.currency}" if row.price else "not priced"
        assert f" {price} " in of_id[row.id]


def test_urllib_hands_on_status_headers_and_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(request: Any, timeout: float) -> Any:
        assert request.full_url == query(PREMIUM) and timeout > 0
        raise HTTPError(request.full_url, 429, "busy", {"Retry-After": "3"}, None)  # type: ignore[arg-type]

    monkeypatch.setattr(retail_prices, "urlopen", refuse)
    assert send_with_urllib(query(PREMIUM)) == (429, {"Retry-After": "3"}, b"")


def test_no_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(request: Any, timeout: float) -> Any:
        raise URLError("no route to host")

    monkeypatch.setattr(retail_prices, "urlopen", nothing)
    with pytest.raises(PricesNotReached, match=r"at prices.azure.com was not reached \(.*no route"):
        send_with_urllib(query(PREMIUM))
