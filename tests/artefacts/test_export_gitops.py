"""Argo CD and Flux apply the steps of `deploy` in their order, and nothing that closes."""

from __future__ import annotations

from typing import Any

import yaml

from apim_aks.artefacts.export import export_format, exported
from apim_aks.artefacts.export.kustomize import ENTRY, ROUTES
from apim_aks.artefacts.manifests import Action, Phase
from tests.artefacts.test_export_kustomize import built
from tests.support.designs import bundled

APPLICATION = {
    "spec": {"project", "source", "destination", "syncPolicy"},
    "source": {"repoURL", "targetRevision", "path", "kustomize"},
    "syncPolicy": {"automated", "syncOptions"},
}
"""Of the fields in manifests/crds/application-crd.yaml of argoproj/argo-cd those in use here."""
KUSTOMIZATION = {
    *("dependsOn", "force", "interval", "patches", "path", "prune"),
    *("sourceRef", "suspend", "wait"),
}
"""The same of kustomize.toolkit.fluxcd.io_kustomizations.yaml of fluxcd/kustomize-controller."""


def objects(option: str, tool: str) -> list[dict[str, Any]]:
    made = built(bundled("contoso-retail").placement(option))
    files = exported(export_format("gitops"), made)
    assert files.keys() <= {"README.md", "argocd/production.yaml", "flux/production.yaml"}
    assert not any("close" in text for path, text in files.items() if path != "README.md")
    return list(yaml.safe_load_all(files[f"{tool}/production.yaml"]))


def test_argo_applies_the_steps_in_waves_and_prunes_nothing_of_others() -> None:
    entry, routes = objects("ingress-mtls", "argocd")
    for wave, (one, step) in enumerate(((entry, ENTRY), (routes, ROUTES))):
        assert one["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": str(wave)}
        assert one["spec"].keys() <= APPLICATION["spec"]
        assert one["spec"]["source"].keys() <= APPLICATION["source"]
        assert one["spec"]["source"]["path"] == f"kustomize/overlays/production/{step}"
        assert one["spec"]["syncPolicy"].keys() <= APPLICATION["syncPolicy"]
        assert "ServerSideApply=true" in one["spec"]["syncPolicy"]["syncOptions"]
    assert entry["spec"]["syncPolicy"]["automated"] == {"prune": True}
    assert "automated" not in routes["spec"]["syncPolicy"], "a person looks at the entry first"
    (patch,) = entry["spec"]["source"]["kustomize"]["patches"]
    said = yaml.safe_load(patch["patch"])
    assert said["metadata"]["name"] == patch["target"]["name"]
    assert "Prune=false" in str(said["metadata"]["annotations"])


def test_a_readme_says_how_each_tool_is_told() -> None:
    """Waves count for Applications that another one holds; applied alone they start together."""
    placement = bundled("contoso-retail").placement("ingress-mtls")
    readme = exported(export_format("gitops"), built(placement))["README.md"]
    commands = readme.replace("```sh\n", "```").split("```")[1::2]
    assert commands[0] == "kubectl apply -f flux/production.yaml\n"
    assert commands[1].startswith("argocd app create contoso-retail-production --repo ")
    assert "--path gitops/argocd --directory-include production.yaml" in commands[1]


def test_flux_goes_from_step_to_step_and_leaves_alone_what_is_not_ours() -> None:
    repository, entry, routes = objects("ingress-mtls", "flux")
    assert repository["kind"] == "GitRepository"
    for one in (entry, routes):
        assert one["spec"].keys() <= KUSTOMIZATION
        assert one["spec"]["sourceRef"]["name"] == repository["metadata"]["name"]
        assert one["spec"]["prune"] is True and one["spec"]["force"] is False
    assert "dependsOn" not in entry["spec"] and "suspend" not in entry["spec"]
    assert routes["spec"]["dependsOn"] == [{"name": entry["metadata"]["name"]}]
    assert routes["spec"]["suspend"] is True
    assert "prune: disabled" in entry["spec"]["patches"][0]["patch"]


def test_without_mutual_tls_nothing_waits_for_a_person() -> None:
    _, entry, routes = objects("v2-integration", "flux")
    assert "suspend" not in routes["spec"] and routes["spec"]["dependsOn"]
    patched = [
        o
        for f in built(bundled("contoso-retail").placement("v2-integration")).manifests
        if f.action is Action.PATCH and f.phase is Phase.DEPLOY
        for o in f.objects
    ]
    assert len(entry["spec"].get("patches", [])) == len(patched)
