"""The subject of a proof: a cluster's objects, its network, and the policy engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from apim_aks.facts.mesh_signs import control_planes
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.templates.network import AzureNetwork
from apim_aks.reachability.templates.network_values import ApiManagement, ManagedCluster
from apim_aks.workload.guards.injection import ISTIO


@dataclass(frozen=True, kw_only=True)
class Site:
    """A cluster and its surroundings, as far as files say it.

    `azure` is None where no template was read: then nothing is known of networks. `engine` is None
    where nobody said who enforces policies: then no policy closes anything. `interface_groups` are
    the ids of the security groups on the nodes' interfaces, empty for an interface without one;
    None where nobody looked, so that they hold what AKS writes for Services.
    """

    scene: Scene
    azure: AzureNetwork | None = None
    engine: Engine | None = Engine.SPECIFICATION
    interface_groups: tuple[str, ...] | None = None

    @property
    def templates(self) -> AzureNetwork:
        """What the templates make: nothing where none was read."""
        return self.azure or AzureNetwork()

    @cached_property
    def cluster(self) -> ManagedCluster | None:
        """The only cluster of the templates; None where they make none or several."""
        return self.only_cluster(self.azure)

    @staticmethod
    def only_cluster(azure: AzureNetwork | None) -> ManagedCluster | None:
        """The only cluster of templates; None where they make none or several."""
        found = azure.all(ManagedCluster) if azure else ()
        return found[0] if len(found) == 1 else None

    @cached_property
    def gateway(self) -> ApiManagement | None:
        """The only API Management of the templates; None where they make none or several."""
        found = self.templates.all(ApiManagement)
        return found[0] if len(found) == 1 else None

    @cached_property
    def meshes(self) -> frozenset[str]:
        """The meshes whose control plane is in the input."""
        found = {
            mesh
            for pod in self.scene.pods
            for mesh, label, value in control_planes()
            if (label, value) in pod.labels
        }
        added = self.cluster is not None and str(self.cluster.mesh).lower() == ISTIO
        return frozenset((*found, ISTIO) if added else found)
