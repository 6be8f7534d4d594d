"""Starts one deployment and waits for it; a second run waits for the same deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from apim_aks.deployment.project import Piece
from apim_aks.facts import azure_error_code
from apim_aks.remote.azure import (
    AzureRefused,
    Deployments,
    Fault,
    Json,
    innermost,
    resource_name,
    type_of,
)

Tell = Callable[[str], None]
Start = Literal["started", "attached"]
RUNNING = frozenset({"accepted", "running", "created", "creating", "updating", "deleting", "ready"})
ACTIVE = "DeploymentActive"
_LATER = "Azure continues with it; run deploy again later, and it waits for the same deployment"


@dataclass(frozen=True, slots=True)
class Ended:
    """A completed deployment: state, outputs, ids that it wrote, and why it failed."""

    state: str
    outputs: Json
    written: tuple[str, ...]
    fault: Fault | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the deployment succeeded."""
        return self.state.lower() == "succeeded"


class DeploymentFailed(AzureRefused):
    """A deployment failed; what it created before is in `ended`."""

    def __init__(self, sentence: str, ended: Ended) -> None:
        super().__init__(sentence, ended.fault)
        self.ended = ended


def state_of(deployment: Json | None) -> str:
    """The state of a deployment; empty if it does not exist."""
    properties = (deployment or {}).get("properties") or {}
    return str(properties.get("provisioningState") or "")


def start_deployment(
    deployments: Deployments, piece: Piece, tags: dict[str, str], tell: Tell
) -> Start:
    """How this deployment runs: `started` now, or `attached` to a running one.

    Raises:
        AzureRefused: it was refused, also after waiting for the conflicting operation.
    """
    client = deployments.client
    limit = client.timing.busy_tries
    for attempt in client.attempts(limit, client.timing.busy_pause_seconds):
        if state_of(deployments.get(piece.group, piece.deployment)).lower() in RUNNING:
            return "attached"
        try:
            deployments.start(piece.group, piece.deployment, piece.template, piece.parameters, tags)
            return "started"
        except AzureRefused as refused:
            if refused.fault.code == ACTIVE:  # ours, from a request whose answer was lost
                return "attached"
            if not _in_the_way(refused) or attempt == limit:
                raise
            tell(f"{piece.stage}: {refused.fault.code}; waiting ({attempt} of {limit})")
    raise AssertionError("the loop above always ends in a return or an error")


def _in_the_way(refused: AzureRefused) -> bool:
    """Whether another operation must end first, so that waiting helps."""
    return refused.fault.status == 409 and tried_again(refused.fault) == "wait"


def tried_again(fault: Fault) -> str:
    """Whether a retry helps: `no`, `wait` or `role`; `no` for an unknown code."""
    row = azure_error_code(fault.code, 0 if fault.code else fault.status, fault.message)
    return row.again if row else "no"


def wait_for_deployment(deployments: Deployments, piece: Piece, tell: Tell) -> Ended:
    """The result of a running deployment; each change in its progress is reported.

    Raises:
        AzureRefused: it cannot be read; it continues in Azure.
        StillRunning: it did not end in time; it continues in Azure.
        DeploymentFailed: it failed or was cancelled.
    """
    client = deployments.client
    minutes = client.timing.deployment_hours * 60
    with client.connection.patient(piece.stage, minutes, _LATER):
        return _ended(deployments, piece, *_followed(deployments, piece, tell))


def _followed(deployments: Deployments, piece: Piece, tell: Tell) -> tuple[Json, str]:
    """The deployment and its final state."""
    client, said, first = deployments.client, "", True
    while True:
        found = deployments.get(piece.group, piece.deployment)
        state = state_of(found)
        if found is None and not first:
            raise AzureRefused(f"{piece.stage}: the deployment {piece.deployment} is gone.")
        if state and state.lower() not in RUNNING:
            return found or {}, state
        line = _progress(piece, deployments.operations(piece.group, piece.deployment))
        if line != said:
            tell(line)
        said, first = line, False
        client.pause(client.timing.poll_seconds)


def _progress(piece: Piece, operations: tuple[Json, ...]) -> str:
    """The progress: operations done of those known, and what is being created."""
    states = [(o.get("properties") or {}) for o in operations]
    done = sum(str(s.get("provisioningState")).lower() == "succeeded" for s in states)
    busy = [
        resource_name(str((s.get("targetResource") or {}).get("id") or ""))
        for s in states
        if str(s.get("provisioningState")).lower() in RUNNING
    ]
    doing = f": {', '.join(sorted(filter(None, busy))[:3])}" if busy else ""
    return f"{piece.stage}: {done} of {len(states)} done{doing}"


def _ended(deployments: Deployments, piece: Piece, found: Json, state: str) -> Ended:
    operations = deployments.operations(piece.group, piece.deployment)
    properties = found.get("properties") or {}
    outputs = {k: (v or {}).get("value") for k, v in (properties.get("outputs") or {}).items()}
    written = tuple(written_by(deployments, operations))
    if state.lower() == "succeeded":
        return Ended(state, outputs, written)
    fault = _why(operations, properties, state)
    ended = Ended(state, outputs, written, fault)
    raise DeploymentFailed(f"{piece.stage} ended {state}: {fault.sentence}", ended)


def _why(operations: tuple[Json, ...], properties: Json, state: str) -> Fault:
    """The innermost reason of the failure: the resource's, else the deployment's."""
    if state.lower() in ("canceled", "cancelled"):
        return Fault("DeploymentCanceled", "the deployment was cancelled")
    for operation in operations:
        inner = operation.get("properties") or {}
        if str(inner.get("provisioningState")).lower() != "failed":
            continue
        fault = innermost(inner.get("statusMessage") or {})
        if fault.code:
            target = str((inner.get("targetResource") or {}).get("id") or fault.target)
            return replace(fault, target=target, status=_number(inner.get("statusCode")))
    return innermost({"error": properties.get("error") or {"code": "DeploymentFailed"}})


def _number(status: object) -> int:
    words = {"conflict": 409, "forbidden": 403, "badrequest": 400, "notfound": 404}
    text = str(status or "")
    return int(text) if text.isdigit() else words.get(text.lower(), 0)


def written_by(deployments: Deployments, operations: tuple[Json, ...]) -> list[str]:
    """The ids of the resources that a deployment wrote, nested deployments included."""
    ids: list[str] = []
    for operation in operations:
        inner = operation.get("properties") or {}
        if str(inner.get("provisioningState")).lower() != "succeeded":
            if _inner_deployment(inner):
                ids += _inside(deployments, inner)
            continue
        if str(inner.get("provisioningOperation")).lower() not in ("create", "none"):
            continue
        target = str((inner.get("targetResource") or {}).get("id") or "")
        if _inner_deployment(inner):
            ids += _inside(deployments, inner)
        elif target:
            ids.append(target)
    return ids


def _inner_deployment(inner: Json) -> bool:
    target = str((inner.get("targetResource") or {}).get("id") or "")
    return str(type_of(target)).lower() == "microsoft.resources/deployments"


def _inside(deployments: Deployments, inner: Json) -> list[str]:
    id = str(inner["targetResource"]["id"]).split("/")
    lower = [part.lower() for part in id]
    if "resourcegroups" not in lower:
        return []
    group = id[lower.index("resourcegroups") + 1]
    if deployments.get(group, id[-1]) is None:
        return []
    return written_by(deployments, deployments.operations(group, id[-1]))
