"""Helm charts and Kustomize folders as the manifests that they become.

What a folder asks for is read here before anything runs: whatever would leave the folder or this
machine is refused by name, since no flag of `helm` or `kubectl kustomize` keeps them off the
network.
"""

from apim_aks.workload.rendering.charts import Chart
from apim_aks.workload.rendering.kustomizations import Kustomization, Reached, reached
from apim_aks.workload.rendering.places import Bounds
from apim_aks.workload.rendering.programs import KUBECTL, Program, Ran, kubectl, kubelogin, run
from apim_aks.workload.rendering.render import Rendered, rendered

__all__ = [
    "KUBECTL",
    "Bounds",
    "Chart",
    "Kustomization",
    "Program",
    "Ran",
    "Reached",
    "Rendered",
    "kubectl",
    "kubelogin",
    "reached",
    "rendered",
    "run",
]
