"""Applies files to a shared cluster without overwriting fields that others own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from apim_aks.artefacts.manifests import Action, ManifestFile
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.deployment.cluster import apply_manifest
from apim_aks.deployment.live_objects import live_objects
from apim_aks.deployment.ownership import WORKLOAD, Standing, reopened, standings, waited_for
from apim_aks.deployment.patches import write_patches
from apim_aks.deployment.project import Project
from apim_aks.deployment.sequence import Waits
from apim_aks.deployment.workload import merged
from apim_aks.listing import counted, shown
from apim_aks.remote.azure import AzureClient


def standing_in(
    client: AzureClient, project: Project, files: Iterable[ManifestFile]
) -> tuple[Standing, ...]:
    """The state in the cluster of each object of these files; reads only.

    Raises:
        AzureRefused: the cluster could not be read.
    """
    given = tuple(files)
    asked = (object for step in steps(given) for object in step.objects)
    return standings(given, live_objects(client, project, asked))


def require_free(
    client: AzureClient, project: Project, file: ManifestFile, patches: str
) -> tuple[Standing, ...]:
    """The state of each object of the file, where this deployment may change all of them.

    `patches` is the folder for changes that other owners must make, or empty.

    Raises:
        AzureRefused: the cluster could not be read.
        Waits: an object has another owner and does not show the change yet.
        InputError: the folder of the patches holds a file that was not written here.
    """
    found = standing_in(client, project, (file,))
    if patches:
        write_patches(found, patches)
    if sentence := waited_for(found, patches):
        raise Waits(sentence)
    return found


def apply_file(
    client: AzureClient, project: Project, file: ManifestFile, found: Iterable[Standing]
) -> str:
    """Applies one file and returns what was done; objects already in that state are not sent.

    `found` is the state of its objects, all of which this deployment may change.

    Raises:
        ManifestRefused: the API server refused it, or the pods were not ready in time.
    """
    stands = tuple(found)
    # Whole objects are sent again: an interrupted run may not have waited for their pods.
    left = [s for s in stands if not s.done or s.action is Action.APPLY]
    for part in _parts(project, file, left):
        apply_manifest(client, project, part)
    kept = len(stands) - len(left)
    return counted(len(left), "object") + (f", {kept} unchanged" if kept else "")


def undone(
    client: AzureClient, project: Project, files: Iterable[ManifestFile]
) -> Mapping[str, str]:
    """How the cluster differs from files applied before, as sentences by file.

    Raises:
        AzureRefused: the cluster could not be read.
    """
    given = tuple(f for f in files if f.objects)
    found = standing_in(client, project, given)
    said = {file.name: shown(tuple(reopened(_of(file, found)))) for file in given}
    return {name: sentence for name, sentence in said.items() if sentence}


def _of(file: ManifestFile, found: tuple[Standing, ...]) -> Iterable[Standing]:
    return (s for s in found if s.object.document.file == file.name)


def _parts(project: Project, file: ManifestFile, left: list[Standing]) -> Iterable[ManifestFile]:
    """The objects to apply as this deployment, and those to apply as the workload's manager."""
    own = tuple(s.object.data for s in left if not s.ours)
    theirs = tuple(merged(project, s.object) for s in left if s.ours)
    if own:
        yield replace(file, objects=own)
    if theirs:
        yield replace(file, objects=theirs, manager=WORKLOAD)
