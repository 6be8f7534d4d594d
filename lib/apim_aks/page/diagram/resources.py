"""What belongs to a topology and is called by no request: Key Vault, private DNS zones."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.listing import counted
from apim_aks.page.diagram.labels import INK, QUIET, lines, plain
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Kind, Topology, ZoneKind

VAULT, DNS, GUARD = "key-vault", "private-dns-zone", "network-security-group"
"""Icons of what stands beside the components, and of what guards a subnet."""


@dataclass(frozen=True, slots=True)
class Resource:
    """An Azure resource beside the components, in the boundary `zone`."""

    id: str
    icon: str
    zone: str
    lines: tuple[Line, ...]


def resources(topology: Topology) -> tuple[Resource, ...]:
    """The vault that holds certificates of the path, and the zones that hold private names."""
    azure = _region(topology)
    if not azure:
        return ()
    kept, names = _kept(topology), [n.name for n in topology.names if n.private]
    found = []
    if kept:
        found.append(_resource(VAULT, azure, "Key Vault", "certificates"))
    if names:
        many = "Private DNS zones" if len(names) > 1 else "Private DNS zone"
        short = len(names) == 1 and len(names[0]) <= 32
        said = names[0] if short else counted(len(names), "name")
        found.append(_resource(DNS, azure, many, said))
    return tuple(found)


def _region(topology: Topology) -> str:
    """The boundary of Azure around others: the edge of Microsoft's network is in no region."""
    outer = {z.parent for z in topology.zones}
    found = [z.id for z in topology.zones if z.kind is ZoneKind.AZURE]
    return min(found, key=lambda id: id not in outer, default="")


def _kept(topology: Topology) -> bool:
    """A certificate is in the reader's vault: owners of a Service and Azure keep their own."""
    owned = {c.id for c in topology.of_kind(Kind.SERVICE)}
    held = [c for c in topology.certificates if c.held_by not in owned]
    return any(not c.kept_by_azure for c in held)


def guards(topology: Topology, zone: str) -> int:
    """How many rules the network security group of a subnet has."""
    return sum(rule.subnet == zone for rule in topology.rules)


def _resource(icon: str, zone: str, name: str, said: str) -> Resource:
    bold = [Line(line, 15, INK, bold=True) for line in lines(name, 12)]
    return Resource(
        icon, icon, zone, (*bold, *(Line(t, 13, QUIET) for t in lines(plain(said), 16, 3)))
    )
