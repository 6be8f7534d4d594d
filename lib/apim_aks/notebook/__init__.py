"""Notebooks: parameters, widgets, and the report that executes them headless."""

from apim_aks.notebook.chosen import chosen
from apim_aks.notebook.journey import journey, stated
from apim_aks.notebook.parameters import check_parameters

__all__ = ["check_parameters", "chosen", "journey", "stated"]
