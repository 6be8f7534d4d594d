"""What two workloads both claim: paths, names, Services and ranges of addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from apim_aks.portfolio.assessment import Assessment, Network
from apim_aks.portfolio.running import Row


@dataclass(frozen=True, slots=True)
class Collision:
    """The same thing in several workloads, what follows from that, and when."""

    kind: str
    what: str
    workloads: tuple[str, ...]
    means: str


def collisions(rows: Sequence[Row]) -> tuple[Collision, ...]:
    """Every collision, kind by kind."""
    same = (
        Collision(kind, what, labels, means)
        for kind, claims, means in _KINDS
        for what, labels in _claimed(rows, claims)
    )
    return (*same, *_services(rows), *_inside(rows), *_ranges(rows))


Claims = Callable[[Assessment], Iterable[str]]

_KINDS: tuple[tuple[str, Claims, str], ...] = (
    (
        "Workload name",
        lambda a: (a.name,) if a.name else (),
        "The names of their resources and products are made from it.",
    ),
    (
        "Azure resource",
        lambda a: a.resource_names,
        "The second deployment meets the resource of the first; name_suffix keeps them apart.",
    ),
    (
        "API path",
        lambda a: (f"/{api.path}" for api in a.apis),
        "One API Management accepts one API at a path; give one of them another in apis.",
    ),
    (
        "API name",
        lambda a: (api.id for api in a.apis),
        "In one API Management the second deployment replaces the API of the first, unless "
        "azure.existing.api_management gives each names of its own.",
    ),
    (
        "Product",
        lambda a: a.products,
        "In one API Management the second deployment replaces the product of the first.",
    ),
)


def _claimed(rows: Sequence[Row], claims: Claims) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each claim that several workloads make."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        for claim in claims(row.found):
            found[claim][row.label] = None
    for claim in sorted(found):
        if len(found[claim]) > 1:
            yield claim, tuple(found[claim])


def _services(rows: Sequence[Row]) -> Iterator[Collision]:
    """Services of one name, unless each is known to be in a cluster of its own."""
    clusters = {row.label: row.found.cluster for row in rows}
    for id, labels in _claimed(rows, lambda a: (s.id for s in a.services)):
        known = [clusters[label] for label in labels if clusters[label]]
        if len(known) < len(labels) or len({*known}) < len(known):
            means = "In one cluster the manifests of one replace those of the other."
            yield Collision("Service", id, labels, means)


def _inside(rows: Sequence[Row]) -> Iterator[Collision]:
    """A path below the path of another workload's API takes calls that went to that one."""
    owners: dict[str, str] = {}
    for row in rows:
        for api in row.found.apis:
            owners.setdefault(api.path, row.label)
    for path in sorted(owners):
        parts = path.split("/")
        for end in range(len(parts)):
            outer = "/".join(parts[:end])
            if outer != path and owners.get(outer, owners[path]) != owners[path]:
                yield Collision(
                    "API path inside another",
                    f"/{path} in /{outer}",
                    (owners[path], owners[outer]),
                    "One API Management sends calls below the longer path to its API, whatever "
                    "the other API has there.",
                )


def _ranges(rows: Sequence[Row]) -> Iterator[Collision]:
    """Groups of networks that overlap: sorted by their first address, each meets its neighbours."""
    found = sorted(
        ((IPv4Network(n.prefix), row.label, n) for row in rows for n in row.found.networks),
        key=lambda f: (f[0].network_address, f[0].prefixlen, f[1]),
    )
    group: list[tuple[IPv4Network, str, Network]] = []
    for one in found:
        if group and one[0].network_address > max(g[0].broadcast_address for g in group[:1]):
            yield from _overlapping(group)
            group = []
        group.append(one)
    yield from _overlapping(group)


def _overlapping(group: Sequence[tuple[IPv4Network, str, Network]]) -> Iterator[Collision]:
    labels = tuple(dict.fromkeys(label for _, label, _ in group))
    if len(labels) < 2:
        return
    stated = sum(network.stated for _, _, network in group)
    taken = "" if stated else " All of them are the workbook's own choice."
    yield Collision(
        "Address range",
        str(group[0][0]),
        labels,
        "Networks that overlap cannot be peered, so that no gateway inside a network reaches both; "
        f"azure.address_space gives each a range of its own.{taken}",
    )
