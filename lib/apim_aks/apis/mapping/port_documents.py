"""What the document of a Service says of its further ports, which have Services of their own."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.apis.mapping.callers_paths import leads_into, ways
from apim_aks.workload.model import Service, Workload


def with_port_documents(workload: Workload) -> Workload:
    """A further port has what its Service has, as far as routes to that port lead into it.

    A document that `workload.yaml` names for the port, as for `orders-8081`, stands there alone.
    """
    if not any(s.derived_from for s in workload.services):
        return workload
    known = {s.id: s for s in workload.services}
    services = (_described(s, known[s.origin]) if s.derived_from else s for s in known.values())
    return replace(workload, services=tuple(services))


def _described(port: Service, whole: Service) -> Service:
    if port.documents or port.lost:
        return port
    routes = ways(port)
    return replace(port, documents=tuple(d for d in whole.documents if leads_into(routes, d)))
