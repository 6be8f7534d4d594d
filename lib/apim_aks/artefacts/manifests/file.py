"""A file of Kubernetes objects: what it does, how it is applied, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from apim_aks.workload.documents import dump_all

Object = dict[str, Any]
MANAGER = "apim-aks"
"""The field manager of what is applied for a placement."""


class Action(StrEnum):
    """What is done with the objects of a file."""

    APPLY = "apply"
    PATCH = "patch"
    DELETE = "delete"

    def command(self, file: str, manager: str = MANAGER) -> str:
        """The command that does it, by hand and by a deployment alike.

        Unknown fields are refused by the API server, and so are fields that somebody else owns:
        nothing is forced. One field manager, so that who applies a file a second time meets no
        conflict with the first.
        """
        if self is Action.DELETE:
            return f"kubectl delete --ignore-not-found -f {file}"
        how = f"--server-side --field-manager={manager} --validate=strict"
        return f"kubectl apply {how} -f {file}"


class Phase(StrEnum):
    """When a file is applied: beside what serves callers, or after they have moved."""

    DEPLOY = "deploy"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether what a file takes from an object can be given back, and because of what.

    `keep` is what has to be done before the file is applied so that it can; empty where it can
    anyway. Where it can by that, `close` does it: it keeps the object in the record, and where
    `owned_by_aks` it also takes AKS's mark from the public address.
    """

    object: str
    reversible: bool
    because: str
    keep: str = ""
    owned_by_aks: bool = False

    @property
    def kept(self) -> bool:
        """Whether `close` keeps what makes it reversible."""
        return self.reversible and bool(self.keep)

    @property
    def said(self) -> str:
        """Whether, why and what to do, as the end of a sentence."""
        can = "can be taken back" if self.reversible else "not reversible"
        return "; ".join(filter(None, (f"{can}: {self.because}", self.keep)))

    @property
    def words(self) -> str:
        """All of it in a sentence."""
        return f"{self.object}: {self.said}"


def called(object: Object) -> str:
    """Kind, namespace and name."""
    where = object["metadata"]
    return f"{object['kind']} {where.get('namespace', 'default')}/{where['name']}"


@dataclass(frozen=True, kw_only=True)
class ManifestFile:
    """One step in the cluster: its text is `head` (comments) and the objects.

    `by_hand` is what no manifest can do, in sentences. A file of `Phase.CLOSE` changes, isolates or
    deletes what serves callers today, and `ways_back` says of each object how that is undone.
    """

    name: str
    objects: tuple[Object, ...]
    because: str
    head: str = ""
    action: Action = Action.APPLY
    phase: Phase = Phase.DEPLOY
    warning: str = ""
    by_hand: tuple[str, ...] = ()
    manager: str = MANAGER
    ways_back: tuple[WayBack, ...] = ()

    @cached_property
    def yaml(self) -> str:
        """The text of the file, written the first time that it is asked for."""
        marker = "---\n" if self.head and self.objects else ""
        return f"{self.head}{marker}{dump_all(self.objects)}"

    @property
    def gated(self) -> bool:
        """It waits until a call without a certificate is refused.

        The entry and its address (`30-`, `35-`) come before the routes (`40-`).
        """
        return self.name >= "40"

    @property
    def command(self) -> str:
        """How the file is applied."""
        return self.action.command(self.name, self.manager)


def manifest_file(
    name: str,
    objects: Iterable[Object],
    because: str,
    action: Action = Action.APPLY,
    warning: str = "",
    by_hand: tuple[str, ...] = (),
    phase: Phase = Phase.DEPLOY,
    ways_back: tuple[WayBack, ...] = (),
) -> ManifestFile:
    """The objects as a file that opens with what it is for and how it is applied."""
    lines = [because, action.command(name)]
    if action is Action.PATCH:
        lines.insert(
            1,
            "Only the fields that change: a patch by server-side apply, no full object. Where "
            "somebody else owns a field, the API server says who: make the change there.",
        )
    lines += [f"Warning: {warning}"] if warning else []
    lines += [f"By hand: {step}" for step in by_hand]
    lines += [f"Before: {way.words}" for way in ways_back if way.keep]
    return ManifestFile(
        name=name,
        objects=tuple(objects),
        head="".join(f"# {' '.join(line.split())}\n" for line in lines),
        because=because,
        action=action,
        phase=phase,
        warning=warning,
        by_hand=by_hand,
        ways_back=ways_back,
    )
