"""oneOf and anyOf: members are matched by what they say, not by name or position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

from apim_aks.apis.contract.components import Components, Parts
from apim_aks.apis.contract.finding import Found, Nested, Pair
from apim_aks.apis.contract.pairs import Pairs
from apim_aks.apis.contract.shape import Shape, canonical

Group = tuple[str, tuple[Parts, ...]]
Yielded = Generator[Found | Nested, None, bool]


@dataclass(frozen=True, slots=True)
class _Matched:
    """Members that stayed as they were are gone; these are left, with their positions."""

    before: tuple[tuple[int, Parts], ...]
    after: tuple[tuple[int, Parts], ...]


def variant_changes(pairs: Pairs, pair: Pair, before: Shape, after: Shape) -> Yielded:
    """The changes of oneOf and anyOf; true where nothing is left to compare beside them."""
    b = _group(pairs.before, pair.before, before, after)
    a = _group(pairs.after, pair.after, after, before)
    if b is None or a is None or (before.groups and after.groups and b[0] != a[0]):
        if not _same_groups(pairs, before, after, pair):
            words = (_words(before), _words(after))
            yield Found(f"{pair.direction}-variants-changed", *words)
        return False
    yield from _matched_changes(pairs, b, a, pair)
    return not (before.groups and after.groups)


def _group(components: Components, parts: Parts, shape: Shape, other: Shape) -> Group | None:
    """The one group of a schema; a plain schema against a bare one with variants is its own."""
    if not shape.groups:
        return "", (parts,)
    if len(shape.groups) > 1 or not (other.groups or shape.bare):
        return None
    kind, members = shape.groups[0]
    return kind, tuple(components.parts(m) for m in members)


def _matched_changes(pairs: Pairs, b: Group, a: Group, pair: Pair) -> Yielded:
    left = _by_shape(pairs, _unmatched(pairs, b[1], a[1], pair), pair)
    kind = b[0] or a[0]
    for (i, one), (_, other) in left[0]:
        location = f".{kind}[{i}]" if b[0] else ""
        yield Nested(location, Pair(one, other, pair.direction))
    gone, new = left[1].before, left[1].after
    words = (f"{len(b[1])} variants", f"{len(a[1])} variants")
    if gone and new:
        yield Found(f"{pair.direction}-variants-changed", *words)
    elif gone or new:
        rule = "removed" if gone else "added"
        yield Found(f"{pair.direction}-variant-{rule}", *words)
    return True


def _unmatched(
    pairs: Pairs, before: tuple[Parts, ...], after: tuple[Parts, ...], pair: Pair
) -> _Matched:
    """The members without an equal on the other side; what is written alike is tried first."""
    left = dict(enumerate(after))
    written = {canonical(member): j for j, member in left.items()}
    gone = []
    for i, one in enumerate(before):
        likely = dict.fromkeys((i, written.get(canonical(one), i), *left))
        order = (j for j in likely if j in left)
        same = (j for j in order if pairs.equal(Pair(one, left[j], pair.direction)))
        if (match := next(same, None)) is None:
            gone.append((i, one))
        else:
            del left[match]
    return _Matched(tuple(gone), tuple(left.items()))


Edited = list[tuple[tuple[int, Parts], tuple[int, Parts]]]


def _by_shape(pairs: Pairs, left: _Matched, pair: Pair) -> tuple[Edited, _Matched]:
    """Members that were edited, told by their type and property names, and what is left then."""
    b = {_signature(pairs.before_shape(p)): (i, p) for i, p in left.before}
    a = {_signature(pairs.after_shape(p)): (i, p) for i, p in left.after}
    often = Counter(_signature(pairs.before_shape(p)) for _, p in left.before)
    often |= Counter(_signature(pairs.after_shape(p)) for _, p in left.after)
    edited = [(b[s], a[s]) for s in b if s in a and often[s] == 1]
    was, now = {one[0] for one, _ in edited}, {other[0] for _, other in edited}
    gone = tuple(m for m in left.before if m[0] not in was)
    new = tuple(m for m in left.after if m[0] not in now)
    if len(gone) == len(new) == 1:
        return [*edited, (gone[0], new[0])], _Matched((), ())
    return edited, _Matched(gone, new)


def _signature(shape: Shape) -> tuple[str, ...]:
    return (shape.words, *sorted(shape.properties))


def _same_groups(pairs: Pairs, before: Shape, after: Shape, pair: Pair) -> bool:
    """Several groups beside each other say the same, in order."""
    if [(k, len(m)) for k, m in before.groups] != [(k, len(m)) for k, m in after.groups]:
        return False
    for (_, one), (_, other) in zip(before.groups, after.groups, strict=True):
        b = tuple(pairs.before.parts(m) for m in one)
        a = tuple(pairs.after.parts(m) for m in other)
        left = _unmatched(pairs, b, a, pair)
        if left.before or left.after:
            return False
    return True


def _words(shape: Shape) -> str:
    return ", ".join(f"{kind} of {len(members)}" for kind, members in shape.groups) or "no variants"
