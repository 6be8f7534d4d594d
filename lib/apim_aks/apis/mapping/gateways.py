"""API gateways that already stand in the cluster: which product, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from apim_aks.apis.mapping.model import About, Decision, Note, Role
from apim_aks.facts.api_gateways import ApiGateway, api_gateways
from apim_aks.workload.model import Service

_ROLES = (Role.GATEWAY, Role.INGRESS)


def gateway_notes(decisions: Iterable[Decision], services: Mapping[str, Service]) -> Iterator[Note]:
    """For each that is known by image or name where its own routes stand, and what they become."""
    for decision in decisions:
        row = _product(services[decision.service]) if decision.role in _ROLES else None
        if row:
            where = f"{row.product} stands here: nobody reads its own routes ({row.routes})"
            yield Note(About.NOT_REST, decision.service, f"{where}; {row.advice}")


def _product(service: Service) -> ApiGateway | None:
    """By what runs, else by what it is called."""
    images = [i for pods in service.pods for i in pods.images]
    names = [service.name, *(pods.name for pods in service.pods)]
    by_image = (row for row in api_gateways() if any(map(row.runs, images)))
    by_name = (row for row in api_gateways() if any(map(row.called, names)))
    return next(by_image, None) or next(by_name, None)
