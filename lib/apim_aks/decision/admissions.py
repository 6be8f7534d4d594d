"""What the mesh in front of published Services answers the entry that an option draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.apis.mapping import http_port
from apim_aks.facts import Controller
from apim_aks.facts.arm import controller_add_on
from apim_aks.facts.objects import ingress_gateway
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Component, Kind
from apim_aks.workload.guarded import pods_behind
from apim_aks.workload.guards.admission import Admission, PodsBehind, admissions, state
from apim_aks.workload.guards.caller import Caller
from apim_aks.workload.guards.guard import Answer, Guard
from apim_aks.workload.guards.injection import ISTIO
from apim_aks.workload.model import Service

_OUTSIDE = Caller("API Management")
_SHOWN = 3


def admissions_of(drawn: Drawn) -> tuple[Admission, ...]:
    """Every refusal of a mesh, sure or possible, that this option meets at published Services."""
    if not drawn.workload.guards.every:
        return ()
    found = (a for service in drawn.published for a in _at(service, drawn))
    return tuple(dict.fromkeys(found))


def shut_out(found: Sequence[Admission]) -> str:
    """Refusals that no wider policy mends: the caller lacks what the mesh asks of everybody."""
    return _sentences([a for a in found if _shut(a)])


def doubted(found: Sequence[Admission]) -> str:
    """Every other refusal: possible ones, and those of policies that can admit the caller."""
    return _sentences([a for a in found if not _shut(a)])


def _shut(admission: Admission) -> bool:
    return admission.identity and admission.answer is Answer.NO


def _sentences(found: Sequence[Admission]) -> str:
    rest = len(found) - _SHOWN
    more = [f"{rest} more of the kind"] if rest > 0 else []
    return "; ".join([*(a.sentence for a in found[:_SHOWN]), *more])


def _at(service: Service, drawn: Drawn) -> Iterator[Admission]:
    guards = drawn.workload.guards.of(service.id)
    behind = pods_behind(service, http_port(service), guards) if guards else ()
    for source in _sources(service, drawn) if behind else ():
        if source.kind is Kind.TOKEN_PROXY:
            yield from admissions(_check(service), guards, _OUTSIDE)
        caller = _caller(source, service, guards, drawn.controller)
        for pods in behind:
            yield from admissions(pods, guards, caller)


def _sources(service: Service, drawn: Drawn) -> tuple[Component, ...]:
    """What opens the connections to the Service, as the option draws it."""
    topology = drawn.topology
    links = (k for front in topology.service(service.id) for k in topology.links_to(front.id))
    return tuple(topology.component(id) for id in sorted({k.source for k in links if not k.bypass}))


def _check(service: Service) -> PodsBehind:
    """The pods of the token check, which no selector of today picks."""
    return PodsBehind(
        service=service.id, namespace=service.namespace, runner="", labels={}, ports=("",)
    )


def _caller(
    source: Component, service: Service, guards: tuple[Guard, ...], controller: Controller
) -> Caller:
    if source.kind is Kind.TOKEN_PROXY:
        meshed = state(_check(service), guards, ISTIO) is Answer.YES
        return Caller("the token check", ISTIO if meshed else "", service.namespace, joins=True)
    if source.kind is Kind.GATEWAY and source.in_cluster:
        space = self_hosted_defaults().namespace
        return Caller(f"the gateway in namespace {space}", "", space, joins=True)
    row = ingress_gateway(controller.id) if source.kind is Kind.INGRESS else None
    add_on = controller_add_on(controller.id)
    if row is None or add_on is None:
        return _OUTSIDE
    return Caller(
        words=f"the {controller.short} in namespace {row.namespace}",
        mesh=ISTIO if add_on.mesh else "",
        namespace=row.namespace,
        joins=not (add_on.mesh or add_on.app_routing),
    )
