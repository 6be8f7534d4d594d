"""The owners of what a file would change, and the change as a patch for them.

Nothing is forced: a field with another owner is changed at that owner's source.
Sources: `metadata.managedFields` (https://kubernetes.io/docs/reference/using-api/server-side-apply)
and the marks of data/object_owners.csv.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.manifests import MANAGER, Action, ManifestFile
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.deployment.live_objects import Live
from apim_aks.facts.owners import MANAGER as ANY_MANAGER
from apim_aks.facts.owners import OwnerMark, owner_marks, owner_tool
from apim_aks.listing import shown
from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes.apply import Conflict, conflicts, lacking, managers, text_of
from apim_aks.workload.kubernetes.object import Object

WORKLOAD = "apim-aks-workload"
"""The field manager of the reader's own manifests, where a deployment applied them."""
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Owner:
    """A tool that manages an object, and its release or application."""

    tool: str
    name: str = ""

    @property
    def called(self) -> str:
        """The name of the owner in words."""
        label = self.name if self.tool == ANY_MANAGER else owner_tool(self.tool).label
        named = f" ({self.name})" if self.name and self.tool != ANY_MANAGER else ""
        return f"{label}{named}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One object of a file compared with the cluster: missing fields and conflicting owners.

    `unread` says why the cluster's state is unknown.
    """

    action: Action
    object: Object
    live: Object | None
    lacks: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    owner: Owner | None = None
    unread: str = ""

    @property
    def done(self) -> bool:
        """Whether the cluster already shows the change."""
        if self.unread:
            return False
        return self.live is None if self.action is Action.DELETE else not self.lacks

    @property
    def ours(self) -> bool:
        """Whether the only conflicting owner is the workload as this deployment applied it."""
        return bool(self.conflicts) and {c.manager.name for c in self.conflicts} == {WORKLOAD}

    @property
    def blocked(self) -> str:
        """Why it cannot be applied, as the end of a sentence; empty where it can."""
        if self.done:
            return ""
        if self.action is not Action.APPLY and self.unread:
            return f"was not read: {self.unread}"
        if self.action is Action.PATCH and self.live is None:
            return "does not exist, and a patch cannot create it"
        if self.owner and not self.ours and (self.conflicts or self._kept_by_tool):
            return f"belongs to {self.owner.called}{self._fields}"
        return ""

    @property
    def _kept_by_tool(self) -> bool:
        """Whether a tool would undo the change; that needs no field conflict."""
        puts_back = self.owner is not None and owner_tool(self.owner.tool).puts_back
        return self.action is not Action.APPLY and puts_back

    @property
    def _fields(self) -> str:
        found = tuple(dict.fromkeys(text_of(c.field) for c in self.conflicts))
        return f", which owns {shown(found)}" if found else ""

    @property
    def called(self) -> str:
        """Kind, namespace and name in words."""
        return f"{self.object.kind} {self.object.namespace}/{self.object.name}"


def standings(files: Iterable[ManifestFile], live: Live) -> tuple[Standing, ...]:
    """The state of each object of these files in the cluster."""
    given = tuple(files)
    return tuple(
        _standing(file.action, object, live)
        for file, step in zip(given, steps(given), strict=True)
        for object in step.objects
    )


def _standing(action: Action, object: Object, live: Live) -> Standing:
    held, unread = live.of(object), live.why_unread(object)
    if held is None:
        lacks: tuple[str, ...] = () if action is Action.DELETE else ("everything",)
        return Standing(action=action, object=object, live=None, lacks=lacks, unread=unread)
    if action is Action.DELETE:
        return Standing(action=action, object=object, live=held, owner=owner_of(held.data))
    found = tuple(conflicts(held.data, managers(held.data), object, MANAGER))
    left = tuple(map(text_of, lacking(held.data, object)))
    return Standing(
        action=action,
        object=object,
        live=held,
        lacks=left,
        conflicts=found,
        owner=owner_of(held.data, found),
    )


def owner_of(data: dict[str, Any], found: Iterable[Conflict] = ()) -> Owner | None:
    """The tool that manages a live object by its marks, else the conflicting field manager."""
    names = {who.name for who in managers(data)}
    for mark in owner_marks():
        value = _marked(mark, data, names)
        if value is not None:
            return Owner(mark.tool, _named(mark, value, data))
    other = next((c.manager.name for c in found if c.manager.name != MANAGER), "")
    return Owner(ANY_MANAGER, f"the field manager {printable(other)}") if other else None


def _marked(mark: OwnerMark, data: dict[str, Any], names: set[str]) -> str | None:
    """The value of the label or annotation; None without it."""
    if mark.sign == "manager":
        return mark.key if mark.key in names else None
    metadata = data.get("metadata")
    held = metadata.get(f"{mark.sign}s") if isinstance(metadata, dict) else None
    value = held.get(mark.key) if isinstance(held, dict) else None
    fits = isinstance(value, str) and mark.value in ("", value)
    return str(value) if fits else None


def _named(mark: OwnerMark, value: str, data: dict[str, Any]) -> str:
    sign, _, key = mark.named_by.partition(" ")
    if sign == "label":
        value = str((data["metadata"].get("labels") or {}).get(key, ""))
    elif sign == "before-colon":
        value = value.partition(":")[0]
    return printable(value) if mark.named_by else ""


def waited_for(found: Iterable[Standing], patches: str) -> str:
    """What others must do before the files can be applied, as a sentence; empty for nothing."""
    held = [s for s in found if s.blocked]
    if not held:
        return ""
    named = shown([f"{s.called} {s.blocked}" for s in held], _NAMED)
    where = (
        f"The changes are written as patches in {patches}: apply them where each object is managed"
        if patches
        else "Use --write-patches DIR to get the changes as patches for the owners of the objects"
    )
    return (
        f"Objects of other owners are not changed, since no conflict is forced: {named}. "
        f"{where}, then run it again: it continues once the cluster shows them"
    )


def reopened(found: Iterable[Standing]) -> Iterator[str]:
    """Sentences on objects that changed since they were applied, with their present owner."""
    for standing in found:
        if standing.done or standing.unread:
            continue
        who = f"; {standing.owner.called} owns it" if standing.owner else ""
        lacks = shown(standing.lacks) if standing.lacks else "it exists again"
        yield f"{standing.called} is no longer as it was applied: {lacks}{who}"
