"""Policies of the reader's as they become after closing: they admit nobody more."""

from __future__ import annotations

from apim_aks.artefacts.manifests.admitting import written
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.scene import ManifestScene, obj
from apim_aks.options.narrowing import POLICY, narrowed


def narrowed_policies(scene: ManifestScene) -> tuple[Object, ...]:
    """The same objects without a rule for callers; the policies of ours say who is let in."""
    return tuple(
        obj(
            "networking.k8s.io/v1",
            POLICY,
            guard.name,
            guard.policy.namespace,
            spec={"podSelector": written({}, guard.policy.selects), "ingress": []},
        )
        for guard in narrowed(scene.workload, scene.topology)
    )


def ways_back(scene: ManifestScene) -> tuple[str, ...]:
    """Where each of them stands as it is today, to be applied again by who goes back."""
    return tuple(
        f"keep {guard.kind} {guard.name} as it is today ({guard.place}); to go back, apply it again"
        for guard in narrowed(scene.workload, scene.topology)
    )
