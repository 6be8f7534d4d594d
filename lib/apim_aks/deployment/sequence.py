"""The order of the steps, and what makes a deployment stop for a person."""

from __future__ import annotations

from enum import StrEnum

from apim_aks.deployment.certificates import wanted
from apim_aks.deployment.cluster import before_apis
from apim_aks.deployment.project import APPROVAL, CERTIFICATES, MANIFESTS, SERVICES, Project
from apim_aks.deployment.state import DeploymentState
from apim_aks.errors import InputError


class WorkloadChoice(StrEnum):
    """What happens to the workload's own manifests where the cluster is new."""

    ASK = ""
    WITH = "with"
    LATER = "later"


def workload_choice(text: str) -> WorkloadChoice:
    """The choice with this name; None for an empty name.

    Raises:
        InputError: it is another word.
    """
    try:
        return WorkloadChoice(text)
    except ValueError:
        raise InputError(
            f"The value newCluster is {text!r}. It must be 'with', 'later' or empty."
        ) from None


class Waits(Exception):
    """A person must act before the run can continue."""


def left_to_do(project: Project, state: DeploymentState) -> tuple[str, ...]:
    """The stages and files of `deploy` of which the record does not say that they are done."""
    ready = {s.name for s in state.stages if s.state.lower() == "succeeded"}
    stages = (p.stage for p in project.pieces if p.stage not in ready)
    files = (f.name for f in before_apis(project) if f.objects and f.name not in state.steps)
    return (*stages, *files)


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
        # Checked before any change in the cluster, and first if the cluster exists already.
        last = found.index(MANIFESTS) if MANIFESTS in found else len(found)
        found.insert(0 if project.cluster_is_there else last, SERVICES)
    return tuple(found)
