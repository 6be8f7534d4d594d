"""Names and paths of an existing API Management that the APIs of a workload would take again."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.apis.mapping.model import Mapping
from apim_aks.apis.mapping.products import products
from apim_aks.workload.finding import Finding
from apim_aks.workload.held import Held
from apim_aks.workload.model import Workload
from apim_aks.workload.names import own_name

_MADE_HERE = ", or take it out of the extracted folder where this workload made it"


def taken(workload: Workload, mapping: Mapping) -> Iterator[Finding]:
    """Each API and product that is there under the same name or path, with what to do."""
    if workload.azure.existing.api_management is None:
        return
    held = {(h.kind, h.name.casefold()): h for h in workload.held}
    paths = {plain_path(h.path): h for h in workload.held if h.kind == "apis"}
    for api in mapping.apis:
        if there := paths.get(plain_path(api.path)):
            found = f"the path /{there.path.strip('/')}, which the API {api.id} takes as well"
            yield _said(there, found, f"another path of {api.id} under apis in workload.yaml")
        elif there := held.get(("apis", own_name(workload, api.id).casefold())):
            found = f"the API {there.name}, as which {api.id} is deployed"
            yield _said(there, found, f"another id of {api.id} under apis in workload.yaml")
    for product in products(workload, mapping):
        if there := held.get(("products", product.id.casefold())):
            found = f"the product {there.name}, as which the APIs of {workload.name} are offered"
            yield _said(there, found, "another name in workload.yaml, which the product has")


def plain_path(path: str) -> str:
    """A path as API Management compares it."""
    return path.strip("/").casefold()


def _said(there: Held, found: str, expected: str) -> Finding:
    return Finding(there.file, there.line, found, expected + _MADE_HERE)
