"""The steps after deploying: every change to what serves callers today."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase
from apim_aks.artefacts.manifests.file import called
from apim_aks.deployment.cluster import before_apis
from apim_aks.deployment.project import Project
from apim_aks.listing import listed

_DOES = {Action.APPLY: "applies", Action.PATCH: "changes", Action.DELETE: "deletes"}
_NAMED = 6


def left_out(project: Project) -> tuple[ManifestFile, ...]:
    """The files that change, move or delete objects that serve callers today."""
    return tuple(f for f in project.files if f.phase is Phase.CLOSE)


def following(project: Project) -> tuple[str, ...]:
    """Why deploying stops here, the steps that follow by file, and what fails until then."""
    files = left_out(project)
    return (*_ended(project, files), *map(_sentence, files)) if files else ()


def _ended(project: Project, files: tuple[ManifestFile, ...]) -> Iterator[str]:
    names, shared = ", ".join(f.name for f in files), _shared(project)
    safe = "" if shared else "callers that are served today keep their service: "
    yield (
        f"Deploying stops before {files[0].name}: {safe}no Service or route of the workload was "
        f"changed or deleted. Not done: {names}. Until then the Services can be reached around the "
        "gateway, and verify reports it. Move the callers with cutover --apply. Once all have "
        "moved, close --apply applies the files."
    )
    if shared:
        yield (
            f"The cluster existed before, and {listed(shared, _NAMED)} in it was changed: check "
            "whether it serves other callers."
        )


def _shared(project: Project) -> tuple[str, ...]:
    """The changed ingress controller that may have served other callers before."""
    if not project.cluster_is_there:
        return ()
    return tuple(
        called(found)
        for file in before_apis(project)
        for found in file.objects
        if file.action is Action.PATCH
    )


def _sentence(file: ManifestFile) -> str:
    if not file.objects:
        return f"{file.name}: by hand: {' By hand: '.join(file.by_hand)}"
    hand = "".join(f" By hand: {step}" for step in file.by_hand)
    what = f"{_DOES[file.action]} {listed(list(map(called, file.objects)), _NAMED)}"
    return f"{file.name} {what}. {file.because}{hand} Command: {file.command}"
