"""Pages of a report with the full lists that other pages shorten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.decision.design import Design, Placement
from apim_aks.options import without_gateway
from apim_aks.page.calls import calls_table
from apim_aks.page.document import document, section
from apim_aks.page.downloads import downloads
from apim_aks.page.html import ROWS, Html, WholeLists, element, joined, whole_lists
from apim_aks.page.option_page import (
    certificates_table,
    changes_table,
    credentials_table,
    endpoints_table,
    front_doors_table,
    reached_table,
    token_checks_table,
)
from apim_aks.page.tables.address_tables import planned_addresses, seen_addresses
from apim_aks.page.tables.artefact_tables import built_table, policies_folded, templates_table
from apim_aks.page.tables.article_tables import concerns_matrix
from apim_aks.page.tables.certificate_tables import expiry_table, rotation
from apim_aks.page.tables.comparison import counted_table, measures_table
from apim_aks.page.tables.failure_table import failures_table
from apim_aks.page.tables.gains import costs, gains
from apim_aks.page.tables.mapping_tables import collisions_table, documents_table, imports, notes
from apim_aks.page.tables.network_tables import names_table, rules_table
from apim_aks.page.tables.workload_tables import (
    apis_table,
    findings,
    inputs_table,
    operations_table,
    pods_table,
    services_table,
)

OF_DESIGN: tuple[Callable[[Design], Html], ...] = (
    lambda made: findings(made.workload),
    lambda made: inputs_table(made.workload),
    concerns_matrix,
    pods_table,
    services_table,
    lambda made: calls_table(made.workload),
    apis_table,
    operations_table,
    collisions_table,
    notes,
    documents_table,
    imports,
    measures_table,
)
OF_PLACEMENT: tuple[Callable[[Design, Placement], Html], ...] = (
    reached_table,
    token_checks_table,
    credentials_table,
    gains,
    costs,
    lambda made, placement: front_doors_table(
        made, without_gateway.before(made.workload, made.mapping), placement
    ),
    lambda made, placement: endpoints_table(placement),
    lambda made, placement: certificates_table(placement),
    lambda made, placement: changes_table(placement),
    lambda made, placement: rules_table(placement),
    lambda made, placement: names_table(placement),
    lambda made, placement: failures_table(placement),
)
OF_BUILT: tuple[Callable[[Artefacts], Html], ...] = (
    built_table,
    templates_table,
    policies_folded,
    expiry_table,
    rotation,
    planned_addresses,
    seen_addresses,
    downloads,
)


def has_many(made: Design) -> bool:
    """There are so many Services or operations that a list is probably cut short."""
    services = made.workload.services
    return max(len(services), sum(len(s.operations) for s in services)) > ROWS


def whole_pages(made: Design, of_options: Sequence[WholeLists] = ()) -> dict[str, str]:
    """A page for every list of this design that is longer than others show, by file.

    `of_options` are the lists of each option where somebody made them already.
    """
    with whole_lists() as kept:
        for of_design in OF_DESIGN:
            of_design(made)
        for measure in made.placements[0].measures:
            counted_table(made, measure.id)
    for lists in of_options or [lists_of_option(made, p, artefacts(p)) for p in made.placements]:
        kept.add(lists)
    return {file: _page(kept.titles[file], kept.lists[file]) for file in sorted(kept.lists)}


def lists_of_option(made: Design, placement: Placement, built: Artefacts) -> WholeLists:
    """The lists of an option, and of what it is built with, that are longer than pages show."""
    with whole_lists() as kept:
        kept.about = placement.option.title
        for of_placement in OF_PLACEMENT:
            of_placement(made, placement)
        for of_built in OF_BUILT:
            of_built(built)
    return kept


def _page(title: str, lists: Mapping[str, Html]) -> str:
    several = len(lists) > 1
    parts = (
        (element("h2", about) if about and several else Html("")) + whole
        for about, whole in lists.items()
    )
    return document(title, section(title, joined(parts)), home="index.html")
