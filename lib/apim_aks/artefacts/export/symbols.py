"""What resources are called inside the files of a format: words from type and name.

A word list never depends on what else there is, unless two would be the same: a tool that keeps
state would take a resource with another name for another resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from apim_aks.artefacts.export.typed_stages import Target, TypedStage, found_target
from apim_aks.template_expression import Call, Part
from apim_aks.workload.names import digest

Words = tuple[str, ...]
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_HOLE = re.compile(r"\{[0-9]+\}")
_MOST = 90
_KINDS = {"A": "record"}


def symbols(stages: Iterable[TypedStage], taken: Iterable[str] = ()) -> Mapping[Target, Words]:
    """The words for each resource; `taken` are names that something else has."""
    targets = dict.fromkeys(r.target for stage in stages for r in stage.resources)
    found: dict[Target, Words] = {}
    used = {name.lower() for name in taken}
    for target in targets:
        words = _cut(tuple(_words(target)))
        if "".join(words) in used:
            words = (*words, digest([repr(target)])[:4])
        used.add("".join(words))
        found[target] = words
    return found


def words_of(target: Target) -> Words:
    """The words for a resource that no stage makes."""
    return _cut(tuple(_words(target)))


def split(name: str) -> Words:
    """The words of a name in lower case."""
    return tuple(w.lower() for w in _WORD.findall(name))


def snake(words: Iterable[str]) -> str:
    """`api_orders`."""
    return "_".join(words)


def camel(words: Iterable[str]) -> str:
    """`apiOrders`."""
    first, *rest = words
    return first + "".join(w.capitalize() for w in rest)


def _words(target: Target) -> Iterator[str]:
    *outer, last = target.type.split("/")[1:]
    if not outer and target.on is None and (own := _parameter(target.names[0])):
        yield from own
        return
    if last == "policies" and outer:
        yield from singular(outer[-1])
    yield from singular(last)
    if target.on is not None:
        yield from _words(target.on)
    names = target.names[1:] if isinstance(target.names[0], Call) and outer else target.names
    for name in names:
        yield from () if name == "policy" else _literal(name, target)


def _parameter(name: Part) -> Words:
    """The words of the parameter that names a resource: `gatewayName` is the gateway."""
    if isinstance(name, Call) and name.name == "parameters":
        return split(str(name.arguments[0]).removesuffix("Name"))
    return ()


def singular(kind: str) -> Iterator[str]:
    """The words of a kind of resource, as one of it is called."""
    *first, last = split(_KINDS.get(kind, kind))
    yield from first
    if last.endswith("ies"):
        yield f"{last[:-3]}y"
    else:
        yield last.removesuffix("es" if last.endswith("sses") else "s")


def _literal(name: Part, target: Target) -> Iterator[str]:
    """The words that stand in a name, and of a name made from ids those of who holds a role."""
    if not isinstance(name, Call):
        yield from split(str(name).partition("-")[0] if _GUID.fullmatch(str(name)) else str(name))
    elif name.name == "guid":
        for part in name.arguments[1 if target.on else 0 : 2]:
            found = found_target(part, target.group)
            yield from _words(found) if found else ("group",)
    elif name.name == "format":
        yield from split(_HOLE.sub(" ", str(name.arguments[0])))


def _cut(words: Words) -> Words:
    kept: list[str] = []
    for word in words:
        if len("".join((*kept, word))) > _MOST:
            return (*kept, digest([words])[:4])
        kept.append(word)
    return tuple(kept)
