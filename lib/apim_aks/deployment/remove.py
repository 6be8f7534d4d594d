"""Removes only what was created here, last created first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from apim_aks.deployment.confirmation import require_confirmed
from apim_aks.deployment.lease import lease_zone
from apim_aks.deployment.memory import Memory
from apim_aks.deployment.preflight import roles_of
from apim_aks.deployment.project import Project
from apim_aks.deployment.record import project_state
from apim_aks.deployment.removal import Fate, Item, Removal, removal
from apim_aks.deployment.run import Run
from apim_aks.deployment.state import DeploymentState, general
from apim_aks.errors import InputError
from apim_aks.facts import azure_error_code
from apim_aks.listing import listed as listed_names
from apim_aks.remote.azure import (
    ZONES,
    AzureClient,
    AzureRefused,
    Deployments,
    Json,
    StillRunning,
    redacted,
    resource_name,
)
from apim_aks.topology.check import State


def remove(
    client: AzureClient,
    project: Project,
    *,
    apply: bool = False,
    purge: bool = False,
    unserved: bool = False,
    run: Run | None = None,
) -> Removal:
    """Remove what was created here, in order; without `apply` it changes nothing.

    `unserved` confirms that no caller needs it, although callers have moved to it.

    Raises:
        AzureRefused: Azure cannot be read. A refusal for one resource is in its item.
        InputError: the removal is not confirmed, or callers have moved to it.
        LeaseHeld: another run is making changes.
        StillRunning: a removal is still running; the next run continues.
    """
    given = run or Run()
    client.connection.tell = given.tell
    given.tell(client.identity().sentence)
    for phase in ("remove", "purge") if purge else ("remove",):
        _tell_of_roles(client, project, phase, given.tell)
    listed = removal(client, project, given.folder)
    for item in listed.items:
        given.tell(item.line)
    if not apply:
        return listed
    _require_unserved(project_state(client, project, given.folder), unserved)
    require_confirmed(client, project, given.confirm, given.answer)
    memory = Memory(client, project, given, "remove")
    try:
        items = _held_alone(memory, listed)
    finally:
        memory.lease.release()
    items += _held_names(client, project, purge, given.tell)
    stuck = [i for i in items if i.fate is Fate.REMOVE]
    waits = f"{len(stuck)} resources could not be removed" if stuck else ""
    return Removal(project.workload, project.option, tuple(items), waits)


def _held_alone(memory: Memory, listed: Removal) -> list[Item]:
    """The result of the removal, made while no other run makes changes."""
    client, project, tell = memory.client, memory.project, memory.given.tell
    if client.group(project.home) is not None:
        memory.lease.require()
    items = _removed(client, listed.items, tell)
    _forgotten(memory, items)
    return items + _groups(client, project, items, tell)


def _tell_of_roles(
    client: AzureClient, project: Project, phase: str, tell: Callable[[str], None]
) -> None:
    for finding in roles_of(client, project, phase):
        if finding.state is not State.PASS:
            tell(finding.line)


def _require_unserved(state: DeploymentState, said: bool) -> None:
    moved = state.moved
    if moved and not said:
        raise InputError(
            f"Nothing was removed: callers have moved to it ({listed_names(moved, 5)}). Move them "
            "back first with rollback --apply, or use --unserved if there are no callers any more."
        )


def _removed(client: AzureClient, items: Iterable[Item], tell: Callable[[str], None]) -> list[Item]:
    """Removes in several passes: a resource in use is removed after its user."""
    state = list(items)
    for _ in client.attempts(client.timing.removal_passes, client.timing.busy_pause_seconds):
        again = False
        for item in [i for i in state if i.fate is Fate.REMOVE]:
            ended, retry = _delete(client, item)
            again = again or retry
            state[state.index(item)] = ended
            tell(ended.line)
        if not again:
            break
    return state


def _delete(client: AzureClient, item: Item) -> tuple[Item, bool]:
    try:
        client.delete(item.id)
    except StillRunning:
        raise
    except AzureRefused as refused:
        row = azure_error_code(refused.fault.code, refused.fault.status)
        return replace(item, because=str(refused)), bool(row and row.again != "no")
    return replace(item, fate=Fate.REMOVED, because="created here"), False


def _forgotten(memory: Memory, items: list[Item]) -> None:
    """Writes the deployment state without removed resources; deletes an empty one."""
    ended = (Fate.REMOVED, Fate.GONE, Fate.WITH_PARENT)
    client, project = memory.client, memory.project
    gone = {general(i.id, client.subscription).lower() for i in items if i.fate in ended}
    stages = tuple(
        replace(
            s,
            intended=tuple(i for i in s.intended if i.lower() not in gone),
            created=tuple(i for i in s.created if i.lower() not in gone),
        )
        for s in memory.state.stages
    )
    if any(s.created for s in stages) or any(i.fate is Fate.REMOVE for i in items):
        memory.keep(replace(memory.state, stages=stages))
        return
    # Last, because a run without a record reads the deployments in Azure.
    deployments = Deployments(client)
    for group in dict.fromkeys((*project.groups, *memory.state.groups)):
        for deployment in deployments.all(group):
            if str(deployment.get("name")).startswith(project.prefix):
                deployments.forget(group, str(deployment["name"]))
    memory.path.unlink(missing_ok=True)
    memory.lease.release()
    if client.group(project.home) is not None:
        client.delete(client.id(project.home, f"{ZONES}/{lease_zone(project)}"))


def _groups(
    client: AzureClient,
    project: Project,
    items: list[Item],
    tell: Callable[[str], None],
) -> list[Item]:
    """Removes the created resource groups that are empty."""
    found: list[Item] = []
    for name in project.groups:
        group = client.group(name)
        if group is None:
            continue
        id = str(group.get("id"))
        what = f"resource group {name}"
        tags = group.get("tags") or {}
        if any(tags.get(k) != project.tags[k] for k in ("workload", "option")):
            found.append(Item(id, what, Fate.LEFT, "not created here"))
        elif left := client.resources_in(name):
            names = ", ".join(resource_name(str(r["id"])) for r in left[:5])
            found.append(Item(id, what, Fate.LEFT, f"{len(left)} resources are in it: {names}"))
        else:
            client.delete_group(name)
            found.append(Item(id, what, Fate.REMOVED, "created here and empty"))
        tell(found[-1].line)
    return found


def _held_names(
    client: AzureClient, project: Project, purge: bool, tell: Callable[[str], None]
) -> list[Item]:
    """Soft-deleted resources that still hold their names: listed, or purged on request."""
    found: list[Item] = []
    if "gateway" in project.ours:
        name, region = project.gateway, project.region
        if held := client.deleted_gateway(name, region):
            ask = partial(client.purge_gateway, name, region) if purge else None
            found.append(_held(project, held, f"API Management {name}", ask))
    if "vault" in project.ours:
        name, region = project.vault, project.region
        if held := client.deleted_vault(name, region):
            protected = bool((held.get("properties") or {}).get("purgeProtectionEnabled"))
            ask = partial(client.purge_vault, name, region) if purge and not protected else None
            found.append(_held(project, held, f"vault {name}", ask, protected))
    for item in found:
        tell(item.line)
    return found


def _held(
    project: Project,
    held: Json,
    what: str,
    purge: Callable[[], None] | None,
    protected: bool = False,
) -> Item:
    id = str(held.get("id") or "")
    until = str((held.get("properties") or {}).get("scheduledPurgeDate") or "")[:10]
    if why := project.stranger(held):
        because = f"holds its name until {until or 'purged'}; {why}, so it is not purged from here"
        return Item(id, what, Fate.OFFERED, because)
    if purge is None:
        way = (
            "purge protection: it cannot be purged; deploy --restore recovers it"
            if protected
            else "deploy --restore recovers it, remove --apply --purge purges it"
        )
        return Item(id, what, Fate.OFFERED, f"holds its name until {until or 'purged'}; {way}")
    try:
        purge()
    except StillRunning:
        raise
    except AzureRefused as refused:
        return Item(id, what, Fate.OFFERED, redacted(str(refused)))
    return Item(id, what, Fate.PURGED, "its name is available again")
