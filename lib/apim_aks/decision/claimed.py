"""What a topology claims of each Kubernetes Service that it draws: who can connect to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options.cluster_changes import check_name, gateway_name
from apim_aks.options.drawn import Drawn
from apim_aks.options.self_hosted_gateway import NAME
from apim_aks.reachability.certificates import CERTIFICATE
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.verdicts import Verdict
from apim_aks.reachability.zones import Zone
from apim_aks.topology import Auth, Component, Exposure, Kind, Reach, Topology
from apim_aks.workload.model import Service

LEAST = {
    Zone.GATEWAY: Reach.GATEWAY,
    Zone.NETWORK: Reach.NETWORK,
    Zone.PEERED: Reach.NETWORK,
    Zone.ON_PREMISES: Reach.NETWORK,
    Zone.REGION: Reach.REGION,
    Zone.INTERNET: Reach.INTERNET,
}
"""The widest source that a zone is part of; of nodes and pods nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who can connect to a Service as it is drawn, and whether a certificate is then asked for.

    `component` is the Service itself, `entrance` what answers for the routes that lead to it,
    empty where none is drawn. Of tokens nothing is claimed: who asks for them stands in no file of
    a network.
    """

    component: str
    entrance: str
    reach: Reach
    asked: bool = False

    def covers(self, verdict: Verdict) -> bool | None:
        """Whether the source is drawn, and is asked for a certificate if that is drawn as well.

        None of nodes and pods, which are not drawn.
        """
        zone = next((z for z in LEAST if z == verdict.source), None)
        if zone is None:
            return None
        bare = verdict.answer is Answer.OPEN and CERTIFICATE not in verdict.credential
        return self.reach >= LEAST[zone] and not (self.asked and bare)

    def broken_by(self, verdict: Verdict) -> bool:
        """Whether it is open to a source that the drawing excludes, or without its credential."""
        return verdict.answer is Answer.OPEN and self.covers(verdict) is False


def claims(drawn: Drawn) -> dict[str, Claim]:
    """What is claimed of each Service by its id; one that is not drawn has no claim."""
    found: dict[str, Claim] = {}
    for id, component in _services(drawn):
        entrances = tuple(_entrances(drawn.topology, component))
        reach = max(c.connects for c in (component, *entrances))
        entrance = entrances[0].id if entrances else ""
        claim = Claim(component.id, entrance, reach, _asked(drawn.topology, component, entrances))
        if id not in found or claim.reach > found[id].reach:
            found[id] = claim
    return found


def _services(drawn: Drawn) -> Iterator[tuple[str, Component]]:
    """The Services that are drawn, and those that an option adds before the same pods or them."""
    for component in drawn.topology.of_kind(Kind.SERVICE):
        if component.service:
            yield component.service, component
            if component.exposure is Exposure.PRIVATE:
                service = drawn.workload.service(component.service)
                yield f"{service.namespace}/{gateway_name(drawn.workload, service)}", component
    if gateway := drawn.topology.self_hosted:
        yield f"{self_hosted_defaults().namespace}/{NAME}", gateway
    for check, id in token_checks(drawn.topology):
        yield service_of_check(drawn.workload.service(id)), check


def token_checks(topology: Topology) -> Iterator[tuple[Component, str]]:
    """Each token check with the id of the Service before which it stands."""
    for check in topology.of_kind(Kind.TOKEN_PROXY):
        for link in topology.links_from(check.id):
            if behind := topology.component(link.target).service:
                yield check, behind


def service_of_check(service: Service) -> str:
    """The id of the Service that leads to the token check before this one."""
    return f"{service.namespace}/{check_name(service)}"


def _entrances(topology: Topology, component: Component) -> Iterator[Component]:
    """What of the cluster sends calls on to the pods of a component; a token check has its own."""
    for link in topology.links_to(component.id):
        source = topology.component(link.source)
        if source.kind is Kind.INGRESS:
            yield source


def _asked(topology: Topology, component: Component, entrances: tuple[Component, ...]) -> bool:
    """Whether whoever may connect from outside the cluster has to show a client certificate."""
    fronts = [c for c in (component, *entrances) if c.connects > Reach.CLUSTER]
    links = [k for c in fronts for k in topology.links_to(c.id)]
    return bool(links) and all(Auth.CLIENT_CERTIFICATE in link.auth for link in links)
