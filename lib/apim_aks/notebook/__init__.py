"""What notebooks run on: parameters, widgets, the report that executes them without a screen."""

from apim_aks.notebook.parameters import check_parameters

__all__ = ["check_parameters"]
