"""The short answer of each notebook, worked out from the workload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.apis.mapping import Api
from apim_aks.artefacts.bundle import artefacts
from apim_aks.artefacts.manifests import Phase
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.not_compared import means
from apim_aks.decision.outcome import answer, inside, nearest_rival
from apim_aks.decision.priced import at_prices, currency
from apim_aks.decision.stated import not_stated
from apim_aks.facts import concerns, criterion
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY, MONTHLY_COST, PUBLIC_ENDPOINTS
from apim_aks.listing import counted, listed
from apim_aks.options import without_gateway
from apim_aks.page.html import Html, element, items
from apim_aks.page.option_page import consumers_know
from apim_aks.topology.check import State
from apim_aks.verification import check_option


def _answer(sentences: Sequence[str]) -> Html:
    """One sentence as a paragraph, several as a list below its heading."""
    head = element("strong", "Short answer.")
    if len(sentences) == 1:
        return element("p", head, f" {sentences[0]}", class_="verdict")
    return element("div", head, items(sentences), class_="verdict")


def stated_answer(design: Design) -> Html:
    """Which workload all notebooks are about, and what was said about it."""
    count = counted(len(design.workload.named_requirements), "requirement")
    said = f"{design.workload.title} is the workload, with {count} stated. {not_stated(design)}"
    return _answer([said.rstrip()])


def gateway_answer(design: Design, placement: Placement) -> Html:
    """Where the concerns stand and what consumers know, without a gateway and with one."""
    published, places = len(design.mapping.published), len(concerns())
    direct = without_gateway.before(design.workload, design.mapping)
    before, after = consumers_know(direct), consumers_know(placement.topology)
    said = (
        f"{counted(published, 'published Service')} with {places} concerns each make "
        f"{published * places} places to write, test and patch them; with a gateway there are "
        f"{places}. Addresses that consumers have to know: {before} without it, {after} with it "
        f"({placement.option.title})."
    )
    return _answer([said])


def mapping_answer(design: Design) -> Html:
    """How many Services become how many APIs, and what the owners have to look at."""
    mapping = design.mapping
    shared = [a for a in mapping.apis if len(a.services) > 1]
    wild = [a for a in mapping.apis if any(o.wildcard for o in a.operations)]
    said = (
        f"{len(mapping.published)} of {counted(len(mapping.decisions), 'Service')} "
        f"{'becomes' if len(mapping.published) == 1 else 'become'} "
        f"{counted(len(mapping.apis), 'API')} with {counted(len(mapping.operations), 'operation')}."
    )
    more = [
        f"{_of(shared, 'stands', 'stand')} before several Services" if shared else "",
        f"{_of(wild, 'passes', 'pass')} every call on, for want of a document" if wild else "",
        f"{counted(len(mapping.collisions), 'collision')} to settle" if mapping.collisions else "",
    ]
    rest = [m for m in more if m]
    return _answer([f"{said} {listed(rest)[:1].upper()}{listed(rest)[1:]}." if rest else said])


def _of(apis: Sequence[Api], one: str, several: str) -> str:
    return f"{len(apis)} of them {one if len(apis) == 1 else several}"


def placements_answer(design: Design, *placements: Placement) -> Html:
    """Where each of these stands, and what it costs and opens."""
    return _answer([" ".join(_standing(design, p)) for p in placements])


def _standing(design: Design, placement: Placement) -> Iterator[str]:
    title, tier = placement.option.title, placement.tier.name
    places = {s.option: place for place, s in enumerate(design.ranking.standings, 1)}
    if place := places.get(placement.option.id):
        yield f"{title} on {tier} takes place {place} of {len(places)}."
    elif placement.beside:
        yield f"{title} on {tier} is not compared: it would need {means(placement.not_compared)}."
    else:
        yield f"{title} on {tier} is ruled out: {placement.ruled_out[0].reason}."
    around = criterion(AROUND_THE_GATEWAY)
    yield (
        f"It costs {currency()} {placement.measure(MONTHLY_COST).text} "
        f"{at_prices(design, 'a month')}, "
        f"{inside(criterion(PUBLIC_ENDPOINTS).label)}: {placement.measure(PUBLIC_ENDPOINTS).text}, "
        f"{inside(around.label)}: {placement.measure(around.id).text}{around.out_of}."
    )


def decision_answer(design: Design) -> Html:
    """Where the first placement and its nearest rival stand; the verdict itself follows below."""
    ranking = design.ranking
    if len(ranking.standings) < 2:
        return _answer([answer(design)])
    pair = (ranking.standings[0].option, nearest_rival(ranking).option)
    return placements_answer(design, *map(design.placement, pair))


def checks_answer(design: Design, placement: Placement) -> Html:
    """What would be deployed, and how the checks of this placement end without Azure."""
    own = check_option(design, placement.option.id)
    ended = listed([f"{sum(c.state is s for c in own)} {s.label}" for s in State])
    built = artefacts(placement)
    later = [m for m in built.manifests if m.phase is Phase.CLOSE]
    return _answer(
        [
            f"{placement.option.title} takes {counted(len(built.stages), 'deployment')} and "
            f"{counted(len(built.manifests), 'manifest file')}, {len(later)} of which change what "
            f"serves callers today. Of its {counted(len(own), 'check')}: {ended}."
        ]
    )
