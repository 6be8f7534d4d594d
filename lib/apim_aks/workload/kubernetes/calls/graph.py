"""The calls of an input: what names a Service, settled to caller, Service and port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from apim_aks.workload.call import Call, Caller, CallGraph, Elsewhere, Evidence
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.answering import Answering, Runner
from apim_aks.workload.kubernetes.calls.addresses import Address
from apim_aks.workload.kubernetes.calls.containers import Maps, Named, Unread, named_by
from apim_aks.workload.kubernetes.calls.hosts import Hosts
from apim_aks.workload.kubernetes.calls.meshes import named_by_meshes
from apim_aks.workload.kubernetes.calls.policies import Admitted, admitted_by_name
from apim_aks.workload.kubernetes.object import Object, WrongField, mapping, pairs
from apim_aks.workload.model import Service

_HTTP = ("http", "https")
_Found = dict[tuple[Caller, str], dict[int | None, set[Evidence]]]


def call_graph(objects: list[Object], answering: Answering, findings: list[Finding]) -> CallGraph:
    """Every workload that is told to call a Service of the input; a wrong field is a finding.

    A workload that names its own Service says where it is, and calls nobody by that.
    """
    graph = _Graph(answering)
    maps = Maps(_config_maps(objects, findings), graph.hosts)
    for place, runner in enumerate(graph.answering.runners):
        try:
            caller, named = _caller(runner), tuple(named_by(runner, maps))
        except WrongField as error:
            _said(runner.maker.wrong(error), findings)
            continue
        if graph.enters(place, caller):
            for one in named:
                graph.add(place, one)
    for chosen in named_by_meshes(objects, findings):
        for place in graph.answering.picked(chosen.namespace, chosen.labels):
            graph.add(place, chosen.named)
    for admitted in admitted_by_name(objects, graph.answering, graph.callers):
        graph.admit(admitted)
    callers = tuple(sorted(graph.callers.values()))
    return CallGraph(
        tuple(_calls(graph.found)),
        callers,
        tuple(sorted(graph.unread)),
        _first(graph.by_http),
        tuple(sorted(graph.elsewhere.values(), key=lambda e: (e.caller, e.ids, e.port or 0))),
    )


class _Graph:
    def __init__(self, answering: Answering) -> None:
        self.answering, self.hosts = answering, Hosts(answering.services)
        self.found: _Found = defaultdict(lambda: defaultdict(set))
        self.unread: set[Evidence] = set()
        self.by_http: dict[str, set[tuple[Evidence, int]]] = defaultdict(set)
        self.elsewhere: dict[tuple[Caller, tuple[str, ...], int | None], Elsewhere] = {}
        self.callers: dict[int, Caller] = {}
        self._called: set[str] = set()

    def enters(self, place: int, caller: Caller) -> bool:
        """It is the first of its kind and name; the reader of pods names a second one."""
        if caller.called not in self._called:
            self._called.add(caller.called)
            self.callers[place] = caller
        return place in self.callers

    def add(self, place: int, one: Named | Unread) -> None:
        """What a caller is told, if it names a Service of somebody else's."""
        caller = self.callers.get(place)
        if not caller:
            return
        if isinstance(one, Unread):
            self.unread.add(_evidence(one, caller))
            return
        # A name in an object of a mesh is short for one in the namespace of that object.
        service = self.hosts.of(one.address.host, one.object.namespace)
        if not service:
            self._add_elsewhere(caller, one)
        if not service or service.id in self.answering.before(place):
            return
        if _is_meant(one.address, service):
            port = _port(one.address, service)
            self.found[caller, service.id][port].add(_evidence(one, caller))
            if one.address.scheme in _HTTP:
                self.by_http[service.id].add((_evidence(one, caller), port or 0))

    def _add_elsewhere(self, caller: Caller, one: Named) -> None:
        if ids := self.hosts.elsewhere(one.address.host, one.object.namespace):
            port = None if one.address.usual else one.address.port
            found = Elsewhere(caller, ids, port, one.address.firm, _evidence(one, caller))
            known = self.elsewhere.setdefault((caller, ids, port), found)
            if (not known.firm, known.evidence) > (not found.firm, found.evidence):
                self.elsewhere[caller, ids, port] = found

    def admit(self, one: Admitted) -> None:
        """A caller that a policy lets in by its labels."""
        caller = self.callers.get(one.caller)
        if caller and one.service.id not in self.answering.before(one.caller):
            says = f"{caller.called}, admitted by NetworkPolicy {one.policy.id}"
            evidence = Evidence(one.policy.file, one.line, says)
            self.found[caller, one.service.id][one.port].add(evidence)


def _first(
    by_http: dict[str, set[tuple[Evidence, int]]],
) -> tuple[tuple[str, int | None, Evidence], ...]:
    found = ((id, *min(told)) for id, told in sorted(by_http.items()))
    return tuple((id, port or None, evidence) for id, evidence, port in found)


def _said(finding: Finding, findings: list[Finding]) -> None:
    if finding not in findings:
        findings.append(finding)


def _config_maps(
    objects: Iterable[Object], findings: list[Finding]
) -> dict[tuple[str, str], Object]:
    """The ConfigMaps by namespace and name; one that nobody can apply is a finding."""
    maps: dict[tuple[str, str], Object] = {}
    for object in objects:
        if object.kind == "ConfigMap" and not object.group:
            try:
                mapping(object.data, "data")
                maps.setdefault((object.namespace, object.name), object)
            except WrongField as error:
                _said(object.wrong(error), findings)
    return maps


def _caller(runner: Runner) -> Caller:
    labels = tuple(sorted(runner.labels.items()))
    maker = runner.maker
    chosen = pairs(maker.data, "spec", "selector", "matchLabels") if maker.kind != "Pod" else ()
    # What its own template does not fit, the API server refuses.
    fits = set(chosen) <= set(labels)
    return Caller(maker.namespace, maker.name, maker.kind, labels, chosen if fits else ())


def _is_meant(address: Address, service: Service) -> bool:
    """A word with a number is a host with a port where the Service has that port."""
    return address.firm or service.headless or _has(service, address.port)


def _has(service: Service, port: int | None) -> bool:
    return any(p.number == port for p in service.ports)


def _port(address: Address, service: Service) -> int | None:
    """The port that is told; else the only one of a Service that is not headless."""
    if address.port and (not address.usual or _has(service, address.port)):
        return address.port
    only = service.ports[0].number if len(service.ports) == 1 else None
    return None if service.headless else only


def _evidence(one: Named | Unread, caller: Caller) -> Evidence:
    line = one.object.document.line_of(*one.object.path, *one.at)
    if isinstance(one, Named) and one.setting:
        line += _inside(one.object, line, one.setting.text, one.setting.line)
    return Evidence(one.object.document.file, line, f"{caller.called}, {one.says}")


def _inside(object: Object, key: int, said: str, offset: int) -> int:
    """How far below its key a part of a text stands, where the file has it line by line."""
    lines = object.document.text.split("\n")
    at = key - object.document.first_line + 1 + offset
    return 1 + offset if 0 <= at < len(lines) and said and said in lines[at] else 0


def _calls(found: _Found) -> Iterator[Call]:
    for (caller, callee), ports in sorted(found.items(), key=lambda item: item[0]):
        told = {e for port, evidence in ports.items() if port for e in evidence}
        open = ports.pop(None, set()) - told
        if len(ports) == 1:
            next(iter(ports.values())).update(open)
        elif open:
            ports[None] = open
        for port in sorted(ports, key=lambda p: p or 0):
            yield Call(caller, callee, port, tuple(sorted(ports[port])))
