"""Whether the files of what stands for an option keep the requirement that its choices promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.decision.placement import Placement
from apim_aks.decision.requirements import RuledOut
from apim_aks.reachability.gateway_entry import Opened, entry_from_internet

_CLOSED = ("private_gateway", "web_application_firewall")
"""Requirements that exclude connections from the internet to the gateway."""
_OPEN = (Opened.EVERYBODY, Opened.TAGGED)
_SOURCE = "proved from the files, read back"


def held_to_its_files(placement: Placement) -> Placement:
    """The placement, ruled out with what the files let in where it promises that they do not."""
    broken = tuple(_broken(placement))
    return replace(placement, ruled_out=(*placement.ruled_out, *broken)) if broken else placement


def _broken(placement: Placement) -> Iterator[RuledOut]:
    """A gateway that is drawn closed and that the templates leave open to the internet."""
    topology = placement.topology
    asked = [n for n in _CLOSED if getattr(placement.workload.requirements, n)]
    drawn_open = topology.gateway_is_public or topology.self_hosted
    if not asked or drawn_open:
        return
    proof = placement.proved.proof
    if proof is None or proof.site.azure is None:
        return
    entry = entry_from_internet(proof.site.azure)
    if entry.opened in _OPEN:
        packet = f"TCP 443 from the internet opens a connection to the gateway: {entry.because}"
        yield from (RuledOut(placement.option.id, name, packet, _SOURCE) for name in asked)
