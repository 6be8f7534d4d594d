"""The calls of an input: what names a Service, settled to caller, Service and port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from apim_aks.workload.call import Call, Caller, CallGraph, Evidence
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.answering import Answering, Runner
from apim_aks.workload.kubernetes.calls.addresses import Address
from apim_aks.workload.kubernetes.calls.containers import Maps, Named, Unread, named_by
from apim_aks.workload.kubernetes.calls.hosts import Hosts
from apim_aks.workload.kubernetes.object import Object, WrongField
from apim_aks.workload.model import Service

_Found = dict[tuple[Caller, str], dict[int | None, set[Evidence]]]


def call_graph(
    objects: list[Object], services: Mapping[str, Service], findings: list[Finding]
) -> CallGraph:
    """Every workload that is told to call a Service of the input; a wrong field is a finding.

    A workload that names its own Service says where it is, and calls nobody by that.
    """
    answering, hosts = Answering(objects, services), Hosts(services)
    found: _Found = defaultdict(lambda: defaultdict(set))
    unread: set[Evidence] = set()
    callers: set[Caller] = set()
    maps = Maps(_config_maps(objects), hosts)
    for place, runner in enumerate(answering.runners):
        try:
            caller = _caller(runner)
            named = tuple(named_by(runner, maps))
        except WrongField as error:
            _said(runner.maker.wrong(error), findings)
            continue
        callers.add(caller)
        own = answering.before(place)
        for one in named:
            if isinstance(one, Unread):
                unread.add(_evidence(one, caller))
            elif (service := hosts.of(one.address.host, caller.namespace)) and (
                service.id not in own and _is_meant(one.address, service)
            ):
                port = _port(one.address, service)
                found[caller, service.id][port].add(_evidence(one, caller))
    return CallGraph(tuple(_calls(found)), tuple(sorted(callers)), tuple(sorted(unread)))


def _said(finding: Finding, findings: list[Finding]) -> None:
    if finding not in findings:
        findings.append(finding)


def _config_maps(objects: Iterable[Object]) -> dict[tuple[str, str], Object]:
    maps: dict[tuple[str, str], Object] = {}
    for object in objects:
        if object.kind == "ConfigMap" and not object.group:
            try:
                maps.setdefault((object.namespace, object.name), object)
            except WrongField:
                continue  # nobody can apply it, so nobody mounts it
    return maps


def _caller(runner: Runner) -> Caller:
    labels = tuple(sorted(runner.labels.items()))
    return Caller(runner.maker.namespace, runner.maker.name, runner.maker.kind, labels)


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
        if None in ports and len(ports) == 2:
            open = ports.pop(None)
            next(iter(ports.values())).update(open)
        for port in sorted(ports, key=lambda p: p or 0):
            yield Call(caller, callee, port, tuple(sorted(ports[port])))
