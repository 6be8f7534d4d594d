"""Kubernetes objects of a placement, in the order in which they are applied.

Nothing here asks which option it is: kinds, addresses, reach and back ends of the topology decide,
and the row of the ingress controller.
"""

from __future__ import annotations

from apim_aks.artefacts.manifests.apply_order import files
from apim_aks.artefacts.manifests.file import MANAGER, Action, ManifestFile, Phase
from apim_aks.artefacts.manifests.placeholder import Placeholder, placeholders
from apim_aks.artefacts.manifests.scene import certificate_secret, client_certificate_name, scene
from apim_aks.options.drawn import Drawn

__all__ = [
    "MANAGER",
    "Action",
    "ManifestFile",
    "Phase",
    "Placeholder",
    "certificate_secret",
    "client_certificate_name",
    "manifests",
    "placeholders",
]


def manifests(drawn: Drawn) -> tuple[ManifestFile, ...]:
    """What is created, changed and deleted in the cluster for this placement, file by file.

    Raises:
        InputError: nothing is written for the ingress controller, its check needs a newer
            Kubernetes, or the addresses do not fit.
    """
    return files(scene(drawn))
