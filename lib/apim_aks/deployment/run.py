"""What a deployment is given and what it comes to: steps, their order, how far it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apim_aks.deployment import gate as entry
from apim_aks.deployment.certificates import wanted
from apim_aks.deployment.cluster import before_apis
from apim_aks.deployment.project import APPROVAL, CERTIFICATES, MANIFESTS, SERVICES, Project
from apim_aks.remote.azure import Certificates

NOT_ASKED = "nothing was changed; set apply=True (on the command line: --apply) to deploy"


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of a deployment: `done` now, `already` before, `attached` to, or `waits`."""

    name: str
    state: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """How far it came. `waits_for` says what a person has to do before the next run goes on.

    `follows` says, in sentences, what would come next and is no part of deploying; `retried` which
    requests had to be sent again.
    """

    workload: str
    option: str
    steps: tuple[StepDone, ...] = ()
    created: tuple[str, ...] = ()
    waits_for: str = ""
    follows: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()

    @property
    def closing(self) -> tuple[str, ...]:
        """What is said last: what it waits for, or what follows, and what had to be sent again."""
        held = self.waits_for.rstrip(".")
        end = (f"{held[:1].upper()}{held[1:]}.",) if held else self.follows
        return (*(end or ("Everything is there.",)), *self.retried)

    @property
    def finished(self) -> bool:
        """Everything that deploying does is done."""
        return not self.waits_for


class WorkloadChoice(StrEnum):
    """What happens to the workload's own manifests where the cluster is new."""

    ASK = ""
    WITH = "with"
    LATER = "later"


class Waits(Exception):
    """A person has to do something first."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a deployment is given: the outside world, and the answers of the deployer.

    `patches` is the folder for changes of objects that others keep.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    tell: Callable[[str], None] = lambda _: None
    restore: frozenset[str] = frozenset()
    ask: entry.Ask = entry.asked
    vault: Certificates | None = None
    gate_checked: bool = False
    certificates_done: bool = False
    workload: WorkloadChoice = WorkloadChoice.ASK
    patches: str = ""


_BY_HAND = (CERTIFICATES, MANIFESTS, APPROVAL)


def order(project: Project) -> tuple[str, ...]:
    """The stages and steps in the order in which they are done."""
    found: list[str] = []
    for piece in project.pieces:
        found += [n for n in piece.needs if n in _BY_HAND and n not in found]
        found.append(piece.stage)
    if before_apis(project) and MANIFESTS not in found:
        found.append(MANIFESTS)
    if wanted(project) and CERTIFICATES not in found:
        # Pods that end TLS need their certificate before they can become ready.
        found.insert(found.index(MANIFESTS) if MANIFESTS in found else len(found), CERTIFICATES)
    if project.services:
        # Looked at before anything is changed in the cluster, and first where it is there already.
        last = found.index(MANIFESTS) if MANIFESTS in found else len(found)
        found.insert(0 if project.cluster_is_there else last, SERVICES)
    return tuple(found)
