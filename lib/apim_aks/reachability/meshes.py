"""Whether a mesh refuses what is open: a second answer, which closes nothing (REACHABILITY 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import Pod
from apim_aks.workload.guards.admission import PodsBehind, admissions, marks_of, state, strict
from apim_aks.workload.guards.caller import Caller
from apim_aks.workload.guards.guard import Answer, Guard
from apim_aks.workload.guards.injection import ISTIO, LINKERD, MeshMark, injected
from apim_aks.workload.guards.istio import PeerAuthentication

_OUTSIDE = Caller("a caller outside the mesh")


@dataclass(frozen=True, slots=True)
class Demand:
    """What a mesh asks of callers; `runs` says that its control plane is in the input."""

    words: str
    runs: bool

    @property
    def doubt(self) -> str:
        """What it would ask for, where nobody knows whether the mesh runs."""
        missing = "the control plane of the mesh is not in the input"
        return "" if self.runs else f"a mesh may ask for {self.words}: {missing}"


class Meshes:
    """What meshes ask of those who call the pods of a scene.

    Only what is certain is said: of pods whose proxy is proved, and that do not share the network
    of their node. `running` are the meshes whose control plane is in the input.
    """

    def __init__(self, reach: Reach, running: frozenset[str] = frozenset()) -> None:
        self._reach, self._guards, self._running = reach, reach.scene.guards, running
        self._marks: dict[str, list[Guard]] = defaultdict(list)
        for guard in self._guards.every:
            if isinstance(guard, MeshMark):
                self._marks[guard.namespace].append(guard)
        self._found: dict[object, Demand | None] = {}

    def of(self, service: str, pod: int, port: int, source: int = 0) -> Demand | None:
        """What is asked of a source that opens connections to a pod of a Service; None if nothing.

        `port` is a set of ports of which the first counts. Without a source that is a pod of the
        input it is somebody outside the mesh.
        """
        if not self._marks:
            return None
        caller = self.caller(source)
        key = service, pod, port, caller
        if key not in self._found:
            self._found[key] = next(self._demands(service, pod, port, caller), None)
        return self._found[key]

    def caller(self, source: int) -> Caller | None:
        """The source as a mesh sees it; None where nobody can tell whether it has an identity."""
        if not self._marks or not source & self._reach.ends.inside:
            return _OUTSIDE
        pod = self._reach.ends.pods[source.bit_length() - 1]
        marks = marks_of(self._behind("", pod, ()), self._marks.get(pod.namespace, ()), ISTIO)
        has = injected(marks)
        if not marks and pod.namespace in self._reach.scene.namespaces or pod.host_network:
            has = Answer.NO
        if pod.recorded or has is Answer.UNKNOWN or self._linked(pod):
            return None
        return Caller("a pod of the mesh", ISTIO, pod.namespace) if has is Answer.YES else _OUTSIDE

    def _linked(self, pod: Pod) -> bool:
        """It may have a proxy of Linkerd, whose identities are not told apart here."""
        marks = marks_of(self._behind("", pod, ()), self._marks.get(pod.namespace, ()), LINKERD)
        return bool(marks) and injected(marks) is not Answer.NO

    @staticmethod
    def _behind(service: str, pod: Pod, ports: tuple[str, ...]) -> PodsBehind:
        return PodsBehind(
            service=service,
            namespace=pod.namespace,
            runner=f"{pod.kind} {pod.owner}",
            labels=dict(pod.labels),
            ports=ports,
            host_network=pod.host_network,
        )

    def _demands(self, service: str, at: int, port: int, caller: Caller | None) -> Iterator[Demand]:
        pod = self._reach.ends.pods[at]
        protocol, number, _ = self._reach.ports.ranges(port)[0]
        if caller is None or pod.recorded or protocol != "TCP":
            return
        names = (name for name, _, own in pod.ports if own == number and name)
        behind = self._behind(service, pod, (str(number), *names))
        guards = self._guards.of(service)
        guard = None if caller.mesh else strict(behind, guards)
        if guard:
            mesh = ISTIO if isinstance(guard, PeerAuthentication) else LINKERD
            if state(behind, guards, mesh) is Answer.YES:
                by = f"{guard.kind} {guard.namespace}/{guard.name} demands ({guard.place})"
                yield Demand(f"a mesh identity, which {by}", mesh in self._running)
        for found in admissions(behind, guards, caller):
            if found.answer is Answer.NO and not found.identity:
                words = f"a rule of the mesh that lets it in ({found.reason})"
                yield Demand(words, ISTIO in self._running)
