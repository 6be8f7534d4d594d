"""Which pods have a proxy of a service mesh, and which of their ports the proxy does not see."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.workload.guards.guard import Answer, Guard

ISTIO, LINKERD = "istio", "linkerd"
NAMES = {ISTIO: "Istio", LINKERD: "Linkerd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshMark(Guard):
    """A label or annotation of a namespace or of pods that a mesh reads.

    `effect` is that of a row of data/mesh_signs.csv: pods are `in` the mesh or `out` of it, their
    proxies admit identities alone (`strict`), everybody (`open`) or `addresses`, or do not see the
    `ports` that are skipped, or any but those that are `included`.
    """

    mesh: str
    marked: str
    effect: str
    means: str
    ports: tuple[str, ...] = ()

    @property
    def of_namespace(self) -> bool:
        """It is for all pods of its namespace that say nothing else."""
        return self.kind == "Namespace"

    @property
    def says(self) -> str:
        """The label or annotation, and what it means."""
        return f"{self.marked}: {self.means}"

    def skips(self, port: str) -> bool:
        """The proxy does not see calls to this port of the pods."""
        named = any(_within(port, p) for p in self.ports)
        return self.effect == "skipped" and named or self.effect == "included" and not named


def _within(port: str, ports: str) -> bool:
    """A number, a range such as 4500-4510, or `*` for every port."""
    first, _, last = ports.partition("-")
    if not (port.isdecimal() and first.isdecimal()):
        return ports in ("*", port)
    return int(first) <= int(port) <= int(last if last.isdecimal() else first)


def decided(marks: tuple[MeshMark, ...], effects: tuple[str, ...]) -> tuple[MeshMark, ...]:
    """The marks with these effects that count: those of the pods, else those of the namespace."""
    found = tuple(m for m in marks if m.effect in effects)
    return tuple(m for m in found if not m.of_namespace) or found


def injected(marks: tuple[MeshMark, ...]) -> Answer:
    """The pods have a proxy of the mesh that these marks are of."""
    counting = {m.effect for m in decided(marks, ("in", "out"))}
    if len(counting) != 1:
        return Answer.UNKNOWN
    return Answer.YES if counting == {"in"} else Answer.NO
