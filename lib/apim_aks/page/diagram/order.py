"""The order from the top of all that stands in a picture: near what calls it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, permutations

from apim_aks.page.diagram.ground import Ground, is_resource, spans

_MANY = 5
"""So many boundaries beside each other that not every order of them is tried."""


def ranks(ground: Ground) -> dict[str, int]:
    """The order of all cards and lanes from the top: near what calls them.

    What is in one column stands above wide boundaries, so that no arrow to it crosses one of them,
    and what calls backwards below all, so that the way of a request stays straight.
    """
    kids = _kids(ground)
    callers: dict[str, list[str]] = defaultdict(list)
    for wire in ground.wires:
        for left, right in zip(wire.places, wire.places[1:], strict=False):
            callers[right].append(left)
    wide = {f"zone/{zone}" for zone, (first, last) in spans(ground).items() if first < last}
    back = {wire.places[-1] for wire in ground.wires if wire.backwards}
    for _ in range(3):
        rank = {id: i for i, id in enumerate(_walk(kids, ""))}
        for zone, inside in kids.items():
            weights = {kid: _weight(kids, kid, callers, rank) for kid in inside}
            kids[zone] = sorted(inside, key=lambda kid: (kid in back, kid in wide, weights[kid]))
        kids |= {zone: _uncrossed(ground, kids, inside) for zone, inside in kids.items()}
    _beside(ground, kids)
    return {id: i for i, id in enumerate(_walk(kids, ""))}


def _uncrossed(ground: Ground, kids: Mapping[str, list[str]], inside: list[str]) -> list[str]:
    """The order of boundaries, above or below the rest, in which arrows cross fewest of them."""
    boundaries = [kid for kid in inside if kid.startswith("zone/")]
    crossed = _crossed(ground, kids, inside)
    if not 1 < len(boundaries) < _MANY or not crossed(inside):
        return inside
    rest = [kid for kid in inside if kid not in boundaries]
    orders = [
        [part for group in order for part in group]
        for order in permutations([rest, *([kid] for kid in boundaries)])
    ]
    return min(orders, key=crossed)


def _crossed(
    ground: Ground, kids: Mapping[str, list[str]], inside: Sequence[str]
) -> Callable[[Sequence[str]], int]:
    """How many boundaries of a level arrows would cross in an order of it."""
    column = {p.id: p.column for p in ground.places}
    extent = {f"zone/{zone}": columns for zone, columns in spans(ground).items()}
    owner = {leaf: kid for kid in inside for leaf in _leaves(kids, kid)}
    pairs = [p for wire in ground.wires for p in pairwise(wire.places)]
    steps = [(owner[a], owner[b], column[a], column[a] + 1) for a, b in pairs if {a, b} <= {*owner}]

    def count(order: Sequence[str]) -> int:
        at = {kid: i for i, kid in enumerate(order)}
        found = 0
        for one, other, left, right in steps:
            for between in order[min(at[one], at[other]) + 1 : max(at[one], at[other])]:
                first, last = extent.get(between, (0, 0))
                found += first <= left and right <= last
        return found

    return count


def _kids(ground: Ground) -> dict[str, list[str]]:
    """What stands directly in each boundary: cards and lanes, then boundaries as `zone/id`."""
    kids: dict[str, list[str]] = {"": [], **{z.id: [] for z in ground.view.zones}}
    for place in ground.places:
        if not is_resource(place, ground):
            kids[place.zone].append(place.id)
    for zone in ground.view.zones:
        kids[zone.parent].append(f"zone/{zone.id}")
    return kids


def _walk(kids: Mapping[str, list[str]], zone: str) -> list[str]:
    found: list[str] = []
    for kid in kids[zone]:
        found += _leaves(kids, kid)
    return found


def _leaves(kids: Mapping[str, list[str]], kid: str) -> list[str]:
    inner = kid.removeprefix("zone/")
    return [kid] if inner == kid else _walk(kids, inner)


def _weight(
    kids: Mapping[str, list[str]],
    kid: str,
    callers: Mapping[str, list[str]],
    rank: Mapping[str, int],
) -> float:
    leaves = _leaves(kids, kid)
    from_outside = [rank[c] for leaf in leaves for c in callers[leaf] if c not in leaves]
    ranks = from_outside or [rank[leaf] for leaf in leaves]
    return sum(ranks) / max(len(ranks), 1)


def _beside(ground: Ground, kids: dict[str, list[str]]) -> None:
    """Resources in a row with the cards of their boundary, or below all where it has none."""
    cards = {p.id for p in ground.places if p.node is not None}
    for place in ground.places:
        if is_resource(place, ground):
            inside = kids[place.zone]
            last = max((i for i, kid in enumerate(inside) if kid in cards), default=len(inside))
            inside.insert(last + 1, place.id)
            cards.add(place.id)
