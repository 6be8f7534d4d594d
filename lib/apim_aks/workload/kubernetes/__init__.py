"""Kubernetes manifests as Services, each with the pods behind it and the routes that lead to it."""

from apim_aks.workload.kubernetes.folder import KUSTOMIZATIONS, MAX_FILES, Folder, label
from apim_aks.workload.kubernetes.manifests import read_manifests
from apim_aks.workload.kubernetes.services import (
    Manifests,
    routed_services,
    services_in,
    services_of,
)

__all__ = [
    "KUSTOMIZATIONS",
    "MAX_FILES",
    "Folder",
    "Manifests",
    "label",
    "read_manifests",
    "routed_services",
    "services_in",
    "services_of",
]
