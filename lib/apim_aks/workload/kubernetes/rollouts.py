"""What Argo Rollouts does to routes while a version is rolled out, and nothing here does.

What the fields mean: https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.listing import listed
from apim_aks.workload.documents import printable
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object, WrongField, mapping, text

_CANARY = ("spec", "strategy", "canary")
_EXPECTED = (
    "weights that somebody sets: Argo Rollouts moves calls by changing the route of today, and "
    "changes none of a design; set the shares in the back ends or routes of the new way, or let "
    "the number of pods divide the calls"
)


def rollouts(objects: Iterable[Object]) -> Iterator[Finding]:
    """Each Rollout whose canary gets its calls by a route; without one, pods alone divide them."""
    for object in objects:
        if object.kind == "Rollout" and object.group == "argoproj.io":
            try:
                found = tuple(_named(object))
            except WrongField as error:
                yield object.wrong(error)
                continue
            if found:
                said = f"{object.called} with a canary by {listed(found)}"
                line = object.document.line_of(*object.path, *_CANARY)
                yield Finding(object.document.file, line, said, _EXPECTED, refused=False)


def _named(object: Object) -> Iterator[str]:
    for field in ("stableService", "canaryService"):
        if name := text(object.data, *_CANARY, field):
            yield f"{field} {printable(name)}"
    for router in mapping(object.data, *_CANARY, "trafficRouting"):
        yield f"trafficRouting {printable(str(router))}"
