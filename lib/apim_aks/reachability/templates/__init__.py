"""Templates read as Azure would: which resources they make, with what is not known named."""

from apim_aks.reachability.templates.declaring import Declared, declared
from apim_aks.reachability.templates.evaluation import Evaluation, evaluation
from apim_aks.reachability.templates.resources import (
    Origin,
    Resource,
    TemplateFile,
    resources,
)
from apim_aks.reachability.templates.unknown import Unknown, first_unknown, unknowns

__all__ = [
    "Declared",
    "Evaluation",
    "Origin",
    "Resource",
    "TemplateFile",
    "Unknown",
    "declared",
    "evaluation",
    "first_unknown",
    "resources",
    "unknowns",
]
