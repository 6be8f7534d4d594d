"""Properties and items: added, removed, made required or optional."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.apis.contract.components import OPEN, Parts
from apim_aks.apis.contract.finding import Direction, Findings, Found, Nested, Pair, text
from apim_aks.apis.contract.pairs import Pairs
from apim_aks.apis.contract.shape import Shape


def structure_changes(pairs: Pairs, before: Shape, after: Shape, direction: Direction) -> Findings:
    """The changes of properties and items, and the schemas below them."""
    if _both(before, after, "object"):
        b = {n: p for n, p in before.properties.items() if _seen(pairs.before_shape(p), direction)}
        a = {n: p for n, p in after.properties.items() if _seen(pairs.after_shape(p), direction)}
        for name in sorted({*b, *a}):
            yield from _property(name, (b, before), (a, after), direction)
        yield from _additional(before, after, direction)
    if _both(before, after, "array") and (before.items, after.items) != (OPEN, OPEN):
        yield Nested("[]", Pair(before.items, after.items, direction))


def _both(before: Shape, after: Shape, kind: str) -> bool:
    return kind in (before.types or ()) and kind in (after.types or ())


def _seen(shape: Shape, direction: Direction) -> bool:
    """The property travels in this direction at all."""
    return not (shape.read_only if direction == "request" else shape.write_only)


Side = tuple[dict[str, Parts], Shape]


def _property(name: str, before: Side, after: Side, direction: Direction) -> Findings:
    (b, b_shape), (a, a_shape) = before, after
    location = f".{text(name)}"
    if name in b and name in a:
        yield from _requiredness(name, location, b_shape, a_shape, direction)
        yield Nested(location, Pair(b[name], a[name], direction))
    elif name in b:
        was = "required" if name in b_shape.required else "optional"
        closed = a_shape.additional is None and direction == "request"
        rule = f"{direction}-property-{'refused' if closed else 'removed'}"
        yield Found(rule, f"{was} property", "no such property", location)
    else:
        needed = name in a_shape.required
        now = "required property" if needed else "optional property"
        yield Found(_addition(needed, b_shape, direction), "no such property", now, location)


def _addition(needed: bool, before: Shape, direction: Direction) -> str:
    if direction == "request":
        return f"request-property-added{'-required' if needed else ''}"
    return f"response-property-added{'-to-closed' if before.additional is None else ''}"


def _requiredness(
    name: str, location: str, before: Shape, after: Shape, direction: Direction
) -> Iterator[Found]:
    was, now = ("required" if name in shape.required else "optional" for shape in (before, after))
    if was != now:
        yield Found(f"{direction}-property-became-{now}", was, now, location)


def _additional(before: Shape, after: Shape, direction: Direction) -> Findings:
    b, a = before.additional, after.additional
    if b is not None and a is not None:
        if (b, a) != (OPEN, OPEN):
            yield Nested(".*", Pair(b, a, direction))
    elif b != a:
        words = ("refused", "allowed") if b is None else ("allowed", "refused")
        yield Found(f"{direction}-additional-properties-{words[1]}", *words, ".*")
