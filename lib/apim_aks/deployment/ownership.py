"""Who owns what a file would change, and the change as a patch for that owner.

Nothing is forced: a field that somebody else owns is changed where that somebody keeps it.
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
    """A tool that keeps an object, and by which of its releases or applications."""

    tool: str
    name: str = ""

    @property
    def called(self) -> str:
        """The owner in words."""
        label = self.name if self.tool == ANY_MANAGER else owner_tool(self.tool).label
        named = f" ({self.name})" if self.name and self.tool != ANY_MANAGER else ""
        return f"{label}{named}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One object of a file against the cluster: what of it is not there yet, and who is in the way.

    `unread` says why that is not known.
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
        """The cluster shows it already."""
        if self.unread:
            return False
        return self.live is None if self.action is Action.DELETE else not self.lacks

    @property
    def ours(self) -> bool:
        """Whoever is in the way is the workload as this deployment applied it."""
        return bool(self.conflicts) and {c.manager.name for c in self.conflicts} == {WORKLOAD}

    @property
    def blocked(self) -> str:
        """Why it cannot be applied by us, as the end of a sentence; empty where it can."""
        if self.done:
            return ""
        if self.action is not Action.APPLY and self.unread:
            return f"was not read: {self.unread}"
        if self.action is Action.PATCH and self.live is None:
            return "is not there, and a patch is no whole object"
        if self.owner and not self.ours and (self.conflicts or self._kept_by_tool):
            return f"belongs to {self.owner.called}{self._fields}"
        return ""

    @property
    def _kept_by_tool(self) -> bool:
        """What puts an object back needs no conflict to undo a change."""
        puts_back = self.owner is not None and owner_tool(self.owner.tool).puts_back
        return self.action is not Action.APPLY and puts_back

    @property
    def _fields(self) -> str:
        found = tuple(dict.fromkeys(text_of(c.field) for c in self.conflicts))
        return f", which owns {shown(found)}" if found else ""

    @property
    def called(self) -> str:
        """Kind, namespace and name."""
        return f"{self.object.kind} {self.object.namespace}/{self.object.name}"


def standings(files: Iterable[ManifestFile], live: Live) -> tuple[Standing, ...]:
    """How each object of these files stands in the cluster."""
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
    """The tool that keeps a live object by its marks, else the manager that is in the way."""
    names = {who.name for who in managers(data)}
    for mark in owner_marks():
        value = _marked(mark, data, names)
        if value is not None:
            return Owner(mark.tool, _named(mark, value, data))
    other = next((c.manager.name for c in found if c.manager.name != MANAGER), "")
    return Owner(ANY_MANAGER, f"whoever applies it as {printable(other)}") if other else None


def _marked(mark: OwnerMark, data: dict[str, Any], names: set[str]) -> str | None:
    """What the sign says; None where it is not there."""
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
    """What has to happen elsewhere before the files can go on, as a sentence; empty for nothing."""
    held = [s for s in found if s.blocked]
    if not held:
        return ""
    named = "; ".join(f"{s.called} {s.blocked}" for s in held[:_NAMED])
    more = f"; and {len(held) - _NAMED} more" if len(held) > _NAMED else ""
    where = (
        f"The changes are written as patches in {patches}: put them where each object is kept"
        if patches
        else "Use --write-patches DIR to get the changes as patches for whoever keeps the objects"
    )
    return (
        f"{len(held)} objects are not ours to change, and nothing is forced: {named}{more}. "
        f"{where}, then run it again: it goes on once the cluster shows them"
    )


def reopened(found: Iterable[Standing]) -> Iterator[str]:
    """What was applied before and no longer stands so, with whoever owns it now, as sentences."""
    for standing in found:
        if standing.done or standing.unread:
            continue
        who = f"; {standing.owner.called} owns it" if standing.owner else ""
        lacks = shown(standing.lacks) if standing.lacks else "it is back"
        yield f"{standing.called} no longer stands as it was applied: {lacks}{who}"
