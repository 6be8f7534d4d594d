"""What Argo CD and Flux apply of the Kustomize overlays, step by step, and nothing that closes.

https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export import kustomize
from apim_aks.artefacts.export.origin import command, origin, readme
from apim_aks.artefacts.manifests import Action, ManifestFile, placeholders
from apim_aks.artefacts.manifests.file import Object
from apim_aks.facts.exports import export_defaults
from apim_aks.workload.documents import dump, dump_all
from apim_aks.workload.names import fitting

Json = dict[str, Any]
FORMAT = "gitops"
REPOSITORY = "<REPOSITORY_URL>"
_CLUSTER = "https://kubernetes.default.svc"
_NOT_OURS: Mapping[str, Mapping[str, str]] = {
    "argocd": {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"},
    "flux": {
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
        "kustomize.toolkit.fluxcd.io/ssa": "Merge",
    },
}
"""What keeps a tool from deleting objects of others, of which only some fields are ours."""


def files(built: Artefacts) -> Mapping[str, str]:
    """For each environment what both tools are given, and a README."""
    head = f"# {origin(built, FORMAT)}\n# {REPOSITORY}: the Git repository that holds the export.\n"
    made = {
        f"{tool}/{name}.yaml": head + dump_all(objects)
        for name, there in built.everywhere.items()
        for tool, objects in (("argocd", _argo(there, name)), ("flux", _flux(there, name)))
        if objects
    }
    return made | {"README.md": _readme(built)}


def _steps(there: Artefacts) -> Mapping[str, Sequence[ManifestFile]]:
    found = kustomize.steps(there.manifests)
    return {step: found[step] for step in kustomize.deployed(found)}


def _name(there: Artefacts, name: str, step: str = "") -> str:
    parts = (there.drawn.workload.name, name, step)
    return fitting("-".join(p for p in parts if p))


def _path(name: str, step: str) -> str:
    return f"{kustomize.FORMAT}/overlays/{name}/{step}"


def _gated(there: Artefacts, step: str) -> bool:
    """Somebody has to see first that the entry refuses calls without a certificate."""
    return step == kustomize.ROUTES and there.drawn.choices.mutual_tls


def _argo(there: Artefacts, name: str) -> list[Json]:
    """An Application for each step, in waves."""
    return [
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": _name(there, name, step),
                "namespace": "argocd",
                "annotations": {"argocd.argoproj.io/sync-wave": str(wave)},
            },
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": REPOSITORY,
                    "targetRevision": "HEAD",
                    "path": _path(name, step),
                    **_argo_patches(own),
                },
                "destination": {"server": _CLUSTER},
                "syncPolicy": {
                    **({} if _gated(there, step) else {"automated": {"prune": True}}),
                    "syncOptions": ["ServerSideApply=true", "PruneLast=true"],
                },
            },
        }
        for wave, (step, own) in enumerate(_steps(there).items())
    ]


def _argo_patches(own: Sequence[ManifestFile]) -> Json:
    patches = list(_patches(own, "argocd"))
    return {"kustomize": {"patches": patches}} if patches else {}


def _flux(there: Artefacts, name: str) -> list[Json]:
    """The repository, and a Kustomization for each step that depends on the one before."""
    steps = _steps(there)
    if not steps:
        return []
    repository = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": _name(there, name), "namespace": "flux-system"},
        "spec": {
            "interval": export_defaults().gitops_interval,
            "url": REPOSITORY,
            "ref": {"branch": "main"},
        },
    }
    before = [{}, *({"dependsOn": [{"name": _name(there, name, s)}]} for s in steps)]
    pairs = zip(steps.items(), before, strict=False)
    return [repository, *(_kustomization(there, name, s, own, b) for (s, own), b in pairs)]


def _kustomization(
    there: Artefacts, name: str, step: str, own: Sequence[ManifestFile], before: Json
) -> Json:
    patches = list(_patches(own, "flux"))
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": _name(there, name, step), "namespace": "flux-system"},
        "spec": {
            **before,
            **({"suspend": True} if _gated(there, step) else {}),
            "interval": export_defaults().gitops_interval,
            "path": f"./{_path(name, step)}",
            "prune": True,
            "wait": True,
            "force": False,
            "sourceRef": {"kind": "GitRepository", "name": _name(there, name)},
            **({"patches": patches} if patches else {}),
        },
    }


def _patches(own: Sequence[ManifestFile], tool: str) -> Iterator[Json]:
    """Annotations on the objects of others."""
    for file in own:
        if file.action is Action.PATCH:
            yield from (_annotated(o, _NOT_OURS[tool]) for o in file.objects)


def _annotated(object: Object, annotations: Mapping[str, str]) -> Json:
    where = {k: object["metadata"][k] for k in ("namespace", "name") if k in object["metadata"]}
    patch = {
        "apiVersion": object["apiVersion"],
        "kind": object["kind"],
        "metadata": where | {"annotations": dict(annotations)},
    }
    return {"target": {"kind": object["kind"], **where}, "patch": dump(patch)}


def _readme(built: Artefacts) -> str:
    everywhere = built.everywhere.values()
    if not any(_steps(there) for there in everywhere):
        return readme(built, FORMAT, "GitOps", "Nothing is applied to the cluster by this option.")
    filled = any(placeholders(there.manifests) for there in everywhere)
    paragraphs = [
        "One of `argocd/` or `flux/`, whichever your cluster has. Both apply the overlays of "
        f"`{command(built, kustomize.FORMAT)}`, which are expected in the folder `kustomize` of "
        f"the repository. Put its address where `{REPOSITORY}` stands, "
        + ("fill in the values of each overlay as its README says, " if filled else "")
        + "and commit both.",
        "Argo CD waits for an Application of an earlier wave only where argocd-cm has a health "
        "check of `argoproj.io/Application` "
        "(https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#argocd-app).",
    ]
    if any(f.action is Action.PATCH for t in everywhere for own in _steps(t).values() for f in own):
        paragraphs.append(
            "Objects of others, of which only some fields are set here, are never pruned."
        )
    if any(kustomize.steps(t.manifests).keys() - _steps(t).keys() for t in everywhere):
        paragraphs.append(
            "What closes the entries of today is applied by nobody but a person, with "
            "`apim-aks close`: it is in no file here."
        )
    return readme(built, FORMAT, "GitOps", *paragraphs, _told(built), *_waiting(built))


def _told(built: Artefacts) -> str:
    """How the tool in each cluster is told, once; waves count below another Application alone."""
    found = [(n, _name(there, n)) for n, there in built.everywhere.items() if _steps(there)]
    flux = "\n".join(f"kubectl apply -f flux/{name}.yaml" for name, _ in found)
    argo = "\n".join(
        f"argocd app create {app} --repo '{REPOSITORY}' --path {FORMAT}/argocd "
        f"--directory-include {name}.yaml --dest-server {_CLUSTER} --dest-namespace argocd "
        "--sync-policy automated"
        for name, app in found
    )
    each = ", each line in the cluster of its environment" if len(found) > 1 else ""
    return (
        f"Then once{each}: with Flux\n\n```sh\n{flux}\n```\n\nor with Argo CD an Application over "
        "those of the file, since waves are kept below one alone (this folder is "
        f"`{FORMAT}` in the repository)\n\n```sh\n{argo}\n```"
    )


def _waiting(built: Artefacts) -> Iterator[str]:
    """What a person does, where routes wait for one."""
    names = [
        _name(there, name, step)
        for name, there in built.everywhere.items()
        for step in _steps(there)
        if _gated(there, step)
    ]
    if names:
        lines = "\n".join(
            f"argocd app sync {n}  # with Flux: flux resume kustomization {n}" for n in names
        )
        yield (
            "The routes wait for a person: check first that the entry refuses a call without a "
            f"certificate (`apim-aks verify`), then\n\n```sh\n{lines}\n```"
        )
