"""Who calls whom inside the cluster: the Services that workloads are told to call."""

from apim_aks.workload.kubernetes.calls.graph import call_graph

__all__ = ["call_graph"]
