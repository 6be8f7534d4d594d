"""Kubernetes objects of a placement, in the order in which they are applied.

Nothing here asks which option it is: kinds, addresses, reach and back ends of the topology decide,
and the row of the ingress controller.
"""

from __future__ import annotations

from apim_aks.design import Design, Placement
from apim_aks.manifests.apply_order import files
from apim_aks.manifests.file import Action, ManifestFile
from apim_aks.manifests.placeholder import Placeholder, placeholders
from apim_aks.manifests.scene import certificate_secret, client_certificate_name, scene

__all__ = [
    "Action",
    "ManifestFile",
    "Placeholder",
    "certificate_secret",
    "client_certificate_name",
    "manifests",
    "placeholders",
]


def manifests(design: Design, placement: Placement) -> tuple[ManifestFile, ...]:
    """What is created, changed and deleted in the cluster for this placement, file by file.

    Raises:
        WorkbookError: nothing is written for the ingress controller, its check needs a newer
            Kubernetes, or the addresses do not fit.
    """
    return files(scene(design.workload, placement))
