"""Published Services whose pods are in a mesh, and the requirement that follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.apis.mapping.model import About, Mapping, Note
from apim_aks.workload.guarded import pods_behind
from apim_aks.workload.guards.admission import PodsBehind, admissions, marks_of, state, strict
from apim_aks.workload.guards.caller import Caller
from apim_aks.workload.guards.guard import Answer, Guard
from apim_aks.workload.guards.injection import NAMES
from apim_aks.workload.guards.istio import RequestAuthentication
from apim_aks.workload.model import Service, Workload
from apim_aks.workload.ports import http_port

REQUIREMENT = "service_mesh"
_SAY = f"requirements.{REQUIREMENT}"


def proposes_mesh(workload: Workload, mapping: Mapping) -> bool:
    """A mesh refuses callers outside it at a published port, and the reader says nothing of it."""
    if REQUIREMENT in workload.named_requirements or workload.requirements.service_mesh:
        return False
    published = (workload.service(id) for id in mapping.published)
    return any(_strict(*_guarded(service, workload)) for service in published)


def mesh_notes(services: Iterable[Service], workload: Workload) -> Iterator[Note]:
    """What shows a mesh before each published Service, and what demands its mutual TLS."""
    for service in services:
        behind, guards = _guarded(service, workload)
        demand = _strict(behind, guards)
        if demand:
            said = f"{demand.called} says {demand.says}"
            refused = "callers outside the mesh are refused"
            yield Note(About.MESH, service.id, f"{said}: {refused}; {_advice(workload)}")
        else:
            for mark in _marks(behind, guards):
                hint = f"where the mesh demands mutual TLS, set {_SAY} to true in workload.yaml"
                yield Note(About.MESH, service.id, f"{mark.called} has {mark.says}; {hint}")
        refusals = _refusals(behind, guards, demand is not None)
        yield from (Note(About.MESH, service.id, said) for said in refusals)
        if not service.validates:
            yield from _tokens(service, guards)


Behind = tuple[PodsBehind, ...]


def _guarded(service: Service, workload: Workload) -> tuple[Behind, tuple[Guard, ...]]:
    """What answers at the published port, and all that guards it."""
    guards = workload.guards.of(service.id)
    return pods_behind(service, http_port(service), guards), guards


def _refusals(behind: Behind, guards: Iterable[Guard], demands: bool) -> Iterator[str]:
    """What policies of a mesh refuse a caller outside it at the published port, or may."""
    for pods in behind:
        meshed = any(state(pods, guards, mesh) is Answer.YES for mesh in NAMES)
        for found in admissions(pods, guards, _OUTSIDE):
            if not found.identity or (meshed and not demands):
                yield found.sentence


_OUTSIDE = Caller("a caller outside the mesh")


def _tokens(service: Service, guards: Iterable[Guard]) -> Iterator[Note]:
    """Tokens that the proxy checks, which the generated policy would not know of."""
    advice = "name its issuer and audience under services_authenticate in workload.yaml"
    for guard in guards:
        if isinstance(guard, RequestAuthentication) and guard.issuers:
            yield Note(About.MESH, service.id, f"{guard.called} says {guard.says}; {advice}")


def _strict(behind: Behind, guards: Iterable[Guard]) -> Guard | None:
    return next(filter(None, (strict(pods, guards) for pods in behind)), None)


def _marks(behind: Behind, guards: Iterable[Guard]) -> Iterator[Guard]:
    found = (m for pods in behind for mesh in NAMES for m in marks_of(pods, guards, mesh))
    yield from dict.fromkeys(m for m in found if m.effect == "in")


def _advice(workload: Workload) -> str:
    if workload.requirements.service_mesh:
        return f"{_SAY} is true, and options are judged by it"
    if REQUIREMENT in workload.named_requirements:
        return f"{_SAY} is false all the same: options that call the pods directly are not usable"
    return f"{_SAY} is taken to be true; say false in workload.yaml where that is wrong"
