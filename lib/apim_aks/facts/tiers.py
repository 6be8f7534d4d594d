"""The tiers of API Management and the API versions of Azure's resource types."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, parse, read_rows, unknown

Family = Literal["consumption", "classic", "v2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Row):
    """One fact about one tier: `yes`, `no`, `n-a` or words, with the number where it is one."""

    tier: str
    feature: str
    value: str
    number: float | None = None
    status: Status
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRow(Row):
    """A feature of the tiers in a reader's words, as it stands after "has no"."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Sla:
    """The promised availability in percent, as an interval, and how sure the source is."""

    low: float
    high: float
    status: Status
    note: str


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of API Management with everything the rows say about it."""

    name: str
    arm_name: str
    family: Family
    rows: tuple[Fact, ...]
    _facts: dict[str, Fact] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._facts.update((row.feature, row) for row in reversed(self.rows))

    def fact(self, feature: str) -> Fact:
        """What is known about this feature on this tier."""
        if found := self._facts.get(feature):
            return found
        raise unknown(f"feature of tier {self.name}", feature, [r.feature for r in self.rows])

    def has(self, feature: str) -> bool:
        """Whether the tier has this feature; the fact's note can name conditions."""
        return self.fact(feature).value == "yes"

    def number(self, feature: str) -> float | None:
        """The number behind this feature; None where there is none."""
        return self.fact(feature).number

    @property
    def price(self) -> float:
        """The list price of one unit for a month, in US dollars."""
        return self.number("list_price_usd_per_unit_month") or 0.0

    @property
    def sla(self) -> Sla | None:
        """The promised availability; None where nothing is promised."""
        low, high = self.fact("sla_low"), self.fact("sla_high")
        if low.number is None or high.number is None:
            return None
        return Sla(low.number, high.number, high.status, high.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiVersion(Row):
    """The API version of one Azure resource type that templates use."""

    type: str
    version: str
    preview: str = ""
    note: str = ""
    status: Status


@cache
def tiers() -> tuple[Tier, ...]:
    """The tiers of API Management, cheapest unit first."""
    rows = read_rows(DATA / "tiers.csv", Fact)
    names = dict.fromkeys(r.tier for r in rows)
    found = [_tier(name, tuple(r for r in rows if r.tier == name)) for name in names]
    return tuple(sorted(found, key=lambda t: t.price))


def _tier(name: str, rows: tuple[Fact, ...]) -> Tier:
    value = {r.feature: r.value for r in rows}
    family: Family = parse(value["family"], Family)
    return Tier(name, value["arm_sku_name"], family, rows)


def tier(name: str) -> Tier:
    """The tier of this name, written as people do (`Standard v2`) or as ARM does (`StandardV2`)."""
    wanted = name.replace(" ", "").casefold()
    for found in tiers():
        if found.arm_name.casefold() == wanted:
            return found
    raise unknown("tier", name, [t.name for t in tiers()])


@cache
def features() -> tuple[FeatureRow, ...]:
    """The features of the tiers, in the order of their rows."""
    return read_rows(DATA / "features.csv", FeatureRow)


def feature(id: str) -> FeatureRow:
    """The feature of this id."""
    return by_id("feature", features(), id)


@cache
def api_versions() -> tuple[ApiVersion, ...]:
    """The API version of each Azure resource type."""
    return read_rows(DATA / "api_versions.csv", ApiVersion)
