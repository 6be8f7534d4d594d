"""A topology's parts by what they are looked up by, so that hundreds of Services stay quick."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from apim_aks.topology.parts import Backend, Component, Link
from apim_aks.topology.vocabulary import Kind

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Components by id, kind and Service, links by either end, back ends by Service.

    `reached` holds, from consumers and from the gateway, the link over which each component is
    first reached without a bypass.
    """

    components: dict[str, Component]
    kinds: dict[Kind, tuple[Component, ...]]
    services: dict[str, tuple[Component, ...]]
    links_from: dict[str, tuple[Link, ...]]
    links_to: dict[str, tuple[Link, ...]]
    backends: dict[str, tuple[Backend, str]]
    reached: dict[Kind, dict[str, Link]]

    def path(self, service: str, start: Kind) -> tuple[Link, ...]:
        """The links from components of this kind to the Service; empty where none lead there."""
        reached = self.reached[start]
        ends = (c.id for c in self.services.get(service, ()))
        last = next((reached[id] for id in ends if id in reached), None)
        path: list[Link] = []
        while last:
            path.append(last)
            last = reached.get(last.source)
        return tuple(reversed(path))


def index_of(
    components: tuple[Component, ...], links: tuple[Link, ...], backends: tuple[Backend, ...]
) -> Index:
    """The index of these parts."""
    out = _by(links, lambda link: link.source)
    kinds = _by(components, lambda c: c.kind)
    return Index(
        components={c.id: c for c in components},
        kinds=kinds,
        services=_by(kinds.get(Kind.SERVICE, ()), lambda c: c.service),
        links_from=out,
        links_to=_by(links, lambda link: link.target),
        backends={id: (backend, prefix) for backend in backends for id, prefix in backend.routes},
        reached={
            kind: _reached([c.id for c in kinds.get(kind, ())], out)
            for kind in (Kind.CONSUMER, Kind.GATEWAY)
        },
    )


def _by(parts: Iterable[T], key: Callable[[T], K]) -> dict[K, tuple[T, ...]]:
    found: dict[K, list[T]] = {}
    for part in parts:
        found.setdefault(key(part), []).append(part)
    return {id: tuple(listed) for id, listed in found.items()}


def _reached(starts: list[str], links: dict[str, tuple[Link, ...]]) -> dict[str, Link]:
    reached: dict[str, Link] = {}
    queue = deque(starts)
    while queue:
        for link in links.get(queue.popleft(), ()):
            if not link.bypass and link.target not in reached and link.target not in starts:
                reached[link.target] = link
                queue.append(link.target)
    return reached
