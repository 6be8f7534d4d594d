"""What the stages build, as a table: how many of which type, and who owns it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.artefacts.arm_templates.expressions import Json
from apim_aks.artefacts.arm_templates.resource import DEPLOYMENTS
from apim_aks.artefacts.arm_templates.stages import Stage
from apim_aks.facts import resource_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Resources of one type in one stage."""

    stage: str
    type: str
    label: str
    count: int
    because: str
    owner: str


def built(stages: Iterable[Stage]) -> tuple[Built, ...]:
    """What each stage builds, type by type, in order."""
    return tuple(row for stage in stages for row in _rows(stage))


def _rows(stage: Stage) -> Iterator[Built]:
    found = tuple(_resources(stage))
    for type, count in Counter(r["type"] for r in found).items():
        row = resource_type(type)
        yield Built(
            stage=stage.name,
            type=type,
            label=row.label,
            count=count,
            because=row.because,
            owner=row.owner,
        )


def _resources(stage: Stage) -> Iterator[Json]:
    """Every resource, those that are made in other groups too."""
    for resource in stage.resources:
        if resource["type"] == DEPLOYMENTS:
            yield from resource["properties"]["template"]["resources"]
        else:
            yield resource
