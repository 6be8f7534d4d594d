"""The permissions that a phase needs, and whether the signed-in identity has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from apim_aks.deployment.access import way
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


def beside(scope: str, phase: str) -> Iterator[PhaseAction]:
    """The actions that a phase needs in the zone of this id, or in the subscription."""
    kind = f"{type_of(scope)}/".lower() if scope else ""
    where = "zone" if scope else "subscription"
    for row in phase_actions():
        if phase in row.phases and row.scope == where and row.action.lower().startswith(kind):
            yield row


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
