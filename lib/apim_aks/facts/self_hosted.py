"""What the self-hosted gateway's container needs: image, ports, sizes, names, and its policies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfHostedDefaults:
    """The container as it is run; self_hosted_settings.csv says why.

    Sizes are quantities of Kubernetes, `grace` and `probe_period` are seconds.
    """

    image: str
    namespace: str
    replicas: int
    unavailable: int
    cpu: str
    memory: str
    user: int
    group: int
    http_port: int
    https_port: int
    backup_path: str
    backup_size: str
    backup_class: str
    authentication: str
    configuration_suffix: str
    readiness_path: str
    liveness_path: str
    probe_period: int
    grace: int
    token_audience: str
    sla_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySupport(Row):
    """Whether the self-hosted gateway carries a policy out; it skips one that it does not know."""

    policy: str
    self_hosted: Literal["yes", "no"]
    status: Status
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRole(Row):
    """A role that Azure does not bring: what it allows, and who holds it where."""

    id: str
    role: str
    actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    holder: Literal["API Management", "gateway"]
    because: str
    status: Status


@cache
def self_hosted_defaults() -> SelfHostedDefaults:
    """The container as it is run."""
    return read_settings(DATA / "self_hosted_settings.csv", SelfHostedDefaults)


@cache
def policy_support() -> tuple[PolicySupport, ...]:
    """The policies that the workbook writes, each with whether the self-hosted gateway knows it."""
    return read_rows(DATA / "policy_support.csv", PolicySupport)


@cache
def custom_roles() -> tuple[CustomRole, ...]:
    """The roles that the templates define for the self-hosted gateway's sign-in."""
    return read_rows(DATA / "custom_roles.csv", CustomRole)
