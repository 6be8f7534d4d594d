"""How Front Door is set up in front of API Management, and where it makes private endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.network import RuleRow, network_rules
from apim_aks.facts.rows import DATA, Row, Status, read_rows
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoorDefaults:
    """What the template chooses; front_door_settings.csv says why.

    `answer_seconds` and `probe_seconds` are seconds, `samples_needed` of `sample_size` probes have
    to succeed. `group` is what of API Management a private endpoint leads to.
    """

    sku: str
    tls: str
    rule_set: str
    rule_set_version: str
    answer_seconds: int
    probe_seconds: int
    sample_size: int
    samples_needed: int
    group: str
    request_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoorRegion(Row):
    """A region in which Front Door makes private endpoints."""

    region: str
    status: Status


@cache
def front_door_defaults() -> FrontDoorDefaults:
    """What the template of Front Door chooses."""
    return read_settings(DATA / "front_door_settings.csv", FrontDoorDefaults)


@cache
def private_link_regions() -> tuple[str, ...]:
    """Where Front Door makes private endpoints, by the names in ARM."""
    rows = read_rows(DATA / "front_door_regions.csv", FrontDoorRegion)
    return tuple(row.region for row in rows)


@cache
def front_door_rule() -> RuleRow:
    """The rule that admits Front Door to an injected gateway in the place of the internet."""
    return next(row for row in network_rules("external") if row.when == "front-door")
