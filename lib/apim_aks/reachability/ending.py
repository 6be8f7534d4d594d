"""What policies admit to a pod at the end of a way, by the caller's address that they see."""

from __future__ import annotations

from apim_aks.reachability.because import because
from apim_aks.reachability.gates import Gate
from apim_aks.reachability.reach import Reach, union
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.sides import Cells
from apim_aks.reachability.ways import Sees

_UNENFORCED = (
    "Azure's engine enforces no policy on calls that come through a load balancer or a node port "
    "(externalTrafficPolicy: Cluster)"
)
_NOBODY = "who enforces network policies in this cluster is not known"
_BY_ADDRESS = (
    "policies let addresses through, and what answers for it may call from one of them, as "
    "Application Gateway does and a controller in the network of its node"
)
_ON_NODE = "policies do not apply to pods in the network of their node"


class Ending:
    """The gates of policies. `enforcing` is None where nobody said who enforces them."""

    def __init__(self, reach: Reach, enforcing: Engine | None) -> None:
        self._reach, self._enforcing = reach, enforcing
        self._made: dict[object, Gate] = {}
        restricting = (
            d for d in reach.scene.doubts if d.restricts and reach.engine in (d.engines or Engine)
        )
        self._doubted = union(reach.ends.doubted(d) for d in restricting)

    def gate(self, pod: int, port: int, sees: Sees) -> Gate:
        """Whom policies let into a pod on one port, along a way on which they see this."""
        side = self._reach.sides.unrelayed(pod)
        key = id(side), port, sees, self._reach.ends.pods[pod].host_network, self._is_doubted(pod)
        if key not in self._made:
            self._made[key] = self._of(pod, port, sees)
        return self._made[key]

    def _of(self, pod: int, port: int, sees: Sees) -> Gate:
        side = self._reach.sides.unrelayed(pod)
        sure, may = _on(side.sure, port), _on(side.may, port)
        engine = self._enforcing
        if sees is Sees.CONTROLLER:
            return self._through(sure, may)
        words = self._unenforced(pod, sees)
        if words and not self._is_doubted(pod):
            return Gate(-1, -1, ((-1, words),))
        relayed = sees is Sees.NODE_OR_CALLER and engine is not Engine.CILIUM
        if relayed or engine is None or sees in (Sees.NOT_KNOWN, Sees.NOTHING):
            may = -1
        return Gate(sure, may)

    def _unenforced(self, pod: int, sees: Sees) -> str:
        """Why policies do not apply, where that is documented (REACHABILITY 4)."""
        engine, host = self._enforcing, self._reach.ends.pods[pod].host_network
        if host and engine in (Engine.CILIUM, Engine.NONE):
            return _ON_NODE
        relayed = sees is Sees.NODE_OR_CALLER
        return _UNENFORCED if relayed and engine is Engine.AZURE else ""

    def _through(self, sure: int, may: int) -> Gate:
        """What nobody knows answers for a route: any pod has to be let through, or nobody at all.

        Application gateways, and controllers in the network of their node, call pods from an
        address and not as a pod.
        """
        ends = self._reach.ends
        if self._enforcing is None or may & ~ends.outside:
            return Gate(-1 if sure & ends.any else 0, -1)
        if may:
            return Gate(0, -1, ((-1, _BY_ADDRESS),))
        return Gate(0, 0, ((-1, "policies let nobody through, whatever answers for it"),))

    def _is_doubted(self, pod: int) -> bool:
        """Something that is not understood may close it."""
        return bool(self._doubted >> pod & 1)

    def said(self, pod: int, port: int, sees: Sees, source: int) -> tuple[str, ...]:
        """What policies decide about one address."""
        gate = self.gate(pod, port, sees)
        if words := gate.why(source):
            return (words,)
        said = because(self._reach, source, 1 << pod, port, relayed=False)
        if gate.sure & source or not gate.may & source:
            return said
        if self._enforcing is None:
            return (_NOBODY, *said)
        if _on(self._reach.sides.unrelayed(pod).may, port) & source:
            return said
        return (_SEEN[sees], *said)


_SEEN = {
    Sees.CALLER: "",
    Sees.NODE_OR_CALLER: "which source policies see of calls through nodes is not defined",
    Sees.NOT_KNOWN: "which source policies see of calls that come this way is not documented",
    Sees.CONTROLLER: "",
    Sees.NOTHING: "whether policies apply to pods in the network of their node is not defined",
}


def _on(cells: Cells, port: int) -> int:
    """The endpoints that are let through on a port."""
    found = 0
    for ports, others in cells:
        if ports & port:
            found |= others
    return found
