"""Facts for requests to Azure: errors, interrupting and noisy properties, names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureErrorCode(Row):
    """An error code of Azure (or `http-403` for a bare status): why, and what to do.

    `again` says whether the same request may be sent again: `no`, `wait` (something else has to
    end first) or `role` (a role assignment has to arrive).
    """

    id: str
    cause: str
    next_step: str
    again: Literal["no", "wait", "role"]
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption(Row):
    """A property whose change interrupts traffic, and how; `*` stands for any part of the path."""

    id: str
    type: str
    property: str
    what: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(Row):
    """A property that what-if reports although nothing changes; `type` may be `*`."""

    id: str
    type: str
    property: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureFacts:
    """Names and numbers of Azure's public cloud, and what a live check expects there.

    `cluster_audience` is the application whose token a cluster with Entra ID wants,
    `gateway_status` the path on which a gateway tells without key or token that it is there.
    `policy_engines` are those of AKS that enforce network policies, `public_ports` those on which
    public addresses of a cluster are tried. A certificate has to stay valid `certificate_days`.
    """

    cluster_audience: str
    key_vault_suffix: str
    logs_endpoint: str
    gateway_suffix: str
    public_suffix: str
    front_door_suffix: str
    gateway_status: str
    policy_engines: tuple[str, ...]
    public_ports: tuple[int, ...]
    certificate_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledPlaceholder(Row):
    """Which output of which stage fills a placeholder of the manifests."""

    id: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseAction(Row):
    """What has to be allowed for a phase, where, and the least built-in role that allows it.

    `scope` is each `group` of the templates, the `home` group, that of the `cluster`, that of its
    `nodes`, a `zone` that the reader owns, or the `subscription`. `when` is empty, a type that the
    templates make there, or the way to the cluster: `run-command`, `kubeconfig`. `<type>` in an
    action stands for each type that the templates make.
    """

    id: str
    phases: tuple[str, ...]
    scope: Literal["group", "home", "cluster", "nodes", "zone", "subscription"]
    when: str = ""
    action: str
    role: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalRank(Row):
    """When a type is removed: a smaller rank goes first, types without one come last.

    What is removed `alone` goes before the thing that it stands in; a policy is not, since what it
    guards would stand open for a moment.
    """

    id: str
    rank: int
    alone: bool
    because: str
    status: Status


@cache
def removal_ranks() -> tuple[RemovalRank, ...]:
    """The types that have a place of their own in the order of removal."""
    return read_rows(DATA / "removal_order.csv", RemovalRank)


@cache
def phase_actions() -> tuple[PhaseAction, ...]:
    """What each phase needs to be allowed to do."""
    return read_rows(DATA / "phase_actions.csv", PhaseAction)


@cache
def azure_error_codes() -> tuple[AzureErrorCode, ...]:
    """The errors of Azure with cause and next step."""
    return read_rows(DATA / "azure_errors.csv", AzureErrorCode)


def azure_error_code(code: str, http_status: int = 0, message: str = "") -> AzureErrorCode | None:
    """The row of this code, else that of the status; None where neither is known.

    An id such as `ValidationError~keyvault` is about that code with the word in its message.
    """
    rows = {row.id.lower(): row for row in azure_error_codes()}
    said = [id for id in rows if id.startswith(f"{code.lower()}~")]
    exact = [id for id in said if id.partition("~")[2] in message.lower()]
    wanted = (*exact, code.lower(), f"http-{http_status}")
    return next((rows[id] for id in wanted if id in rows), None)


@cache
def interruptions() -> tuple[Interruption, ...]:
    """Properties whose change interrupts traffic."""
    return read_rows(DATA / "azure_interruptions.csv", Interruption)


@cache
def noises() -> tuple[Noise, ...]:
    """Properties that what-if reports although nothing changes."""
    return read_rows(DATA / "azure_noise.csv", Noise)


@cache
def azure_facts() -> AzureFacts:
    """Names and numbers of Azure's public cloud, each a row of azure_settings.csv."""
    return read_settings(DATA / "azure_settings.csv", AzureFacts)


@cache
def filled_placeholders() -> tuple[FilledPlaceholder, ...]:
    """Which output fills which placeholder."""
    return read_rows(DATA / "azure_outputs.csv", FilledPlaceholder)
