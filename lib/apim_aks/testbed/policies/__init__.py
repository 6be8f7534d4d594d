"""A closed interpreter of API Management's policies: a stand-in, and no proof of the gateway.

It reads what the templates would deploy (`resources` into a `gateway`), and carries out each call
(`pipeline`). What it does not know it refuses when the documents are read, by name with file and
line: an element (`vocabulary`), an expression (`expressions/members`). Whoever lets the generator
write a new one teaches it here; tests/testbed/policies/test_coverage.py says what is missing.

What it does follows Microsoft's documentation and published tests; `data/gateway_errors.csv` and
`data/gateway_policies.csv` say how sure each of these facts is. Where nothing is published:

- a path is taken as it comes, but for encoded slashes: no `..` in it is worked out;
- names in a query are the same in any letter case, and so are paths of APIs and operations;
- what a caller sends as `X-Forwarded-For` goes on to the back end as it is;
- the headers for a web page that may call stand in every answer to it, errors too;
- what comes from the cache goes through `outbound` like any answer.

It is one unit that counts exactly. It has no circuit breakers, no limits of size, and does nothing
about load.
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
