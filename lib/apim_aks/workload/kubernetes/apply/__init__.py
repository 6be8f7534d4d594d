"""What the API server holds after files are applied to, and deleted from, what it held before."""

from apim_aks.workload.kubernetes.apply.applying import apply, patched
from apim_aks.workload.kubernetes.apply.cluster import (
    Answer,
    Cluster,
    Conflict,
    Kept,
    conflicts,
    defined,
    is_named,
    lacking,
    place,
)
from apim_aks.workload.kubernetes.apply.fields import Field, Manager, managers, text_of
from apim_aks.workload.kubernetes.apply.held import Held, Origin, Outcome, Step, Unclear

__all__ = [
    "Answer",
    "Cluster",
    "Conflict",
    "Field",
    "Held",
    "Kept",
    "Manager",
    "Origin",
    "Outcome",
    "Step",
    "Unclear",
    "apply",
    "conflicts",
    "defined",
    "is_named",
    "lacking",
    "managers",
    "patched",
    "place",
    "text_of",
]
