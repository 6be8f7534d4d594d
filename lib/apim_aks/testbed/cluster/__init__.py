"""A Kubernetes API on this machine that serves what the cluster would hold, and only that."""

from apim_aks.testbed.cluster.api import serving
from apim_aks.testbed.cluster.store import Store

__all__ = ["Store", "serving"]
