"""A closed interpreter of API Management's policies: a stand-in, and no proof of the gateway.

It reads what the templates would deploy and carries it out over HTTP. What it does not know it
refuses when the documents are read, by name with file and line. What it does follows Microsoft's
documentation and published tests; `data/gateway_errors.csv` and `data/gateway_policies.csv` say
what was verified. It has one unit, counts exactly, and knows no limits of size.
"""

from apim_aks.testbed.policies.call import Sent, Surroundings
from apim_aks.testbed.policies.gateway import Gateway
from apim_aks.testbed.policies.pipeline import Passage, answer, passage
from apim_aks.testbed.policies.resources import Given, gateway_of
from apim_aks.testbed.policies.state import State

__all__ = [
    "Gateway",
    "Given",
    "Passage",
    "Sent",
    "State",
    "Surroundings",
    "answer",
    "gateway_of",
    "passage",
]
