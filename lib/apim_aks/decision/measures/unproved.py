"""What of the input may open a way that the topology does not show."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.decision.measures.model import Subject
from apim_aks.topology import Reach
from apim_aks.workload.opening import Opening

_REACH = {"cluster": Reach.CLUSTER, "network": Reach.NETWORK, "internet": Reach.INTERNET}
_SECOND = "second-service-"


def unproved(subject: Subject) -> tuple[Opening, ...]:
    """What may open a way to the pods of a published Service.

    A second Service that is published too is drawn, with its own way in; what a proof answers is
    its affair.
    """
    published, proof = set(subject.mapping.published), subject.proved.proof
    return tuple(
        o
        for o in subject.openings
        if not (o.row.proved and proof)
        and (not o.services or not published.isdisjoint(o.services))
        and not (o.cause.startswith(_SECOND) and o.by in published)
    )


def new_endpoints(subject: Subject) -> tuple[Opening, ...]:
    """What may be one more endpoint on the internet, before a published Service or another."""
    return tuple(o for o in subject.openings if o.row.public_endpoint)


def farthest(openings: Iterable[Opening], service: str) -> float:
    """The level of the widest source that these may let in to this Service, 0 for none."""
    levels = (_REACH[o.row.reach] for o in openings if o.leads_to(service))
    return max(0.0, float(max(levels, default=Reach.CLUSTER)))


def sentences(openings: Iterable[Opening]) -> tuple[str, ...]:
    """Each object with file and line, and what it may open."""
    return tuple(dict.fromkeys(o.sentence for o in openings))
