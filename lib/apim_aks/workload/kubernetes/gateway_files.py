"""ConfigMaps with the routes of an API gateway that stands in the cluster, which nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.facts.api_gateways import api_gateways
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object

EXPECTED = (
    "routes as Ingress, HTTPRoute, IngressRoute or VirtualService: what this file leads to a "
    "Service is not known here"
)


def gateway_files(objects: Iterable[Object]) -> Iterator[Finding]:
    """Each such file once, by the line on which it begins."""
    for object in objects:
        data = object.data.get("data") if object.kind == "ConfigMap" else None
        for key, text in data.items() if isinstance(data, dict) else ():
            rows = api_gateways() if isinstance(key, str) and isinstance(text, str) else ()
            for row in rows:
                if row.configured(key, text):
                    line = object.document.line_of(*object.path, "data", key)
                    name = printable(shortened(key, 60))
                    found = f"routes of {row.product} in {name} of {object.called}"
                    yield Finding(object.document.file, line, found, EXPECTED, refused=False)
                    break
