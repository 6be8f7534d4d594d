"""What failed as SARIF, and every check as JUnit XML, for code hosts and pipelines.

`of_design`, `of_reach` and `of_contract` say what a command found; `sarif` and `junit` write it.
The same input gives the same bytes: no time, no path of this machine.
"""

from apim_aks.page.results.contract import of_contract
from apim_aks.page.results.design import of_design
from apim_aks.page.results.junit import junit
from apim_aks.page.results.outcome import Outcome
from apim_aks.page.results.reach import of_reach
from apim_aks.page.results.repository import Repository
from apim_aks.page.results.sarif import sarif

__all__ = ["Outcome", "Repository", "junit", "of_contract", "of_design", "of_reach", "sarif"]
