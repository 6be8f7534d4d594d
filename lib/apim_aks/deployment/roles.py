"""The permissions that a phase needs, and whether the signed-in identity has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from apim_aks.deployment.access import cluster_there, way
from apim_aks.deployment.project import Project
from apim_aks.facts.deployments import PhaseAction, phase_actions
from apim_aks.remote.azure import AzureClient, Json, type_of

_TYPES = "<type>"
_ROLES = "Microsoft.Authorization/"
_WAYS = frozenset({"run-command", "kubeconfig"})
_NAMED = 4

Seen = tuple[bool, str, str]
"""Whether the check passes, what was found, and the next step."""


def groups_of(project: Project) -> tuple[str, ...]:
    """The resource groups in which permissions are needed."""
    cluster = (project.cluster_group,) if project.files else ()
    return tuple(dict.fromkeys((*project.groups, *cluster)))


def permitted(client: AzureClient, project: Project, group: str, phase: str) -> Seen:
    """Whether every action of a phase in a group is permitted.

    Raises:
        AzureRefused: the permissions may not be read.
    """
    wanted = dict(_wanted(client, project, group, phase))
    if client.group(group) is not None:
        return _seen(client, client.id(group), phase, wanted)
    holds, seen, step = _seen(client, "", phase, wanted)
    return holds, f"{seen} (in the subscription: the group does not exist yet)", step


def permitted_beside(client: AzureClient, scope: str, phase: str) -> Seen:
    """As `permitted`, in a DNS zone, or in the subscription if `scope` is empty.

    Raises:
        AzureRefused: the permissions may not be read.
    """
    return _seen(client, scope, phase, {r.action: r.role for r in beside(scope, phase)})


def permitted_at_nodes(client: AzureClient, project: Project, phase: str) -> Seen:
    """As `permitted`, in the group of the nodes, where AKS makes the addresses of Services.

    Raises:
        AzureRefused: the cluster or the permissions may not be read.
    """
    found = cluster_there(client, project) or {}
    group = (found.get("properties") or {}).get("nodeResourceGroup")
    if not group:
        return True, "there is no cluster with such a group", ""
    wanted = {r.action: r.role for r in _in_phase(phase, "nodes")}
    return _seen(client, client.id(str(group)), phase, wanted)


def at_nodes(project: Project, phase: str) -> bool:
    """Whether a phase changes what AKS made in the group of the nodes."""
    owned = any(way.owned_by_aks for file in project.files for way in file.ways_back)
    return owned and any(_in_phase(phase, "nodes"))


def _in_phase(phase: str, scope: str) -> Iterator[PhaseAction]:
    return (r for r in phase_actions() if phase in r.phases and r.scope == scope)


def beside(scope: str, phase: str) -> Iterator[PhaseAction]:
    """The actions that a phase needs in the zone of this id, or in the subscription."""
    kind = f"{type_of(scope)}/".lower() if scope else ""
    where = "zone" if scope else "subscription"
    rows = _in_phase(phase, where)
    return (row for row in rows if row.action.lower().startswith(kind))


def _seen(client: AzureClient, scope: str, phase: str, wanted: Mapping[str, str]) -> Seen:
    held = client.permissions(scope)
    missing = sorted(action for action in wanted if not allowed(action, held))
    if not missing:
        return True, f"all {len(wanted)} actions of {phase}", ""
    named = f"{', '.join(missing[:_NAMED])}{' and more' if len(missing) > _NAMED else ''}"
    roles = ", ".join(sorted({wanted[action] for action in missing}))
    step = f"ask an owner for a role that allows them; suitable built-in roles: {roles}"
    return False, f"{len(missing)} of {phase} missing: {named}", step


def _wanted(
    client: AzureClient, project: Project, group: str, phase: str
) -> Iterator[tuple[str, str]]:
    """Each action that a phase needs in a group, with its least privileged role."""
    types = tuple(dict.fromkeys(r.type for r in project.declared if r.group == group))
    inside = bool(project.files) and group == project.cluster_group
    leads = way(client, project).value if inside else ""
    for row in phase_actions():
        if phase not in row.phases or group not in _places(row, project):
            continue
        if row.when in _WAYS and row.when != leads:
            continue
        if row.when and row.when not in _WAYS and row.when not in types:
            continue
        plain = (t for t in types if not t.startswith(_ROLES))
        for kind in plain if _TYPES in row.action else ("",):
            yield row.action.replace(_TYPES, kind), row.role


def _places(row: PhaseAction, project: Project) -> tuple[str, ...]:
    """The groups that a row applies to; zones and the subscription are checked separately."""
    if row.scope == "cluster":
        return (project.cluster_group,) if project.files else ()
    return {"group": project.groups, "home": (project.home,)}.get(row.scope, ())


def allowed(action: str, permissions: Iterable[Json]) -> bool:
    """Whether one of these roles allows an action; `*` matches any part."""
    return any(
        _named(action, p.get("actions") or ()) and not _named(action, p.get("notActions") or ())
        for p in permissions
    )


def _named(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), p.lower()) for p in patterns)
