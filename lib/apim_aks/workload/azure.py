"""The section `azure` of workload.yaml: where the workload is going to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


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


def azure_of(given: dict[str, Any]) -> Azure:
    """What stands under `azure` in workload.yaml, as its schema allows it."""
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    there = {what: Existing(**named) for what, named in plain.pop("existing", {}).items()}
    return Azure(**plain, existing=ExistingResources(**there))
