"""Which option comes first, by how much, and how far something must move before another does.

A weighted sum over axes. Each criterion has a fixed scale (`data/criteria.csv`), so that neither
adding nor ruling out an option changes another's score.
"""

from apim_aks.decision.ranking.model import (
    Contender,
    Flip,
    Hinge,
    Ranking,
    Score,
    Size,
    Standing,
    Weights,
)
from apim_aks.decision.ranking.ranking import (
    best_of_each,
    normalised,
    rank,
    standing,
    value,
    weights_of,
)
from apim_aks.decision.ranking.sensitivity import DRAWS, Robustness, robustness

__all__ = [
    "DRAWS",
    "Contender",
    "Flip",
    "Hinge",
    "Ranking",
    "Robustness",
    "Score",
    "Size",
    "Standing",
    "Weights",
    "best_of_each",
    "normalised",
    "rank",
    "robustness",
    "standing",
    "value",
    "weights_of",
]
