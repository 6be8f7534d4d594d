"""Policy expressions: a closed part of C#, read as a whole before anything runs."""

from apim_aks.testbed.policies.expressions.meaning import Expression, Failure, expression
from apim_aks.testbed.policies.expressions.tokens import Unknown

__all__ = ["Expression", "Failure", "Unknown", "expression"]
