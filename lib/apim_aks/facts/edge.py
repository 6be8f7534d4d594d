"""How an Application Gateway is set up in front of API Management."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeDefaults:
    """The settings of the template, with reasons in edge_settings.csv.

    `least` and `most` are instances, `inspected_kb` and `body_kb` the most of a body that the
    firewall reads and lets through, the rest as the names say. `attack` is a query that it refuses.
    """

    tls_policy: str
    rule_set: str
    rule_set_version: str
    inspected_kb: int
    body_kb: int
    upload_mb: int
    least: int
    most: int
    probe_seconds: int
    probe_failures: int
    answer_seconds: int
    attack: str


@cache
def edge_defaults() -> EdgeDefaults:
    """What the template of an Application Gateway chooses."""
    return read_settings(DATA / "edge_settings.csv", EdgeDefaults)
