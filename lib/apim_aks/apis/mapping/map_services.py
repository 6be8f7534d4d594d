"""The mapping of a workload: proposals, with the architect's word over them."""

from __future__ import annotations

from apim_aks.apis.mapping.choosing import choice
from apim_aks.apis.mapping.grouping import group
from apim_aks.apis.mapping.model import About, Api, Decision, Mapping, Note
from apim_aks.apis.mapping.naming import name_all, overlaps
from apim_aks.apis.mapping.overrides import regroup, rename
from apim_aks.apis.mapping.publishing import decide
from apim_aks.apis.mapping.repeats import without_repeats
from apim_aks.apis.mapping.signing_in import asked_notes
from apim_aks.facts import protocols
from apim_aks.workload.model import Workload


def map_services(workload: Workload) -> Mapping:
    """The mapping of this workload: proposals, with the architect's `publish` and `apis` over them.

    Raises:
        WorkbookError: `publish` or `apis` names something that is not there or cannot be done.
    """
    decisions = decide(workload)
    chosen = {d.service for d in decisions if d.publish}
    published = sorted((s for s in workload.services if s.id in chosen), key=lambda s: s.id)
    found = group(published)
    wanted = regroup(found.groups, workload)
    groups, repeated = without_repeats(wanted.groups, workload)
    proposed, named = name_all(groups)
    apis = rename(proposed, workload, wanted.emptied)
    about = (
        *choice(workload, decisions),
        *_unpaired(workload),
        *found.notes,
        *named,
        *asked_notes(apis, {s.id: s for s in published}),
        *overlaps(apis),
        *_undescribed(apis),
        *_not_rest(decisions),
    )
    return Mapping(decisions, apis, found.collisions, about, (*repeated, *wanted.findings))


def _unpaired(workload: Workload) -> tuple[Note, ...]:
    said = (
        "it publishes nothing, since no Service has it: name it under `openapi` in workload.yaml, "
        "or take it out of `unpaired`"
    )
    return tuple(Note(About.UNPAIRED, file, said) for file in workload.unpaired)


def _undescribed(apis: tuple[Api, ...]) -> tuple[Note, ...]:
    cost = (
        "no OpenAPI document: one operation for every call, so no policy, limit, cache or "
        "documentation of a single operation, and no contract to compare"
    )
    return tuple(
        Note(About.UNDESCRIBED, o.service, cost) for a in apis for o in a.operations if o.wildcard
    )


def _not_rest(decisions: tuple[Decision, ...]) -> tuple[Note, ...]:
    rows = {row.role: row for row in protocols()}
    return tuple(
        Note(About.NOT_REST, d.service, f"{d.role.label}: {rows[d.role].at_gateway}")
        for d in decisions
        if d.role in rows
    )
