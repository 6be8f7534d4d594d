"""Applies files to a shared cluster without overwriting fields that others own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from apim_aks.artefacts.manifests import Action, ManifestFile
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.deployment.cluster import apply_manifest, mark
from apim_aks.deployment.live_objects import live_objects
from apim_aks.deployment.memory import Memory
from apim_aks.deployment.ownership import WORKLOAD, Standing, reopened, standings, waited_for
from apim_aks.deployment.patches import write_patches
from apim_aks.deployment.project import Project
from apim_aks.deployment.saved_objects import keep_before, may_meet_others
from apim_aks.deployment.sequence import Waits
from apim_aks.deployment.workload import merged
from apim_aks.listing import counted, shown
from apim_aks.remote.azure import AzureClient

Hook = Callable[[ManifestFile], None]


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


def apply_each(
    memory: Memory,
    files: Iterable[ManifestFile],
    before: Hook = lambda _: None,
    after: Hook = lambda _: None,
) -> None:
    """Applies files in order; one that was applied before only where somebody undid it.

    `before` is called with a file that may be applied now, `after` once it is applied and recorded.

    Raises:
        AzureRefused: the cluster could not be read, or refused; what was applied is recorded.
        Waits: an object has another owner and does not show the change yet.
    """
    given = tuple(files)
    applied = [f for f in given if memory.state.steps.get(f.name) == mark(f)]
    again = undone(memory.client, memory.project, applied)
    for file in given:
        if not file.objects:
            memory.ended(file.name, "by hand", "; ".join(file.by_hand))
        elif file in applied and file.name not in again:
            memory.ended(file.name, "already", "applied before")
        else:
            if file.name in again:
                memory.ended(file.name, "reopened", again[file.name])
            memory.hold()
            _apply(memory, file, before, after)


def _apply(memory: Memory, file: ManifestFile, before: Hook, after: Hook) -> None:
    client, project = memory.client, memory.project
    found = require_free(client, project, file, memory.given.patches)
    before(file)
    if may_meet_others(project, file):
        keep_before(client, project, file, found)
    seen = apply_file(client, project, file, found)
    memory.keep(memory.state.with_step(file.name, mark(file)))
    after(file)
    by_hand = (f"by hand: {step}" for step in file.by_hand)
    memory.ended(file.name, "done", "; ".join((seen, *by_hand)))


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
