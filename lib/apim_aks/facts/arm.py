"""Azure facts for templates: roles, defaults, API versions, settings by controller."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows, unknown
from apim_aks.facts.settings import read_settings
from apim_aks.facts.tiers import Family, api_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRole(Row):
    """A built-in role: who holds it and why. `definition` is its id in every tenant."""

    id: str
    role: str
    definition: str
    holder: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDefaults:
    """What the templates choose where the workload says nothing; arm_settings.csv says why.

    `breaker_interval` and `breaker_duration` are ISO 8601 durations, `nodes_disk` is in GB.
    """

    gateway_zones: tuple[str, ...]
    management_api: str
    breaker_count: int
    breaker_interval: str
    breaker_duration: str
    nodes_size: str
    nodes_disk: int
    nodes_image: str
    nodes_zones: tuple[str, ...]
    system_nodes_least: int
    system_nodes_most: int
    user_nodes_least: int
    user_nodes_most: int
    nodes_pods: int
    nodes_surge: str
    cluster_tier: str
    cluster_upgrades: str
    node_upgrades: str
    outbound_type: str
    outbound_type_firewall: str
    tunnel_endpoints: tuple[str, ...]
    network_policy: str
    istio_revision: str
    log_days: int
    vault_days: int
    record_seconds: int
    any_method: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayProperty(Row):
    """A custom property of API Management, written for the tiers of one family."""

    id: str
    family: Family
    property: str
    value: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerAddOn(Row):
    """What an ingress controller switches on in a cluster, and the step for one that is there.

    `interruption` says what the step does to a cluster that is already running.
    """

    id: str
    mesh: bool
    mesh_ingress: bool
    gateway_api: bool
    app_routing: bool
    step: str
    interruption: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPreview(Row):
    """A property that only a preview API version has; `tier` is empty for any tier."""

    id: str
    type: str
    tier: str = ""
    what: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkType(Row):
    """How a network mode is written in API Management's resource.

    `address` says that a public address is given where the gateway stands in zones.
    """

    id: str
    network_type: Literal["None", "External", "Internal"]
    subnet: bool
    address: bool
    status: Status
    because: str = ""


@cache
def arm_roles() -> tuple[ArmRole, ...]:
    """The roles that templates assign and that deployers need."""
    return read_rows(DATA / "arm_roles.csv", ArmRole)


def arm_role(id: str) -> ArmRole:
    """The role of this id."""
    return by_id("role", arm_roles(), id)


@cache
def arm_defaults() -> ArmDefaults:
    """The defaults of the templates for values that the workload does not state."""
    return read_settings(DATA / "arm_settings.csv", ArmDefaults)


@cache
def gateway_properties() -> tuple[GatewayProperty, ...]:
    """The custom properties of API Management."""
    return read_rows(DATA / "arm_gateway_properties.csv", GatewayProperty)


@cache
def controller_add_ons() -> tuple[ControllerAddOn, ...]:
    """What the ingress controllers switch on in a cluster."""
    return read_rows(DATA / "arm_controllers.csv", ControllerAddOn)


def controller_add_on(id: str) -> ControllerAddOn | None:
    """What this controller switches on; None where the cluster's resource has no part in it."""
    return next((row for row in controller_add_ons() if row.id == id), None)


@cache
def arm_previews() -> tuple[ArmPreview, ...]:
    """The properties that only preview API versions have."""
    return read_rows(DATA / "arm_previews.csv", ArmPreview)


@cache
def network_types() -> tuple[NetworkType, ...]:
    """How each network mode is written."""
    return read_rows(DATA / "arm_network_types.csv", NetworkType)


def network_type(mode: str) -> NetworkType:
    """How this network mode is written."""
    return by_id("network mode", network_types(), mode)


@cache
def api_version(type: str, preview: bool = False) -> str:
    """The API version of a resource type: its own row, or that of the type it is a child of."""
    rows = {row.type: row for row in api_versions()}
    parts = type.split("/")
    for length in range(len(parts), 0, -1):
        row = rows.get("/".join(parts[:length]))
        if row:
            return row.preview if preview and row.preview else row.version
    raise unknown("resource type", type, sorted(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingRow(Row):
    """A condition on an existing resource, and the step that meets it."""

    id: str
    thing: Literal[
        "cluster", "network", "hub", "api_management", "key_vault", "consumers", "landing_zone"
    ]
    what: str
    command: str
    interruption: str
    status: Status


@cache
def existing_rows() -> tuple[ExistingRow, ...]:
    """The conditions on existing resources."""
    return read_rows(DATA / "arm_existing.csv", ExistingRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceDifference(Row):
    """Where our templates differ from Microsoft's quickstarts for a network, and why.

    `id` is a security rule in one line, or a resource and a property; `side` says who has it.
    """

    id: str
    side: Literal["reference", "ours"]
    what: str
    because: str
    status: Status


@cache
def reference_differences() -> tuple[ReferenceDifference, ...]:
    """What differs from Microsoft's quickstart templates."""
    return read_rows(DATA / "arm_references.csv", ReferenceDifference)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTypeRow(Row):
    """A resource type in a reader's words: what it is for and who owns it."""

    id: str
    label: str
    owner: str
    because: str
    status: Status


@cache
def resource_types() -> tuple[ResourceTypeRow, ...]:
    """The resource types that templates can hold."""
    return read_rows(DATA / "arm_types.csv", ResourceTypeRow)


def resource_type(id: str) -> ResourceTypeRow:
    """The row of this type."""
    return by_id("resource type", resource_types(), id)
