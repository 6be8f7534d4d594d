"""Files into a cluster that others work in too: what is theirs is asked for and not taken."""

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
    """How each object of these files stands in the cluster now; nothing is changed there.

    Raises:
        AzureRefused: the cluster could not be read.
    """
    given = tuple(files)
    asked = (object for step in steps(given) for object in step.objects)
    return standings(given, live_objects(client, project, asked))


def require_free(
    client: AzureClient, project: Project, file: ManifestFile, patches: str
) -> tuple[Standing, ...]:
    """How each object of the file stands, where none of them is for somebody else to change.

    `patches` is the folder for changes that belong to others, or empty.

    Raises:
        AzureRefused: the cluster could not be read.
        Waits: an object belongs to somebody else and does not show the change yet.
        InputError: the folder of the patches holds a file that is not ours.
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
    """One file in the cluster, and what was done; what is there already is not sent again.

    `found` is how its objects stand, where none of them is for somebody else to change.

    Raises:
        ManifestRefused: the API server refused it, or the pods were not ready in time.
    """
    stands = tuple(found)
    # What is applied whole is sent again: a run that broke off may not have waited for its pods.
    left = [s for s in stands if not s.done or s.action is Action.APPLY]
    for part in _parts(project, file, left):
        apply_manifest(client, project, part)
    kept = len(stands) - len(left)
    return counted(len(left), "object") + (f", {kept} stood so already" if kept else "")


def undone(
    client: AzureClient, project: Project, files: Iterable[ManifestFile]
) -> Mapping[str, str]:
    """What of files that were applied no longer stands so, as sentences by file.

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
    """What we apply ourselves, and what of the workload is applied anew as its own manager."""
    own = tuple(s.object.data for s in left if not s.ours)
    theirs = tuple(merged(project, s.object) for s in left if s.ours)
    if own:
        yield replace(file, objects=own)
    if theirs:
        yield replace(file, objects=theirs, manager=WORKLOAD)
