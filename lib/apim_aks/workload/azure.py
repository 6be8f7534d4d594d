"""The section `azure` of workload.yaml: where the workload is going to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Existing:
    """A resource that is there already: used, never declared again."""

    name: str
    resource_group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingResources:
    """Which resources are there already; None where the workbook makes its own."""

    cluster: Existing | None = None
    network: Existing | None = None
    api_management: Existing | None = None
    key_vault: Existing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Azure:
    """Where it is going to run. Never a subscription or tenant id.

    The fields are the keys of `azure` in workload.yaml and mean what its schema says of them;
    text is empty where the file says nothing. Ranges are in CIDR notation.
    """

    environment: str = "production"
    region: str = "westeurope"
    kubernetes_version: str = "1.36"
    name_suffix: str = ""
    resource_group: str = ""
    existing: ExistingResources = ExistingResources()
    address_space: str = ""
    taken_address_ranges: tuple[str, ...] = ()
    gateway_network: Literal["shared", "peered"] = "shared"
    gateway_subnet: str = ""
    authorized_ranges: tuple[str, ...] = ()
    host_name: str = ""
    publisher_name: str = ""
    publisher_email: str = ""
