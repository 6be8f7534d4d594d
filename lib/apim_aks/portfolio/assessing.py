"""From the files of one workload to what a portfolio keeps of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isinf
from pathlib import Path

from apim_aks.apis.mapping.limits import operations_built
from apim_aks.apis.mapping.products import products
from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.arm_templates import arm_templates, built
from apim_aks.costs import currency_of, regions_built, units_cost, units_needed
from apim_aks.decision.design import Design, Placement, design
from apim_aks.decision.measures import Measure
from apim_aks.decision.outcome import holds, outcome
from apim_aks.errors import InputError, WorkbookError
from apim_aks.facts import prices
from apim_aks.facts.criterion_ids import (
    AROUND_THE_GATEWAY,
    BLAST_RADIUS,
    MONTHLY_COST,
    PUBLIC_ENDPOINTS,
)
from apim_aks.facts.shared_limits import shared_limits
from apim_aks.portfolio.assessment import (
    Assessment,
    Network,
    Placed,
    PublishedApi,
    ServiceName,
    Span,
    State,
    Told,
    stopped,
)
from apim_aks.remote.azure.redaction import redacted
from apim_aks.topology.check import State as Ended
from apim_aks.verification.checks import check_option
from apim_aks.workload.azure import Existing
from apim_aks.workload.call import Elsewhere
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload
from apim_aks.workload.names import names_of

_OPERATIONS = "operations"


def assessed(file: Path) -> Assessment:
    """What is known of the workload of this workload.yaml; never an error."""
    try:
        return _assessment(design(read_workload(file)))
    except InputError as error:
        return stopped(State.INPUT, str(error))
    except MemoryError:
        return stopped(State.MEMORY, "It needed more memory than this machine gives.")
    except RecursionError:
        return stopped(State.INPUT, "Something in its files is nested too deeply to be read.")
    except Exception as error:
        words = (
            str(error) if isinstance(error, WorkbookError) else f"{type(error).__name__}: {error}"
        )
        sentence = f"This is a bug of the workbook; please report it ({redacted(words)})."
        return stopped(State.BUG, sentence)


def _assessment(made: Design) -> Assessment:
    workload, mapping, chosen = made.workload, made.mapping, made.chosen
    unknown: list[str] = []
    return Assessment(
        state=State.ASSESSED,
        name=workload.name,
        title=workload.title,
        region=workload.azure.region,
        decided=workload.decided,
        holds=holds(made),
        chosen=chosen.option.id if chosen else "",
        verdict=outcome(made),
        placements=tuple(_placed(made, p) for p in made.placements),
        services=tuple(
            ServiceName(s.id, tuple(p.number for p in s.ports)) for s in workload.services
        ),
        published=len(mapping.published),
        apis=tuple(PublishedApi(a.id, a.url, operations_built((a,))) for a in mapping.apis),
        products=tuple(p.id for p in products(workload, mapping)),
        resources=_resources(chosen, unknown) if chosen else None,
        networks=tuple(_networks(chosen, unknown)) if chosen else (),
        told=tuple(_told(e) for e in workload.graph.elsewhere),
        left_out=tuple(str(f) for f in workload.findings if f.refused),
        openings=len(workload.openings),
        unknown=tuple(dict.fromkeys(unknown)),
        load=workload.traffic.requests_per_second,
        cluster=_named(workload.azure.existing.cluster),
        api_management=_named(workload.azure.existing.api_management),
        resource_names=_names(workload),
        currency=currency_of(prices()),
    )


def _named(there: Existing | None) -> str:
    return f"{there.resource_group}/{there.name}" if there else ""


def _names(workload: Workload) -> tuple[str, ...]:
    """What would be made under a name that is unique in Azure or in its resource group."""
    names, there = names_of(workload), workload.azure.existing
    return (
        *(() if there.api_management else (names.gateway,)),
        *(() if there.key_vault else (names.vault,)),
        *(() if there.cluster else (f"{names.resource_group}/{names.cluster}",)),
    )


def _placed(made: Design, placement: Placement) -> Placed:
    option = placement.option
    checks = check_option(made, option.id)
    ended = Counter(c.state for c in checks)
    standing = next((s for s in made.ranking.standings if s.option == option.id), None)
    lacking = [o.reason for o in placement.ruled_out]
    lacking += [o.reason for o in placement.not_compared]
    lacking += [o.reason for o in placement.undecided]
    bought = placement.measures.subject.purchase
    units, regions = units_needed(bought), regions_built(bought)
    return Placed(
        option=option.id,
        title=option.title,
        tier=placement.tier.name,
        choices=tuple(placement.choices.labels),
        standing=placement.standing,
        because=lacking[0] if lacking else "",
        score=standing.total if standing else None,
        cost=_span(placement.measure(MONTHLY_COST)),
        gateway_cost=units_cost(placement.tier, units, regions),
        units=units,
        regions=regions,
        public_endpoints=_span(placement.measure(PUBLIC_ENDPOINTS)),
        bypass=_span(placement.measure(AROUND_THE_GATEWAY)),
        blast_radius=_span(placement.measure(BLAST_RADIUS)),
        passed=ended[Ended.PASS],
        failed=tuple(c.id for c in checks if c.state is Ended.FAIL),
        not_run=ended[Ended.NOT_RUN],
    )


def _span(found: Measure) -> Span:
    return Span(found.low, None if isinf(found.high) else found.high)


def _resources(chosen: Placement, unknown: list[str]) -> dict[str, int] | None:
    """What its templates make in API Management; None, with the reason, where they make none."""
    try:
        types = Counter[str]()
        for row in built(arm_templates(chosen)):
            types[row.type] += row.count
    except InputError as error:
        unknown.append(str(error))
        return None
    held = {_OPERATIONS: operations_built(chosen.mapping.apis)}
    return {row.id: held.get(row.id, types[row.resource_type]) for row in shared_limits()}


def _networks(chosen: Placement, unknown: list[str]) -> Iterator[Network]:
    """The networks that it makes or fills; what is inside the cluster alone is in nobody's way."""
    azure = chosen.workload.azure
    try:
        plan = address_plan(chosen)
    except InputError as error:
        unknown.append(str(error))
        return
    yield Network(plan.network, "the network of the cluster", bool(azure.address_space))
    if azure.gateway_subnet:
        yield Network(azure.gateway_subnet, "the subnet of API Management", True)
    if azure.hub_address_space:
        yield Network(azure.hub_address_space, "the free part of the hub", True)


def _told(found: Elsewhere) -> Told:
    return Told(found.caller.called, found.ids, found.port, found.firm, found.evidence.place)
