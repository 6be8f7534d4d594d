"""Which Services have pods in a service mesh, and which of them demand its mutual TLS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from apim_aks.facts.mesh_signs import MeshSignRow, mesh_signs
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, mapping, pairs, text
from apim_aks.workload.kubernetes.pods import CONTROLLERS
from apim_aks.workload.mesh import MeshSign
from apim_aks.workload.model import Service

_STRICT = "STRICT"
_NOT_SAID = ("", "UNSET")
_MODE = ("spec", "mtls", "mode")
_OWN = ("Namespace", "PeerAuthentication")
_Signs = dict[tuple[str, ...], list[MeshSign]]


class Meshes:
    """The signs of a mesh in an input; a policy or namespace that cannot be read is a finding."""

    def __init__(self, objects: Iterable[Object], findings: list[Finding]) -> None:
        self._signs: _Signs = defaultdict(list)
        self._policies: dict[str, list[Object]] = defaultdict(list)
        for object in objects:
            try:
                self._add(object)
            except WrongField as error:
                if object.kind in _OWN:  # pods are said by their own reader
                    findings.append(object.refused(error))

    def _add(self, object: Object) -> None:
        if object.kind == "Namespace":
            self._signs["Namespace", object.name] += _marked(object, ("metadata",))
        elif object.kind in (*CONTROLLERS, "Pod"):
            template = ("metadata",) if object.kind == "Pod" else ("spec", "template", "metadata")
            key = object.kind, object.namespace, object.name
            self._signs[key] += _marked(object, template)
        elif object.kind == "PeerAuthentication":
            _selected(object), _port_modes(object), text(object.data, *_MODE)
            self._policies[object.namespace].append(object)

    def of(self, service: Service) -> tuple[MeshSign, ...]:
        """What shows that the pods of this Service are in a mesh, the strict signs first."""
        found = [*self._signs.get(("Namespace", service.namespace), ())]
        for pods in service.pods:
            found += self._signs.get((pods.kind, service.namespace, pods.name), ())
        found += self._demanded(service)
        return tuple(sorted(dict.fromkeys(found), key=lambda s: (not s.strict, s.file, s.line)))

    def _demanded(self, service: Service) -> Iterator[MeshSign]:
        """The narrowest PeerAuthentication that says a mode decides; one for ports adds to it."""
        for tier in self._tiers(service):
            for policy in tier:
                if _STRICT in _port_modes(policy):
                    yield _of_policy(policy, ("spec", "portLevelMtls"))
            said = [p for p in tier if text(p.data, *_MODE) not in _NOT_SAID]
            for policy in said:
                if text(policy.data, *_MODE) == _STRICT:
                    yield _of_policy(policy, _MODE)
            if said:
                return

    def _tiers(self, service: Service) -> Iterator[list[Object]]:
        own = self._policies.get(service.namespace, [])
        labels = {pair for pods in service.pods for pair in pods.labels}
        labels |= set(service.selector or ())
        yield [p for p in own if (wanted := _selected(p)) and wanted <= labels]
        yield [p for p in own if not _selected(p)]
        roots = [r.name for r in mesh_signs() if r.place == "root-namespace"]
        yield [p for root in roots for p in self._policies.get(root, []) if not _selected(p)]


def _selected(policy: Object) -> set[tuple[str, str]]:
    return set(pairs(policy.data, "spec", "selector", "matchLabels"))


def _port_modes(policy: Object) -> set[str]:
    ports = mapping(policy.data, "spec", "portLevelMtls")
    return {text(ports, port, "mode") for port in ports}


def _of_policy(policy: Object, at: Path_) -> MeshSign:
    row = next(r for r in mesh_signs() if r.place == "mode")
    more = " for some ports" if "portLevelMtls" in at else ""
    return _sign(policy, row, f"mode {_STRICT}{more}", at)


def _marked(object: Object, at: Path_) -> Iterator[MeshSign]:
    for place, field in (("label", "labels"), ("annotation", "annotations")):
        said = dict(pairs(object.data, *at, field))
        for row in mesh_signs():
            value = said.get(row.name)
            if row.place == place and value and ("*" in row.values or value in row.values):
                yield _sign(object, row, f"{place} {row.name}: {value}", (*at, field, row.name))


def _sign(object: Object, row: MeshSignRow, says: str, at: Path_) -> MeshSign:
    line = object.document.line_of(*object.path, *at)
    on = f"{object.kind} {object.name}"
    return MeshSign(on, says, row.means, row.strict, object.document.file, line)
