"""What would be removed: resources created here, as their tags confirm; all else stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.artefacts.arm_templates.site import CLUSTERS
from apim_aks.deployment.lease import lease_zone
from apim_aks.deployment.project import Project
from apim_aks.deployment.record import carries_text, is_ours, project_state
from apim_aks.deployment.state import DeploymentState, particular, read_state, state_path
from apim_aks.deployment.waiting import RUNNING, state_of, written_by
from apim_aks.facts.deployments import removal_ranks
from apim_aks.listing import listed
from apim_aks.remote.azure import (
    ZONES,
    AzureClient,
    AzureRefused,
    Deployments,
    Json,
    RecordSets,
    resource_name,
    type_of,
)
from apim_aks.remote.calls import Caller

NOT_ASKED = "nothing was removed; set apply=True (on the command line: --apply) to remove it"

_ELSEWHERE = "remove it, or let it lead elsewhere"


class Fate(StrEnum):
    """What happens to a resource on removal."""

    REMOVE = "remove"
    WITH_PARENT = "goes with its parent"
    GONE = "already removed"
    LEFT = "left"
    REMOVED = "removed"
    PURGED = "purged"
    OFFERED = "deleted, name still held"
    LEADS = "leads to what is removed"
    IF_THERE = "removed where it exists"

    @property
    def sign(self) -> str:
        """A sign that can be told apart without colour."""
        signs = {Fate.LEFT: "=", Fate.LEADS: "!"}
        gone = self in (Fate.REMOVE, Fate.REMOVED, Fate.PURGED, Fate.IF_THERE)
        return "-" if gone else signs.get(self, "·")


@dataclass(frozen=True, slots=True)
class Item:
    """One resource, what happens to it, and why."""

    id: str
    what: str
    fate: Fate
    because: str

    @property
    def line(self) -> str:
        """The item as one line."""
        return f"{self.fate.sign} {self.what}: {self.fate.value}, {self.because}"


@dataclass(frozen=True, slots=True)
class Removal:
    """What would be or was removed, and what is left. `waits_for` is empty once complete."""

    workload: str
    option: str
    items: tuple[Item, ...]
    waits_for: str = ""

    def of(self, *fates: Fate) -> tuple[Item, ...]:
        """The items with one of these fates."""
        return tuple(i for i in self.items if i.fate in fates)


@dataclass(frozen=True, slots=True)
class _Known:
    """An id with the evidence that it was created here."""

    id: str
    created_here: bool


def removal(client: AzureClient, project: Project, folder: str = "") -> Removal:
    """The list of what would be removed, in order; reads only.

    Raises:
        AzureRefused: Azure cannot be asked.
    """
    state = project_state(client, project, folder)
    known = _known(client, project, state)
    judged = tuple(_judged(client, project, known))
    last_first = tuple(reversed(judged))
    ours = sorted(last_first, key=_rank)
    items = (*ours, *_strangers(client, project, judged), *_leading(client, state))
    return Removal(project.workload, project.option, items, NOT_ASKED)


def removal_offline(project: Project, folder: str = "") -> Removal:
    """The same without Azure: what this machine's record names, or else what the templates create.

    Raises:
        InputError: the record is damaged.
    """
    path = state_path(folder, project.workload, project.option)
    ids, because = read_state(path, project.workload, project.option).created, "recorded here"
    if not ids:
        ids, because = tuple(r.id("<subscription>") for r in project.declared), "in the templates"
    found = (Item(id, resource_name(id), Fate.IF_THERE, because) for id in reversed(ids))
    return Removal(project.workload, project.option, tuple(sorted(found, key=_rank)), NOT_ASKED)


def _rank(item: Item) -> int:
    """The order of removal: references before their targets, else last created first."""
    ranks = {row.id.lower(): row.rank for row in removal_ranks()}
    return ranks.get(type_of(item.id).lower(), max(ranks.values()) + 1)


def _known(client: AzureClient, project: Project, state: DeploymentState) -> tuple[_Known, ...]:
    """The ids in the state file, then those of the deployments in Azure."""
    ids = [particular(i, client.subscription) for i in state.created]
    found = {i.lower(): _Known(i, True) for i in ids}
    meant = [particular(i, client.subscription) for s in state.stages for i in s.intended]
    intended = {i.lower() for i in meant}
    for group in dict.fromkeys((*project.groups, *state.groups)):
        for name, written in _deployed(client, project, group):
            if written is None:
                raise AzureRefused(
                    f"{name} is still running; wait for its end or cancel it, then remove."
                )
            for id in written:
                found.setdefault(id.lower(), _Known(id, id.lower() in intended))
    return tuple(found.values())


def _deployed(
    client: AzureClient, project: Project, group: str
) -> Iterator[tuple[str, list[str] | None]]:
    deployments = Deployments(client)
    for deployment in deployments.all(group):
        name = str(deployment.get("name"))
        if not name.startswith(project.prefix) or carries_text(project, name):
            continue
        if state_of(deployment).lower() in RUNNING:
            yield name, None
        else:
            yield name, written_by(deployments, deployments.operations(group, name))


def _judged(client: AzureClient, project: Project, known: tuple[_Known, ...]) -> Iterator[Item]:
    taggable = _taggable(project)
    items: dict[str, Item] = {}
    for one in sorted(known, key=lambda k: k.id.count("/")):
        above = _parent(one.id, items)
        if above and above.fate in (Fate.REMOVE, Fate.WITH_PARENT, Fate.GONE):
            fate = Fate.GONE if above.fate is Fate.GONE else Fate.WITH_PARENT
            item = Item(one.id, resource_name(one.id), fate, resource_name(above.id))
        else:
            item = _looked_at(client, project, one, taggable)
        items[one.id.lower()] = item
    yield from (items[one.id.lower()] for one in known)


def _parent(id: str, items: dict[str, Item]) -> Item | None:
    """The item that this id is removed with; for a part that is removed alone, the instance."""
    kind = type_of(id).lower()
    if kind.startswith("microsoft.authorization/"):
        return None
    parts = id.lower().split("/")
    above = ["/".join(parts[:n]) for n in range(len(parts) - 2, 0, -2)]
    alone = {row.id.lower() for row in removal_ranks() if row.alone}
    if kind in alone:
        above = above[1:]
    return next((items[i] for i in above if i in items), None)


def _taggable(project: Project) -> frozenset[str]:
    return frozenset(r.type.lower() for r in project.declared if "tags" in r.body)


def _looked_at(
    client: AzureClient, project: Project, one: _Known, taggable: frozenset[str]
) -> Item:
    what = resource_name(one.id)
    if not is_ours(one.id, client.subscription):
        return Item(one.id, what, Fate.LEFT, "it is in another subscription")
    if one.id.lower() in _others(client, project):
        return Item(one.id, what, Fate.LEFT, "it existed before; only additions are removed")
    try:
        found = client.resource(one.id)
    except AzureRefused as refused:
        return Item(one.id, what, Fate.LEFT, f"it cannot be read: {refused}")
    if found is None:
        return Item(one.id, what, Fate.GONE, "it does not exist")
    if type_of(one.id).lower() in taggable:
        return _by_tags(project, one, what, found)
    if one.created_here:
        return Item(one.id, what, Fate.REMOVE, "created here; resources of this type have no tags")
    return Item(
        one.id,
        what,
        Fate.LEFT,
        "neither the state file nor a deployment lists it",
    )


def _others(client: AzureClient, project: Project) -> frozenset[str]:
    """The instances that the workload uses and that were not created here."""
    gateway = f"Microsoft.ApiManagement/service/{project.gateway}"
    vault = f"Microsoft.KeyVault/vaults/{project.vault}"
    groups = (*project.groups, project.cluster_group)
    found = [(g, gateway) for g in groups if "gateway" not in project.ours]
    found += [(g, vault) for g in groups if "vault" not in project.ours]
    if project.cluster_is_there:
        found.append((project.cluster_group, f"{CLUSTERS}/{project.cluster}"))
    return frozenset(client.id(group, rest).lower() for group, rest in found)


def _by_tags(project: Project, one: _Known, what: str, found: Json) -> Item:
    tags = found.get("tags") or {}
    if all(tags.get(k) == project.tags[k] for k in ("workload", "option")):
        return Item(one.id, what, Fate.REMOVE, "created here, and its tags say so")
    return Item(one.id, what, Fate.LEFT, "its tags do not show that it was created here")


def _strangers(client: AzureClient, project: Project, judged: Iterable[Item]) -> Iterator[Item]:
    """Other resources in the created groups; they are listed and left."""
    zone = client.id(project.home, f"{ZONES}/{lease_zone(project)}")
    ours = {zone.lower(), *(i.id.lower() for i in judged)}
    for group in project.groups:
        if client.group(group) is None:
            continue
        for resource in client.resources_in(group):
            id = str(resource.get("id"))
            if id.lower() not in ours:
                yield Item(id, resource_name(id), Fate.LEFT, "not created here")


def _leading(client: AzureClient, state: DeploymentState) -> Iterator[Item]:
    """The reader's own DNS names that callers were moved with; only the reader changes them."""
    yield from _resolved(state)
    for id, ends in state.records.items():
        at = particular(id, client.subscription)
        zone, kind, name = at.split("/")[-3:]
        what = f"DNS record {name} ({kind}) of {zone}"
        try:
            found = RecordSets(client).at(at)
        except AzureRefused as refused:
            yield Item(at, what, Fate.LEADS, f"it cannot be read; check it: {refused}")
            continue
        if found and found.leads_to(ends):
            yield Item(at, what, Fate.LEADS, f"{found.line}: {_ELSEWHERE}")


def _resolved(state: DeploymentState) -> Iterator[Item]:
    """Names in zones that nobody named: where they lead shows when they are resolved here."""
    for name, ends in state.names.items():
        held = [a for a in Caller().addresses(name) if a in ends]
        if held:
            seen = f"it resolves here to {listed(held)}: {_ELSEWHERE}"
            yield Item(name, f"DNS name {name}", Fate.LEADS, seen)
