"""Schemas that contain themselves, directly or through others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.apis.document.structure import is_reference, located, walk

Steps = tuple[str, ...]


def cycles(body: Mapping[str, Any]) -> tuple[tuple[Steps, ...], ...]:
    """Groups of named schemas that refer to one another in a circle, in the document's order."""
    graph = _graph(body)
    order = {node: place for place, node in enumerate(graph)}
    groups = (sorted(g, key=order.__getitem__) for g in _components(graph))
    found = [tuple(g) for g in groups if len(g) > 1 or g[0] in graph[g[0]]]
    return tuple(sorted(found, key=lambda g: order[g[0]]))


def _graph(body: Mapping[str, Any]) -> dict[Steps, list[Steps]]:
    components = body.get("components")
    sections = (
        (("definitions",), body.get("definitions")),
        (
            ("components", "schemas"),
            components.get("schemas") if isinstance(components, dict) else None,
        ),
    )
    schemas = {
        (*steps, name): schema
        for steps, section in sections
        if isinstance(section, dict)
        for name, schema in section.items()
    }
    known: dict[str, Steps | None] = {}
    return {node: list(_targets(schema, body, schemas, known)) for node, schema in schemas.items()}


def _targets(
    schema: Any,
    body: Mapping[str, Any],
    schemas: Mapping[Steps, Any],
    known: dict[str, Steps | None],
) -> Iterator[Steps]:
    for _, value, kind in walk(schema, "schema"):
        if is_reference(value, kind):
            reference = value["$ref"]
            if reference not in known:
                found = located(body, reference)
                steps = found[0] if found else ()
                # A reference into a schema is one to that schema.
                owner = next((steps[:n] for n in (2, 3) if steps[:n] in schemas), None)
                known[reference] = owner
            target = known[reference]
            if target is not None:
                yield target


def _components(graph: Mapping[Steps, list[Steps]]) -> Iterator[list[Steps]]:
    """Tarjan's strongly connected components, without recursion of our own."""
    index: dict[Steps, int] = {}
    low: dict[Steps, int] = {}
    stack: list[Steps] = []
    on_stack: set[Steps] = set()
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        _enter(root, index, low, stack, on_stack)
        while work:
            node, targets = work[-1]
            following = next((t for t in targets if t not in index or t in on_stack), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    yield _left(node, stack, on_stack)
            elif following in index:
                low[node] = min(low[node], index[following])
            else:
                _enter(following, index, low, stack, on_stack)
                work.append((following, iter(graph[following])))


def _enter(
    node: Steps,
    index: dict[Steps, int],
    low: dict[Steps, int],
    stack: list[Steps],
    on_stack: set[Steps],
) -> None:
    index[node] = low[node] = len(index)
    stack.append(node)
    on_stack.add(node)


def _left(node: Steps, stack: list[Steps], on_stack: set[Steps]) -> list[Steps]:
    group: list[Steps] = []
    while not group or group[-1] != node:
        group.append(stack.pop())
        on_stack.discard(group[-1])
    return group
