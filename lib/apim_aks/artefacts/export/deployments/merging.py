"""Templates of several environments as one, whose parameters say what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apim_aks.artefacts.arm_templates.expressions import Json, text
from apim_aks.artefacts.arm_templates.resource import DEPLOYMENTS
from apim_aks.artefacts.export.deployments.parameters import Parameters
from apim_aks.artefacts.export.deployments.place import Place
from apim_aks.artefacts.export.symbols import Words, singular, split
from apim_aks.artefacts.export.typed_stages import DOCUMENTS, part_of
from apim_aks.facts import template_limit
from apim_aks.listing import listed
from apim_aks.template_expression import Call, Part, is_expression, spelled

_WORD = re.compile(r"([A-Za-z0-9._~:/?&=%+@-]+)")
_FIXED = {"type", "apiVersion", "$schema", "contentVersion", "format"}
_ALWAYS = {"capacity"}
"""What is a parameter even while it is the same everywhere: it is what is changed first."""


def merged(values: Sequence[Any], place: Place, given: Parameters) -> Any:
    """The values of the environments as one.

    Raises:
        Apart: they differ in more than a parameter can say.
    """
    first, last = values[0], place.path[-1] if place.path else ""
    always = last in _ALWAYS and all(type(v) is int for v in values)
    if place.is_for_people or (all(v == first for v in values) and not always):
        return first
    if all(isinstance(v, Mapping) for v in values):
        return _mapping(values, place, given)
    if all(isinstance(v, list) for v in values):
        return _list(values, place, given)
    if all(isinstance(v, str) for v in values) and last not in _FIXED:
        return _text(values, place, given)
    if all(type(v) is type(first) and type(v) in (int, bool) for v in values):
        return _spelled(given.value(tuple(values), place))
    raise place.apart(_said(values, place))


def _said(values: Sequence[Any], place: Place) -> str:
    """What each environment says, short enough for a sentence."""
    shown = (v if isinstance(v, (str, int)) else f"{len(v)} values" for v in values)
    pairs = zip(shown, place.environments, strict=True)
    return f"it is {listed([f'{str(v)[:60]} in {name}' for v, name in pairs])}."


def _mapping(values: Sequence[Json], place: Place, given: Parameters) -> Json:
    place = _own(values, place) if _is_resource(values) else place
    kinds = {str(v.get("format")) for v in values}
    keys = _keys(values, place, given)
    found: Json = {}
    for at in zip(*keys, strict=True):
        key, *own = at
        each = [v[k] for v, k in zip(values, own, strict=True)]
        below = place.below(key)
        if key == "value" and len(kinds) == 1 and kinds <= DOCUMENTS.keys():
            found[key] = _document(each, below, given)
        elif key in ("name", "scope") and _is_resource(values):
            found[key] = _path(each, below, given)
        else:
            found[key] = merged(each, below, given)
    return found


def _is_resource(values: Sequence[Json]) -> bool:
    return all("apiVersion" in v and "type" in v for v in values)


def _own(values: Sequence[Json], place: Place) -> Place:
    """The place of a resource, called as its parameter calls it: `gatewayName` is the gateway."""
    type = values[0]["type"]
    if type == DEPLOYMENTS:
        return replace(place.of(_within(values[0])["type"], "", ()), path=())
    each = {_last(part_of(v["name"])) for v in values}
    name = each.pop() if len(each) == 1 else ""
    owner: Words = ()
    if isinstance(name, Call) and name.name == "parameters":
        owner = split(str(name.arguments[0]).removesuffix("Name"))
    elif isinstance(name, str):
        owner = (*singular(type.rpartition("/")[2]), *split(name)[:3])
    return replace(place.of(type, "", owner), path=())


def _within(deployment: Json) -> Json:
    """The resource that a deployment into another group makes."""
    (found,) = deployment["properties"]["template"]["resources"]
    return dict(found)


def _last(name: Part) -> Part:
    """The last part of a name that has words."""
    if isinstance(name, Call) and name.name == "format":
        parts = [p for p in name.arguments[1:] if isinstance(p, Call) or split(str(p))]
        return parts[-1] if parts else ""
    return name


def _member(values: Sequence[Any], place: Place) -> Place:
    """The place of a member of a list, by its name where it has the same everywhere."""
    each = {str(v.get("name", "")) if isinstance(v, Mapping) else "" for v in values}
    name = each.pop() if len(each) == 1 else ""
    return place.below(name) if name and not is_expression(name) else place


def _keys(values: Sequence[Json], place: Place, given: Parameters) -> Iterator[Sequence[str]]:
    """The names of the fields: as they are in all of them, then in each environment."""
    every = dict.fromkeys(k for v in values for k in v)
    if all(v.keys() == every.keys() for v in values):
        yield list(every)
        yield from (list(every) for _ in values)
        return
    own = [list(v) for v in values]
    if len({len(k) for k in own}) > 1 or not all(map(is_expression, every)):
        some = next(k for k in every if not all(k in v for v in values))
        there = [n for n, v in zip(place.environments, values, strict=True) if some in v]
        raise place.apart(f"{some} is in {listed(there)} alone.")
    yield [_text(each, place, given) for each in zip(*own, strict=True)]
    yield from own


def _list(values: Sequence[list[Any]], place: Place, given: Parameters) -> Any:
    if all(isinstance(m, Mapping) and "apiVersion" in m for v in values for m in v):
        _require_same_resources(values, place)
    if len({len(v) for v in values}) == 1:
        rows = zip(*values, strict=True)
        return [merged(each, _member(each, place), given) for each in rows]
    if all(isinstance(m, str) and not is_expression(m) for v in values for m in v):
        return _spelled(given.value(tuple(values), place))
    raise place.apart(_said(values, place))


def _require_same_resources(values: Sequence[list[Any]], place: Place) -> None:
    types = [[r["type"] for r in v] for v in values]
    if all(t == types[0] for t in types):
        return
    for type in dict.fromkeys(t for own in types for t in own):
        counts = [own.count(type) for own in types]
        if len(set(counts)) > 1:
            raise place.apart(f"{type} {_counted(counts, place)}.")
    raise place.apart("the same resources in another order.")


def _counted(counts: Sequence[int], place: Place) -> str:
    pairs = list(zip(counts, place.environments, strict=True))
    if 0 in counts:
        return f"is in {listed([name for count, name in pairs if count])} alone"
    return f"is there {listed([f'{count} times in {name}' for count, name in pairs])}"


def _text(values: Sequence[str], place: Place, given: Parameters) -> str:
    expressions = {is_expression(v) for v in values}
    if expressions == {True, False}:
        raise place.apart(_said(values, place))
    return _spelled(_part([part_of(v) for v in values], place, given))


def _spelled(part: Part) -> str:
    return text(str(part)) if not isinstance(part, Call) else f"[{spelled(part)}]"


def _part(parts: Sequence[Part], place: Place, given: Parameters) -> Part:
    first = parts[0]
    if all(p == first for p in parts):
        return first
    if all(isinstance(p, str) for p in parts):
        if any(str(p).startswith("Microsoft.") for p in parts):
            raise place.apart(_said(parts, place))
        return given.text(tuple(parts), place)
    called = [p for p in parts if isinstance(p, Call)]
    shapes = {(c.name, len(c.arguments), len(c.members)) for c in called}
    if len(called) < len(parts) or len(shapes) > 1:
        raise place.apart("it is put together in another way.")
    return Call(
        called[0].name,
        tuple(_arguments([c.arguments for c in called], place, given)),
        tuple(_part(each, place, given) for each in zip(*(c.members for c in called), strict=True)),
    )


def _arguments(
    several: Sequence[tuple[Part, ...]], place: Place, given: Parameters
) -> Iterator[Part]:
    """Arguments one by one; those of an id are named after what they name."""
    first = several[0]
    typed = (n for n, a in enumerate(first) if isinstance(a, str) and a.startswith("Microsoft."))
    at = next(typed, None)
    for number, each in enumerate(zip(*several, strict=True)):
        named = place
        if at is not None and number != at:
            kinds = str(first[at]).split("/")
            kind = kinds[min(number - at, len(kinds) - 1)] if number > at else kinds[1]
            named = place.of(kind, "name" if number > at else "groupName")
        yield _part(each, named, given)


def _path(values: Sequence[str], place: Place, given: Parameters) -> str:
    """A name or a scope, part by part: each part is the name of a resource or a kind."""
    if any(map(is_expression, values)) or not all("/" in v for v in values):
        return str(merged(values, place, given))
    split = [str(part_of(v)).split("/") for v in values]
    if len({len(s) for s in split}) > 1:
        raise place.apart(_said(values, place))
    parts = [_part(each, place, given) for each in zip(*split, strict=True)]
    if not any(isinstance(p, Call) for p in parts):
        return values[0]
    name = place.path[-1] == "name"
    filled = [p for p in parts if name or isinstance(p, Call)]
    numbers = iter(range(len(filled)))
    holes = (f"{{{next(numbers)}}}" if name or isinstance(p, Call) else p for p in parts)
    return _spelled(Call("format", ("/".join(map(str, holes)), *filled)))


def _document(values: Sequence[str], place: Place, given: Parameters) -> str:
    """A document with a mark for each word that differs, and what takes its place."""
    if len(set(values)) == 1:
        return values[0]
    cut = [_WORD.split(str(part_of(v))) for v in values]
    if len({len(c) for c in cut}) > 1:
        raise place.apart("the documents differ in more than words.")
    marks: dict[Call, str] = {}
    pieces: list[str] = []
    above = replace(place, owner=place.owner[-1:], path=())
    for each in zip(*cut, strict=True):
        part = _part(each, replace(above, path=_before(pieces)), given)
        if isinstance(part, Call):
            part = marks.setdefault(part, _mark(part, marks))
        pieces.append(str(part))
    found: Part = "".join(pieces)
    for part, mark in marks.items():
        found = Call("replace", (found, mark, part))
    if len(spelled(found)) > template_limit("expression").number:
        raise place.apart("the documents are too long to be filled in.")
    return _spelled(found)


def _before(pieces: Sequence[str]) -> Words:
    """The words before the next one, such as the element that it stands in."""
    words = [p.strip("=") for p in pieces[1::2] if split(p)]
    return tuple(words[-2:]) or ("document",)


def _mark(part: Call, marks: Mapping[Call, str]) -> str:
    """What stands in the document: the name of a parameter, or a number where it is several."""
    plain = part.name == "parameters"
    name = "_".join(split(str(part.arguments[0]))) if plain else f"value_{len(marks) + 1}"
    return f"__{name.upper()}__"
