"""Simplicity: components to run, renewals, changes and the teams involved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apim_aks.decision.measures.exposure import fronts
from apim_aks.decision.measures.model import Measure, Subject, exact, number
from apim_aks.facts import component_row, forced_changes
from apim_aks.facts.criterion_ids import (
    AUTHENTICATING_COMPONENTS,
    COMPONENTS_TO_RUN,
    ENTRY_POINTS,
    OBJECTS_CHANGED,
    CriterionId,
)
from apim_aks.rounding import summed
from apim_aks.topology import Component, Kind

_CERTIFICATE_ROTATIONS = CriterionId("certificate-rotations")
_CHANGES_A_YEAR = CriterionId("changes-a-year")
_OWNERS = CriterionId("owners")


def listeners(subject: Subject) -> tuple[tuple[Component, int], ...]:
    """Each address and port in front of published Services."""
    published = subject.mapping.published
    found = {c.id: c for s in published for c in fronts(subject.topology, s)}
    return tuple((c, port) for c in found.values() for port in c.ports)


def entry_points(subject: Subject) -> Measure:
    """Listeners in front of published Services, public and private ones."""
    found = tuple(f"{c.label}: {port}, {c.exposure.label}" for c, port in listeners(subject))
    return exact(ENTRY_POINTS, found)


def authenticating_components(subject: Subject) -> Measure:
    """Components in the cluster that each implement a check of their callers."""
    return _components(AUTHENTICATING_COMPONENTS, subject, lambda c: c.validates_callers)


def components_to_run(subject: Subject) -> Measure:
    """Components that the customer installs, configures and upgrades because of the option."""
    return _components(COMPONENTS_TO_RUN, subject, lambda c: c.run_by_customer)


def _components(id: CriterionId, subject: Subject, counts: Callable[[Component], bool]) -> Measure:
    parts = subject.topology.components
    return exact(id, tuple(c.label for c in parts if c.in_cluster and counts(c)))


def certificate_rotations(subject: Subject) -> Measure:
    """Rotations a year, all certificates together."""
    held = subject.topology.certificates
    listed = tuple(f"{c.purpose}: {number(c.rotations_per_year)} a year" for c in held)
    return exact(_CERTIFICATE_ROTATIONS, listed, summed(c.rotations_per_year for c in held))


def objects_changed(subject: Subject) -> Measure:
    """Kubernetes objects created, changed or deleted against the input."""
    changes = subject.topology.changes
    return exact(OBJECTS_CHANGED, tuple(f"{c.action} {c.kind} {c.name}" for c in changes))


def owners(subject: Subject) -> Measure:
    """Distinct teams that must act together, judged by the kinds of component that change."""
    kinds = {c.kind for c in subject.topology.components if c.kind is not Kind.CONSUMER}
    touched = {Kind.SERVICE} if subject.topology.changes else set()
    acting = {k for k in kinds if k is not Kind.SERVICE} | (kinds & touched)
    teams = sorted({component_row(kind).owner for kind in acting})
    if subject.topology.rules:
        teams = sorted({*teams, "network team"})
    return exact(_OWNERS, tuple(teams))


def changes_a_year(subject: Subject) -> Measure:
    """Forced changes that the option brings: upgrades of what it runs, addresses on lists.

    Upgrades of the cluster itself come with every option and are left out.
    """
    found = tuple(_forced(subject))
    listed = tuple(f"{label}: {number(per_year)} a year" for label, per_year in found)
    return exact(_CHANGES_A_YEAR, listed, summed(per_year for _, per_year in found))


def _forced(subject: Subject) -> Iterator[tuple[str, float]]:
    parts = subject.topology.components
    rows = {r.cause: r for r in forced_changes()}
    if any(c.kind is Kind.TOKEN_PROXY for c in parts):
        yield rows["token-proxy"].label, rows["token-proxy"].per_year
    if subject.topology.self_hosted:
        yield rows["self-hosted-gateway"].label, rows["self-hosted-gateway"].per_year
    if subject.controller and any(c.kind is Kind.INGRESS for c in parts):
        yield f"upgrade of {subject.controller.short}", subject.controller.upgrades_a_year
    if any(c.lists_gateway for c in parts):
        yield rows["address-list"].label, rows["address-list"].per_year


MEASURES: dict[CriterionId, Callable[[Subject], Measure]] = {
    ENTRY_POINTS: entry_points,
    AUTHENTICATING_COMPONENTS: authenticating_components,
    COMPONENTS_TO_RUN: components_to_run,
    _CERTIFICATE_ROTATIONS: certificate_rotations,
    _CHANGES_A_YEAR: changes_a_year,
    OBJECTS_CHANGED: objects_changed,
    _OWNERS: owners,
}
