"""One verdict for each Service, port and source, with the packet and the objects that decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from apim_aks.listing import listed
from apim_aks.reachability.because import because, witness
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.meshes import Demand, Meshes
from apim_aks.reachability.reach import ANY_POD, Answer, Reach, union
from apim_aks.reachability.zones import Zone
from apim_aks.workload.model import Port, Service, ServiceType

NODES = Zone.NODES.value
ANYBODY = "{anybody}"
"""The source name for a Service whose pods are not known."""

_NAMED = 3
OWN_NODE = "the node of a pod may always call it (kubernetes/api, networking/v1/types.go)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One connection that shows an answer: from whom to which pod, on which port."""

    source: str
    destination: str
    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.source} to {self.destination}, {self.protocol} {self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a source reaches a port of a Service; `packet` shows it where it is open.

    `credential` is what still stands in the way of an open connection, such as a client
    certificate, with the object that asks for it; empty where nothing is known to. `entrance` is
    the id of what answers for the route that an open connection takes, empty where it takes none.
    `handed_on_by` are workloads that may hand calls on although their connections are closed, for
    who asks about them.
    """

    service: str
    port: str
    source: str
    answer: Answer
    packet: Packet | None
    because: tuple[str, ...]
    credential: str = ""
    entrance: str = ""
    handed_on_by: tuple[str, ...] = ()

    @property
    def handed(self) -> str:
        """Who may hand calls on, in words; empty where nobody is known to."""
        if not self.handed_on_by:
            return ""
        who = listed(self.handed_on_by, _NAMED)
        return f"not said of calls that are handed on by {who}, which may be reached and call it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who of the cluster reaches a port of a Service: the pods by answer, reasons apart."""

    service: str
    port: str
    open: int
    unknown: int
    because: str = ""


def callers(reach: Reach, service: Service) -> Iterator[Callers]:
    """The callers of each port of a Service; where its pods are not known, nobody can say."""
    ends = reach.ends
    for port in ports_of(service):
        behind = dict(reach.behind(service, port))
        label = f"{port.protocol} {port.number}"
        if not behind or service.id in reach.scene.by_hand:
            yield Callers(
                service=service.id,
                port=label,
                open=0,
                unknown=ends.everything,
                because=nobody(reach, service),
            )
            continue
        found = [(reach.into(pod), ports) for pod, ports in behind.items()]
        sure, may = (
            union(who for cells, ports in found for cell, who in cells[at] if cell & ports)
            for at in (0, 1)
        )
        yield Callers(
            service=service.id,
            port=label,
            open=sure & ~ends.outside,
            unknown=may & ~sure & ~ends.outside,
        )


def ports_of(service: Service) -> tuple[Port, ...]:
    """The ports of a Service that lead to pods."""
    return () if service.type is ServiceType.EXTERNAL_NAME else service.ports


def sources(ends: Endpoints) -> Iterator[tuple[str, int]]:
    """Everybody in the cluster that is asked about: workloads, and any other pod."""
    for workload in ends.workloads:
        yield workload, ends.of_workload(workload)
    yield ANY_POD, ends.any


def verdicts(reach: Reach, service: Service, meshes: Meshes | None = None) -> Iterator[Verdict]:
    """Every verdict on a Service from inside its cluster, with reasons.

    There is none on one that is a name outside the cluster. Without `meshes` no control plane is
    known.
    """
    meshes = meshes or Meshes(reach)
    for port in ports_of(service):
        label = f"{port.protocol} {port.number}"
        behind = dict(reach.behind(service, port))
        if not behind or service.id in reach.scene.by_hand:
            why = (nobody(reach, service),)
            yield _verdict(service, label, ANYBODY, Answer.UNKNOWN, why)
            continue
        for name, mask in sources(reach.ends):
            yield verdict_of(reach, service, label, (name, mask), behind, meshes)
        asked = [meshes.of(service.id, pod, ports) for pod, ports in behind.items()]
        nodes = _verdict(service, label, NODES, Answer.OPEN, (OWN_NODE,))
        yield demanded(nodes, asked[0] if all(asked) else None)


def nobody(reach: Reach, service: Service) -> str:
    """Why it is not known which pods answer for a Service, or that none of the input does."""
    place = f"{service.file} line {service.line}"
    if service.id in reach.scene.by_hand:
        return f"somebody wrote who answers for Service {service.id}, which is not read ({place})"
    if not service.selector:
        return f"Service {service.id} has no selector; who answers for it is not read ({place})"
    return f"the selector of Service {service.id} picks no pod of the input ({place})"


def _verdict(
    service: Service,
    port: str,
    source: str,
    answer: Answer,
    why: tuple[str, ...],
    packet: Packet | None = None,
) -> Verdict:
    return Verdict(
        service=service.id, port=port, source=source, answer=answer, packet=packet, because=why
    )


def demanded(verdict: Verdict, demand: Demand | None) -> Verdict:
    """An open verdict with what a mesh asks for, beside what else is asked for."""
    if demand is None:
        return verdict
    if not demand.runs:
        return replace(verdict, because=(*verdict.because, demand.doubt))
    asked = " and ".join(filter(None, (verdict.credential, demand.words)))
    return replace(verdict, credential=asked)


def verdict_of(
    reach: Reach,
    service: Service,
    port: str,
    source: tuple[str, int],
    behind: dict[int, int],
    meshes: Meshes,
) -> Verdict:
    """The verdict on one source, by its name and the set of its pods.

    It is the strongest answer that some pod behind the Service gives: open, then unknown. Of pods
    that are open to it the first counts that a mesh asks nothing for.
    """
    name, mask = source
    for answer in (Answer.OPEN, Answer.UNKNOWN, Answer.CLOSED):
        asked: Verdict | None = None
        for pod, ports in behind.items():
            if found := witness(reach, mask, 1 << pod, ports, answer):
                is_open = answer is Answer.OPEN
                shown = packet(reach, *found) if is_open else None
                verdict = _verdict(service, port, name, answer, because(reach, *found), shown)
                demand = meshes.of(service.id, pod, found[2], found[0]) if is_open else None
                if demand is None:
                    return verdict
                asked = asked or demanded(verdict, demand)
        if asked:
            return asked
    raise AssertionError(name)  # one of the three holds of every pair


def packet(reach: Reach, source: int, destination: int, ports: int) -> Packet:
    """The first port of a set, between two endpoints."""
    protocol, number, _ = reach.ports.ranges(ports)[0]
    names = (_called(reach.ends, end) for end in (source, destination))
    return Packet(source=next(names), destination=next(names), protocol=protocol, port=number)


def _called(ends: Endpoints, end: int) -> str:
    """A pod by its workload, addresses by the first of them."""
    if end & ends.outside:
        return str(IPv4Address(ends.ranges(end)[0][0]))
    return ANY_POD if end & ends.any else ends.pods[end.bit_length() - 1].workload
