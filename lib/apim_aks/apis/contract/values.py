"""Types, formats, enums and bounds: which values a schema no longer takes, and which it takes now.

A request breaks where it is narrowed, a response where it is widened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import remainder

from apim_aks.apis.contract.finding import Direction, Found, listed, text
from apim_aks.apis.contract.shape import LOWER, UPPER, Bound, Shape, canonical

_WIDER_FORMATS = {("int64", "int32"), ("double", "float")}


@dataclass(frozen=True, slots=True)
class _Move:
    """What happened to the values that a keyword lets through."""

    fewer: bool
    more: bool

    def rule(self, direction: Direction, breaks: str, request: str, response: str) -> str:
        """The id of the rule for this move in this direction; empty where nothing moved."""
        if not (self.fewer or self.more):
            return ""
        broken = self.fewer if direction == "request" else self.more
        fine = request if direction == "request" else response
        return f"{direction}-{breaks if broken else fine}"


def retyped(before: Shape, after: Shape, direction: Direction) -> Found | None:
    """The change of the type, or None."""
    fewer = not _covers(after.types, before.types)
    move = _Move(fewer=fewer, more=not _covers(before.types, after.types))
    rule = move.rule(direction, "type-changed", "type-widened", "type-narrowed")
    return Found(rule, text(before.words), text(after.words)) if rule else None


def value_changes(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    """The changes of the permitted values, apart from the type."""
    yield from _nullability(before, after, direction)
    if before.types == after.types:
        yield from _format(before, after, direction)
    yield from _enum(before, after, direction)
    yield from _constraints(before, after, direction)
    if direction == "request" and before.default != after.default:
        yield Found(
            "request-default-changed", text(before.default or "none"), text(after.default or "none")
        )


def _covers(wide: frozenset[str] | None, narrow: frozenset[str] | None) -> bool:
    if wide is None or narrow is None:
        return wide is None
    return all(t in wide or (t == "integer" and "number" in wide) for t in narrow)


def _nullability(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    if before.types is None or after.types is None or before.nullable == after.nullable:
        return
    rule = f"{direction}-{'nullable' if after.nullable else 'not-nullable'}"
    yield Found(rule, text(before.words), text(after.words))


def _format(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    b, a = listed(sorted(before.formats)), listed(sorted(after.formats))
    wider = before.formats > after.formats or (a, b) in _WIDER_FORMATS
    narrower = before.formats < after.formats or (b, a) in _WIDER_FORMATS
    changed = before.formats != after.formats
    move = _Move(fewer=changed and not wider, more=changed and not narrower)
    if rule := move.rule(direction, "format-changed", "format-widened", "format-narrowed"):
        yield Found(rule, f"format {b}", f"format {a}")


def _enum(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    if before.enum is None and after.enum is None:
        return
    b = "any value" if before.enum is None else listed(before.enum)
    a = "any value" if after.enum is None else listed(after.enum)
    if before.enum is None or after.enum is None:
        yield Found(f"{direction}-enum-{'narrowed' if before.enum is None else 'widened'}", b, a)
        return
    if before.enum.keys() - after.enum.keys():
        yield Found(f"{direction}-enum-narrowed", b, a)
    if after.enum.keys() - before.enum.keys():
        yield Found(f"{direction}-enum-widened", b, a)


def _constraints(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    for move, b, a in _constraint_moves(before, after):
        names = ("constraint-tightened", "constraint-loosened")
        breaks, fine = names if direction == "request" else names[::-1]
        if rule := move.rule(direction, breaks, fine, fine):
            yield Found(rule, text(b), text(a))
    yield from _pattern(before, after, direction)


def _constraint_moves(before: Shape, after: Shape) -> Iterator[tuple[_Move, str, str]]:
    for names, sign in ((LOWER, 1), (UPPER, -1)):
        for name in names:
            b, a = _bound(before, name), _bound(after, name)
            if b != a:
                move = _Move(
                    fewer=_tightness(a) > _tightness(b), more=_tightness(a) < _tightness(b)
                )
                yield move, _limit(name, b, sign), _limit(name, a, sign)
    if before.multiples != after.multiples:
        move = _Move(
            fewer=not all(_divided(m, before.multiples) for m in after.multiples),
            more=not all(_divided(m, after.multiples) for m in before.multiples),
        )
        yield move, _named("multipleOf", before.multiples), _named("multipleOf", after.multiples)
    if before.unique != after.unique:
        move = _Move(fewer=after.unique, more=before.unique)
        yield move, f"uniqueItems {before.unique}".lower(), f"uniqueItems {after.unique}".lower()


def _pattern(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    """Whether one pattern lets more through than another is not decided, but told."""
    if before.patterns == after.patterns:
        return
    b, a = _named("pattern", before.patterns), _named("pattern", after.patterns)
    if direction == "request":
        loosened = after.patterns < before.patterns
        yield Found(f"request-constraint-{'loosened' if loosened else 'tightened'}", b, a)
    elif before.patterns < after.patterns:
        yield Found("response-constraint-tightened", b, a)
    else:
        yield Found("response-pattern-changed", b, a)


def _bound(shape: Shape, name: str) -> Bound | None:
    return shape.lower.get(name, shape.upper.get(name))


def _tightness(bound: Bound | None) -> Bound:
    return (float("-inf"), False) if bound is None else bound


def _limit(name: str, bound: Bound | None, sign: int) -> str:
    if bound is None:
        return f"no {name}"
    return f"{name} {canonical(sign * bound[0])}{', exclusive' if bound[1] else ''}"


def _divided(value: float, divisors: frozenset[float]) -> bool:
    """Every multiple of one of the divisors is a multiple of the value."""
    return any(abs(remainder(d, value)) < 1e-9 * abs(value) for d in divisors)


def _named(name: str, values: frozenset[str] | frozenset[float]) -> str:
    return text(f"{name} {listed(sorted(values))}") if values else f"no {name}"
