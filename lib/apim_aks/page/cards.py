"""The placements as cards: picture, cost, public endpoints and rank."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.outcome import inside
from apim_aks.decision.priced import currency
from apim_aks.facts import requirement_row
from apim_aks.facts.criterion_ids import MONTHLY_COST, PUBLIC_ENDPOINTS
from apim_aks.listing import listed
from apim_aks.page.diagram import Picture
from apim_aks.page.document import Link
from apim_aks.page.html import Html, element, joined, mark
from apim_aks.page.pictures import pictures

_VIEW = re.compile(r' viewBox="([^"]+)"')


def cards(design: Design, notebooks: Sequence[Link]) -> Html:
    """A card for each option, those ranked first, in their order."""
    places = {s.option: place for place, s in enumerate(design.ranking.standings, 1)}
    last = len(places) + 1
    ordered = sorted(design.placements, key=lambda p: places.get(p.option.id, last))
    pages = {file.removesuffix(".html") for file, _ in notebooks}
    found = (_card(design, p, places.get(p.option.id, 0), pages) for p in ordered)
    return element("ol", *found, class_="placements", role="list")


def _card(design: Design, placement: Placement, place: int, pages: set[str]) -> Html:
    option = placement.option
    href = f"{option.chapter}.html" if option.chapter in pages else f"#{picture_id(option.id)}"
    paid, shown = (placement.measure(id).text for id in (MONTHLY_COST, PUBLIC_ENDPOINTS))
    endpoints = "endpoint" if shown == "1" else "endpoints"
    chosen = ", ".join(filter(None, (placement.tier.name, placement.choices.words)))
    return element(
        "li",
        _thumbnail(pictures(design)[option.id], option.id),
        element("a", option.title, href=href, class_="title"),
        _standing(design, placement, place),
        element("p", element("strong", f"{currency()} {paid}"), " a month"),
        element("p", element("strong", shown), f" public cluster {endpoints}"),
        element("small", chosen),
        class_="card",
        data_card=option.id,
    )


def _standing(design: Design, placement: Placement, place: int) -> Html:
    """The place among those ranked, which moves with the weights, or why there is none."""
    if not place:
        sign, kind = ("?", "warn") if placement.beside else ("✗", "fail")
        missed = [inside(requirement_row(id).label) for id in _missed(placement)]
        said = f"; required: {listed(missed)}"
        return element("p", mark(kind, sign, placement.standing), said)
    total = design.ranking.standings[place - 1].total
    parts = [
        element("strong", "Place ", element("span", str(place), data_place="yes")),
        element("span", f" ({total:.3f})", data_sum="yes"),
    ]
    if placement.undecided:
        parts.append(element("span", " ", mark("warn", "?", "undecided")))
    if design.recorded is placement:
        parts.append(element("span", " ", mark("plain", "●", "recorded")))
    return element("p", joined(parts))


def _missed(placement: Placement) -> tuple[str, ...]:
    found = placement.ruled_out or placement.not_compared
    return tuple(dict.fromkeys(f.requirement for f in found))


def _thumbnail(drawn: Picture, option: str) -> Html:
    """The picture again and small: what is drawn further down, so that it is here only once."""
    view = _VIEW.search(drawn.svg)
    seen = view[1] if view else ""
    return Html(
        f'<svg class="thumbnail" viewBox="{seen}" aria-hidden="true" focusable="false">'
        f'<use href="#{picture_id(option)}"></use></svg>'
    )


def picture_id(option: str) -> str:
    """The id of this option's picture on a page."""
    return f"picture-{option}"
