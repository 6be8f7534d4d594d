"""What is laid out: cards and lanes in columns, arrows between them, and how large all is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apim_aks.page.diagram.columns import Place, Wire
from apim_aks.page.diagram.condense import View, around
from apim_aks.page.diagram.face import Face, Name, Words

MARGIN, PAD, AIR, ROW = 10, 10, 7, 16
"""Around the picture; between borders; beside words; between cards, in points."""
LANE = 8
"""Half the height of a lane in which an arrow passes a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is laid out, and how large each part is; `words` of each wire, in order."""

    view: View
    places: tuple[Place, ...]
    wires: tuple[Wire, ...]
    faces: Mapping[str, Face]
    labels: Mapping[str, Name]
    words: Sequence[Words]


def spans(ground: Ground) -> dict[str, tuple[int, int]]:
    """The first and last column of each boundary."""
    found: dict[str, tuple[int, int]] = {}
    outer = {id: around(ground.view, id) for id in {place.zone for place in ground.places}}
    for place in ground.places:
        for zone in outer[place.zone]:
            first, last = found.get(zone, (place.column, place.column))
            found[zone] = min(first, place.column), max(last, place.column)
    return found


def is_resource(place: Place, ground: Ground) -> bool:
    """It has a face and is no component: no lane, and nothing that a request calls."""
    return place.node is None and place.id in ground.faces
