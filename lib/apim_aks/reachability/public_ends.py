"""Which Services of a site callers outside its networks find: its endpoints on the internet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.reachability.crossing import Crossing
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.gates import answered, passed
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.scene import Scene
from apim_aks.reachability.ways import Way, Ways
from apim_aks.workload.model import Port, ServiceType


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEnd:
    """A Service that is found from outside the networks, or of which it is not known.

    Who gets in may be the gateway alone, where its calls come from a public address; policies at
    the pods are not asked, since an address that answers nobody is found as well.
    """

    service: str
    ports: tuple[Port, ...]
    answer: Answer
    because: str

    @property
    def words(self) -> str:
        """The Service with its ports."""
        return f"{self.service}: {', '.join(str(p.number) for p in self.ports)}"


def public_ends(
    scene: Scene, places: Places, ends: Endpoints, ways: Ways, crossing: Crossing
) -> Iterator[PublicEnd]:
    """The public ends of a scene; Services that nobody outside gets to are left out."""
    outside = [place for place in places.all if place.inside is not True and not place.missing]
    for id, (ports, found) in _ways(scene, ways).items():
        answers = [_answer(way, place, ends, crossing) for way in found for place in outside]
        for answer in (Answer.OPEN, Answer.UNKNOWN):
            if because := next((words for told, words in answers if told is answer), ""):
                yield PublicEnd(service=id, ports=ports, answer=answer, because=because)
                break


def _ways(scene: Scene, ways: Ways) -> dict[str, tuple[tuple[Port, ...], list[Way]]]:
    """The ways to each Service; those that answer for routes are often not in the input."""
    fronts = {
        s.id: (ways.facing(s), s.ports)
        for s in scene.services
        if s.type is not ServiceType.EXTERNAL_NAME
    }
    for entrance in scene.entrances:
        if entrance.facing:
            fronts[entrance.facing.of] = entrance.facing, entrance.ports
    return {
        id: (ports, [way for port in ports for way in ways.of_service(facing, port)])
        for id, (facing, ports) in fronts.items()
    }


def _answer(way: Way, place: Place, ends: Endpoints, crossing: Crossing) -> tuple[Answer, str]:
    """Whether some caller of a place gets to the end of a way, and by what."""
    gates = crossing.gates(way, place)
    passing, asked = passed(gates), ends.of_ranges(place.may)
    answer = answered(passing, asked, ends.of_ranges(place.sure))
    if answer is not Answer.UNKNOWN:
        return answer, way.words
    doubts = [words for gate in gates if (words := gate.why(passing[1] & ~gate.sure & asked))]
    return answer, "; ".join((way.words, *doubts))
