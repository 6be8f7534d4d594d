"""Checks before planning: roles, providers, names, soft-deleted resources, tier in region."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from apim_aks.deployment.project import Project
from apim_aks.deployment.roles import (
    at_nodes,
    beside,
    groups_of,
    permitted,
    permitted_at_nodes,
    permitted_beside,
)
from apim_aks.facts import kubernetes_end, revision_end
from apim_aks.remote.azure import AzureClient, AzureRefused, Json, redacted, resource_name
from apim_aks.topology.check import State

ROLES_AT_NODES = "roles-nodes"
OFFLINE = "Azure was not contacted"


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """The result of one preflight check. `next_step` says what to do where it fails."""

    id: str
    what: str
    state: State
    seen: str = ""
    next_step: str = ""

    @property
    def line(self) -> str:
        """The finding as one line."""
        step = f". Next step: {self.next_step}" if self.next_step else ""
        return f"{self.state.sign} {self.what}: {self.seen}{step}"


def preflight(client: AzureClient | None, project: Project) -> tuple[PreflightFinding, ...]:
    """The results of all preflight checks; `not_run` where one cannot be made."""
    return tuple(_looked(client, look) for look in looks(project))


@dataclass(frozen=True, slots=True)
class Look:
    """One preflight check: its id, its title, and the function that makes it."""

    id: str
    what: str
    ask: Callable[[AzureClient], tuple[bool, str, str]]


def _looked(client: AzureClient | None, look: Look) -> PreflightFinding:
    if client is None:
        return PreflightFinding(look.id, look.what, State.NOT_RUN, OFFLINE)
    try:
        holds, seen, step = look.ask(client)
    except AzureRefused as refused:
        if refused.fault.status == 0 and not refused.fault.code:
            raise
        return PreflightFinding(look.id, look.what, State.NOT_RUN, str(refused))
    state = State.PASS if holds else State.FAIL
    return PreflightFinding(look.id, look.what, state, redacted(seen), "" if holds else step)


def looks(project: Project) -> Iterator[Look]:
    """The preflight checks of this project."""
    yield from role_looks(project, "deploy")
    for namespace in _namespaces(project):
        yield Look(
            f"provider-{namespace}",
            f"Resource provider {namespace}",
            partial(_registered, namespace=namespace),
        )
    if "gateway" in project.ours:
        yield from _gateway_looks(project)
    if "vault" in project.ours:
        yield from _vault_looks(project)
    if project.new_cluster:
        yield from _cluster_looks(project.new_cluster, project.region)
    for label in dns_labels(project):
        yield Look(
            f"dns-{label}",
            f"DNS label {label} in {project.region}",
            partial(_dns, label=label, project=project),
        )


def role_looks(project: Project, phase: str, zones: Iterable[str] = ()) -> Iterator[Look]:
    """The checks of the roles for a phase: in each group, in zones, in the subscription.

    In the group of the nodes only where the phase takes AKS's mark from an address.
    """
    for group in groups_of(project):
        ask = partial(permitted, project=project, group=group, phase=phase)
        yield Look(f"roles-{group}", f"Roles in {group}", ask)
    if at_nodes(project, phase):
        ask = partial(permitted_at_nodes, project=project, phase=phase)
        yield Look(ROLES_AT_NODES, "Roles in the group of the nodes", ask)
    for scope in (*zones, ""):
        if any(beside(scope, phase)):
            name = resource_name(scope) if scope else "the subscription"
            ask = partial(permitted_beside, scope=scope, phase=phase)
            yield Look(f"roles-{scope or 'subscription'}", f"Roles in {name}", ask)


def roles_of(
    client: AzureClient, project: Project, phase: str, zones: Iterable[str] = ()
) -> tuple[PreflightFinding, ...]:
    """Whether the signed-in identity has the permissions of a phase, scope by scope.

    `zones` are the ids of the zones whose records the phase changes.
    """
    return tuple(_looked(client, look) for look in role_looks(project, phase, zones))


def _gateway_looks(project: Project) -> Iterator[Look]:
    yield Look("gateway-name", f"Name {project.gateway}", partial(_gateway_name, project=project))
    yield Look(
        "gateway-deleted",
        f"No deleted API Management holds {project.gateway}",
        partial(_deleted_gateway, project=project),
    )
    yield Look(
        "tier-in-region",
        f"Tier {project.tier} in {project.region}",
        partial(_tier, project=project),
    )


def _cluster_looks(cluster: Json, region: str) -> Iterator[Look]:
    version = str(cluster.get("kubernetesVersion") or "")
    yield Look(
        "kubernetes-version",
        f"Kubernetes {version} in {region}",
        partial(_kubernetes, version=version, region=region),
    )
    mesh = (cluster.get("serviceMeshProfile") or {}).get("istio") or {}
    for revision in mesh.get("revisions") or ():
        yield Look(
            "mesh-revision",
            f"Revision {revision} of the Istio add-on in {region}",
            partial(_revision, revision=str(revision), version=version, region=region),
        )


def _kubernetes(client: AzureClient, version: str, region: str) -> tuple[bool, str, str]:
    offered = client.kubernetes_versions(region)
    step = "give another one as azure.kubernetes_version in workload.yaml"
    minor = ".".join(version.split(".")[:2])
    seen = f"{minor}: {kubernetes_end(version)}; offered: {', '.join(offered) or 'none'}"
    return minor in offered, seen, step


def _revision(
    client: AzureClient, revision: str, version: str, region: str
) -> tuple[bool, str, str]:
    """Whether the region offers the revision for this version of Kubernetes."""
    rows = client.mesh_revisions(region)
    step = "give another one with --value istioRevision=REVISION"
    offered = ", ".join(str(r.get("revision")) for r in rows) or "none"
    seen = f"{revision}: {revision_end(revision)}; offered: {offered}"
    row = next((r for r in rows if r.get("revision") == revision), None)
    if row is None:
        return False, seen, step
    fitting = [
        str(v)
        for pair in row.get("compatibleWith") or ()
        if str(pair.get("name")).lower() == "kubernetes"
        for v in pair.get("versions") or ()
    ]
    minor = ".".join(version.split(".")[:2])
    if fitting and minor not in fitting:
        return False, f"it runs on Kubernetes {', '.join(fitting)}, not on {minor}", step
    return True, seen, ""


def _vault_looks(project: Project) -> Iterator[Look]:
    yield Look("vault-name", f"Name {project.vault}", partial(_vault_name, project=project))
    yield Look(
        "vault-deleted",
        f"No deleted vault holds {project.vault}",
        partial(_deleted_vault, project=project),
    )


def _namespaces(project: Project) -> tuple[str, ...]:
    return tuple(sorted({r.type.split("/")[0] for r in project.declared}))


def _registered(client: AzureClient, namespace: str) -> tuple[bool, str, str]:
    state = client.provider_state(namespace)
    step = f"az provider register --namespace {namespace} --wait"
    return state.lower() == "registered", state, step


def _gateway_name(client: AzureClient, project: Project) -> tuple[bool, str, str]:
    name, groups = project.gateway, project.groups
    there = next((g for g in groups if client.group(g) and client.gateway(g, name)), "")
    deleted = partial(client.deleted_gateway, name, project.region)
    return _name(there, deleted, partial(client.gateway_name, name))


def _name(
    there: str, deleted: Callable[[], Json | None], free: Callable[[], tuple[bool, str]]
) -> tuple[bool, str, str]:
    """Whether a name is in use here, held by a soft-deleted resource, or available."""
    if there:
        return True, f"it exists already, in {there}", ""
    if deleted():
        return True, "held by a soft-deleted one, see below", ""
    can, why = free()
    return can, "free" if can else why, "choose another azure.name_suffix in workload.yaml"


def _deleted_gateway(client: AzureClient, project: Project) -> tuple[bool, str, str]:
    found = client.deleted_gateway(project.gateway, project.region)
    if found is None:
        return True, "none", ""
    date = str((found.get("properties") or {}).get("scheduledPurgeDate") or "")[:10]
    return False, f"one does, until {date or 'it is purged'}", _stranger(project, found) or _RESTORE


def _stranger(project: Project, held: Json) -> str:
    """What is done about a name that somebody else's deleted resource holds; empty for ours."""
    why = project.stranger(held)
    return why and f"{why}: choose another azure.name_suffix, or ask its owner to purge it"


_RESTORE = "deploy with --restore to recover it, or remove --apply --purge to purge it"


def _vault_name(client: AzureClient, project: Project) -> tuple[bool, str, str]:
    id = client.id(project.home, f"Microsoft.KeyVault/vaults/{project.vault}")
    there = project.home if client.group(project.home) and client.resource(id) else ""
    deleted = partial(client.deleted_vault, project.vault, project.region)
    return _name(there, deleted, partial(client.vault_name, project.vault))


def _deleted_vault(client: AzureClient, project: Project) -> tuple[bool, str, str]:
    found = client.deleted_vault(project.vault, project.region)
    if found is None:
        return True, "none", ""
    properties = found.get("properties") or {}
    date = str(properties.get("scheduledPurgeDate") or "")[:10]
    if step := _stranger(project, found):
        return False, f"one does, until {date or 'it is purged'}", step
    if properties.get("purgeProtectionEnabled"):
        step = f"deploy with --restore; purge protection keeps it until {date}, it cannot be purged"
        return False, f"one does, until {date}, with purge protection", step
    return False, f"one does, until {date or 'it is purged'}", _RESTORE


def _tier(client: AzureClient, project: Project) -> tuple[bool, str, str]:
    wanted = project.region.lower().replace(" ", "")
    rows = [t for t in client.gateway_tiers() if _same(t.get("name"), project.tier)]
    offered = any(
        wanted in {str(place).lower().replace(" ", "") for place in t.get("locations") or ()}
        and not t.get("restrictions")
        for t in rows
    )
    seen = "offered" if offered else "not offered to this subscription"
    return offered, seen, "choose another region or tier in workload.yaml"


def _same(name: object, tier: str) -> bool:
    return str(name).lower() == tier.lower()


def dns_labels(project: Project) -> tuple[str, ...]:
    """The DNS labels of public addresses that the templates create."""
    found = (
        (r.body.get("properties") or {}).get("dnsSettings", {}).get("domainNameLabel")
        for r in project.declared
        if r.type.lower() == "microsoft.network/publicipaddresses"
    )
    return tuple(dict.fromkeys(str(label) for label in found if label))


def _dns(client: AzureClient, label: str, project: Project) -> tuple[bool, str, str]:
    if client.dns_label_free(label, project.region):
        return True, "free", ""
    if client.group(project.home):
        for resource in client.resources_in(project.home):
            if str(resource.get("type")).lower() == "microsoft.network/publicipaddresses":
                whole = client.resource(str(resource["id"])) or {}
                settings = (whole.get("properties") or {}).get("dnsSettings") or {}
                if settings.get("domainNameLabel") == label:
                    return True, "ours already", ""
    return False, "taken", "choose another azure.name_suffix in workload.yaml"
