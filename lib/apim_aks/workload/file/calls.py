"""The statements of workload.yaml about calls: confirmed, struck, or added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from apim_aks.workload.call import Call, Caller, CallGraph, CallState
from apim_aks.workload.file.schema import Where
from apim_aks.workload.file.service_names import caller_names
from apim_aks.workload.file.source import Source
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes import Manifests
from apim_aks.workload.model import Service

_STATES = {
    "confirm": CallState.CONFIRMED,
    "strike": CallState.STRUCK,
    "add": CallState.DECLARED,
}
_Key = tuple[Caller, str, int | None]


def said_calls(
    source: Source, manifests: Manifests, service: Callable[[str], str], findings: list[Finding]
) -> CallGraph:
    """The calls as the file has them; what it says of calls that are not there is a finding.

    `service` gives the id of the Service that a key of the block means, empty where it may be lost.

    Raises:
        InputError: a caller is unknown or not unique, or one call stands under two verbs.
    """
    said = _Said(source, manifests, findings)
    for key, given in source.data.get("calls", {}).items():
        if id := service(key):
            said.of_service(("calls", key), said.services[id], given)
    calls = sorted(said.calls.values(), key=lambda c: (c.caller, c.callee, c.port or 0))
    return replace(manifests.graph, calls=tuple(calls))


class _Said:
    def __init__(self, source: Source, manifests: Manifests, findings: list[Finding]) -> None:
        self.source, self.findings = source, findings
        self.services = {s.id: s for s in manifests.services}
        self.calls = {_key(c): c for c in manifests.graph.calls}
        self._names = caller_names(source, manifests)
        self._callers = {n: c for c in manifests.graph.callers for n in (c.id, c.called)}
        self._verbs: dict[_Key, str] = {}
        self._theirs: dict[tuple[Caller, str], list[Call]] = {}
        for call in manifests.graph.calls:
            self._theirs.setdefault((call.caller, call.callee), []).append(call)

    def of_service(self, where: Where, service: Service, given: Mapping[str, Any]) -> None:
        """What stands under each verb of this Service."""
        for verb, items in given.items():
            for number, item in enumerate(items):
                one = {"caller": item} if isinstance(item, str) else item
                self._one((*where, verb, number), verb, service, one)

    def _one(self, where: Where, verb: str, service: Service, item: Mapping[str, Any]) -> None:
        id, named = self._names.meant(where, item["caller"], self.findings), item.get("port")
        port = _number(service, named)
        if not id:
            return
        if named is not None and port is None:
            self._ask(where, f"the port {named!r}, which {service.id} does not have", service)
            return
        caller = self._callers[id]
        fitting = self._fitting(caller, service, port)
        if verb == "add" and not fitting:
            fitting = [Call(caller, service.id, _only(service))]
        if len(fitting) > 1:
            ports = ", ".join(str(c.port) for c in fitting)
            self._ask(where, f"the caller {id} of {service.id} on the ports {ports}", service)
        elif not fitting:
            self._not_there(where, verb, f"{id} calling {service.id}")
        elif verb != "strike" and not (port or fitting[0].port):
            self._ask(where, f"the caller {id} of {service.id} without a port", service)
        else:
            self._settle(where, verb, fitting[0], port)

    def _fitting(self, caller: Caller, service: Service, port: int | None) -> list[Call]:
        """The calls that were found on this port, else those on an unknown one; all without one."""
        theirs = self._theirs.get((caller, service.id), [])
        same = [c for c in theirs if port is None or c.port == port]
        return same or [c for c in theirs if c.port is None]

    def _ask(self, where: Where, found: str, service: Service) -> None:
        ports = ", ".join(f"{p.number} {p.name}".strip() for p in service.ports)
        expected = f"a port, one of {ports}" if ports else "the number of a port"
        self.findings.append(self.source.finding(where, found, expected))

    def _not_there(self, where: Where, verb: str, call: str) -> None:
        named = "a call that a field of the input names"
        expected = f"add, or {named}" if verb == "confirm" else named
        found = f"{call} under {verb}, which was not found"
        self.findings.append(replace(self.source.finding(where, found, expected), refused=False))

    def _settle(self, where: Where, verb: str, call: Call, port: int | None) -> None:
        said = replace(call, port=port or call.port, state=_STATES[verb])
        before = self._verbs.setdefault(_key(said), verb)
        if before != verb:
            found = f"{call.caller.id} under {verb} and under {before}"
            raise self.source.error(where, found, "each call under one of them")
        self.calls.pop(_key(call), None)
        self.calls[_key(said)] = said


def _key(call: Call) -> _Key:
    return call.caller, call.callee, call.port


def _only(service: Service) -> int | None:
    return service.ports[0].number if len(service.ports) == 1 else None


def _number(service: Service, named: int | str | None) -> int | None:
    """The port of this name or number; a headless Service is called on any."""
    if named is None:
        return None
    told = next((p.number for p in service.ports if str(named) in (p.name, str(p.number))), None)
    return told or (named if service.headless and isinstance(named, int) else None)
