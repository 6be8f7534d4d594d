"""What the API server holds after files are applied to, and deleted from, what it held before."""

from apim_aks.workload.kubernetes.apply.applying import apply
from apim_aks.workload.kubernetes.apply.held import Held, Origin, Outcome, Step, Unclear

__all__ = ["Held", "Origin", "Outcome", "Step", "Unclear", "apply"]
