"""The pods of an ingress: by which label, and whether they serve others too."""

from __future__ import annotations

from apim_aks.facts import IngressGateway
from apim_aks.facts.mesh_signs import root_namespaces
from apim_aks.workload.guards.istio import AuthorizationPolicy
from apim_aks.workload.model import Workload


def shares_pods(workload: Workload, row: IngressGateway) -> bool:
    """The pods of the ingress may serve others: the cluster was there, and its add-on made them."""
    return bool(row.own_port and workload.azure.existing.cluster)


def entry_pods(row: IngressGateway, public: bool) -> dict[str, str]:
    """The label that picks the pods of the ingress."""
    return {row.pod_label: row.public_pods if public else row.private_pods}


def admitted_already(workload: Workload, row: IngressGateway, public: bool) -> bool:
    """A policy of the reader's says whom these pods admit, so that they refuse everybody else."""
    spaces, labels = (row.namespace, *root_namespaces()), entry_pods(row, public)
    return any(
        isinstance(guard, AuthorizationPolicy)
        and guard.action == "ALLOW"
        and guard.namespace in spaces
        and guard.selector.picks(labels, whole=False)
        for guard in workload.guards.every
    )
