"""The page that says who reaches which Service, today and under each option, with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.reached import TODAY, Reached, reached
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.listing import counted, listed
from apim_aks.options.narrowing import narrowed
from apim_aks.page.counterexamples import counterexample_picture, counterexamples, paths
from apim_aks.page.document import GLOSSARY, document
from apim_aks.page.html import (
    ROWS,
    Content,
    Html,
    element,
    folded,
    items,
    joined,
    mark,
    paragraph,
    source,
    table,
)
from apim_aks.page.option_page import WHO_REACHES, figure
from apim_aks.page.tables.reach_matrix import reach_matrix
from apim_aks.page.tables.reach_reasons import HEADS, of_zone
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.zones import Zone

_NOTHING = " No Service of a manifest was read, and nothing else says who gets to pods."
_ADDRESSES = {
    Zone.INTERNET: "public addresses, without Azure's, and without the gateway's where it is known",
    Zone.REGION: "addresses of every tenant of the region: public, and nobody knows which",
    Zone.NETWORK: "the network of the nodes, without the subnets of gateway, nodes and pods",
    Zone.PEERED: "networks that are peered with it",
    Zone.ON_PREMISES: "networks behind a gateway of the network, or of a peered one that lends it",
    Zone.GATEWAY: "the subnet of API Management, or the addresses that its calls come from",
}
_INSIDE = (
    ("Pods", "the workloads of the cluster, and any pod that somebody may create beside them"),
    ("Nodes", "they may always call the pods that they run, and are in no column"),
)
_AGREES = ": nothing is open to anybody whom the design keeps out, or without what it asks for."


def reachability(design: Design) -> str:
    """reachability.html, whole."""
    states = reached(design)
    title = f"{WHO_REACHES}: {design.workload.title}"
    body = joined(
        (
            element("h1", title),
            _lead(),
            _section("short", "In short", _summary(states)),
            *_sections(states),
            _section("words", "What the words mean", _words()),
            _section("assumptions", "What every answer rests on", _assumptions()),
        )
    )
    inside = f'<div class="workbook">{body.text}</div>'
    return document(title, inside, home="index.html", sheet="reachability.css")


def _lead() -> Html:
    return paragraph(
        "Computed from the workload's own manifests, and for each option from its generated "
        "manifests and templates as well, as they stand after closing. Nothing is "
        "sampled and nothing was sent anywhere. Each Service opens to its reasons, and each answer "
        "leads to its own; all of it stands in ",
        element("a", "reachability.json", href="reachability.json"),
        " too.",
    )


def _section(id: str, title: str, body: Html) -> Html:
    return element("section", element("h2", title, id=id), body, aria_labelledby=id)


def _summary(states: Sequence[Reached]) -> Html:
    return table(
        "Ports that are open to each source",
        states,
        Column("State", lambda s: element("a", s.title, href=f"#{s.id}")),
        Column("Ports", lambda s: len(s.ports)),
        *(Column(head, _counter(zone)) for zone, head in HEADS.items()),
        Column("Open beyond the design", _beside),
    )


def _counter(zone: Zone) -> Callable[[Reached], Content]:
    return lambda state: _count(state, zone)


def _count(state: Reached, zone: Zone) -> Html:
    found = [of_zone(port, zone).answer for port in state.ports]
    open_, unknown = (found.count(a) for a in (Answer.OPEN, Answer.UNKNOWN))
    if not found:
        return mark("none", "?", "not proved")
    if not (open_ or unknown):
        return mark("pass", "✓", "closed")
    said = f"{unknown} unknown" if unknown else ""
    if not open_:
        return mark("none", "?", said)
    return mark("plain", "", f"{open_} open") + (element("small", said) if said else Html(""))


def _beside(state: Reached) -> Html:
    if state.placement is None:
        return mark("none", "–", "nothing is designed yet")
    if not state.ports:
        return mark("none", "?", "not proved")
    found = len(counterexamples(state))
    return mark("fail", "✗", counted(found, "port")) if found else mark("pass", "✓", "nothing")


def _sections(states: Sequence[Reached]) -> Iterator[Html]:
    """Each state; a matrix that an earlier one has word for word is not repeated."""
    shown: dict[object, Reached] = {}
    for number, state in enumerate(states):
        first = shown.setdefault(_answers(state), state)
        parts = (
            _engine(state),
            _refused(state),
            _design(state.placement, state) if state.placement else Html(""),
            _narrowed(state.placement) if state.placement else Html(""),
            _matrix(state, f"v{number}") if first is state else _same(first),
            folded("What was not understood", items(state.doubts[:ROWS]))
            if state.doubts
            else Html(""),
        )
        yield _section(state.id, state.title, joined(parts))


def _matrix(state: Reached, id: str) -> Html:
    """Open for today, which every option is read against; folded for the options."""
    whole = reach_matrix(state, id)
    if state.id == TODAY or not state.ports:
        return whole
    return folded(f"Port by port, with reasons ({counted(len(state.ports), 'port')})", whole)


def _refused(state: Reached) -> Html:
    if state.refused:
        return paragraph(mark("fail", "✗", "not made"), f" {state.refused}")
    if not state.ports:
        return paragraph(mark("none", "?", "not proved"), _NOTHING)
    return Html("")


def _answers(state: Reached) -> object:
    """What a matrix shows."""
    return tuple(
        (p.service, p.port, p.published, p.zones, p.inside, p.claim and p.claim.reach)
        for p in state.ports
    )


def _same(first: Reached) -> Html:
    link = element("a", first.title, href=f"#{first.id}")
    return paragraph("Every answer, with its reasons, is the one that stands under ", link, ".")


def _engine(state: Reached) -> Html:
    if state.id == TODAY:
        said = (
            "The workload's objects as they were read; no template says which network they run in. "
        )
    else:
        said = "What the cluster holds once all manifests are applied, in the templates' network. "
    return paragraph(said, _enforced(state))


def _enforced(state: Reached) -> str:
    if state.engine is None:
        return (
            "Who enforces network policies is not known, so that none closes anything; "
            "network_policy under azure in workload.yaml says it."
        )
    if state.assumed:
        return (
            "Assumed: every network policy is enforced as its text says, as nobody said by whom "
            "(azure.network_policy in workload.yaml)."
        )
    if state.engine is Engine.NONE:
        return "Network policies are accepted and ignored."
    return f"Network policies are enforced by the engine {state.engine.value}."


def _design(placement: Placement, state: Reached) -> Html:
    """Whether the files agree with what is drawn, and the picture where they do not."""
    found = counterexamples(state)
    if not state.ports:
        return Html("")
    if not found:
        return paragraph(_agrees(state)) + _left(state)
    verb = "is" if len(found) == 1 else "are"
    lead = paragraph(
        mark("fail", "✗", counted(len(found), "port")),
        f" {verb} open beyond the design; the dashed arrow shows it:",
    )
    caption = f"What the files open beyond the design of {placement.option.title}."
    drawing = figure(counterexample_picture(placement, found), caption)
    return lead + items(paths(found)) + drawing + _left(state)


def _narrowed(placement: Placement) -> Html:
    """Policies of the reader's that would let in somebody whom the design keeps out."""
    found = narrowed(placement.workload, placement.topology)
    if not found:
        return Html("")
    said = (
        f"{guard.kind} {guard.name} ({guard.place}) lets in whoever reaches the network. "
        "After closing it admits nobody beside those whom the policies of the design "
        "admit; the file as it is today is the rollback."
        for guard in found
    )
    return joined(paragraph(sentence) for sentence in said)


def _agrees(state: Reached) -> Html:
    unsure = sum(
        v.answer is Answer.UNKNOWN and p.claim.covers(v) is False
        for p in state.ports
        if p.claim
        for v in p.zones
    )
    if unsure:
        said = " where the design keeps somebody out."
        return mark("none", "?", f"{counted(unsure, 'answer')} unknown") + element("span", said)
    return mark("pass", "✓", "as designed") + element("span", _AGREES)


def _left(state: Reached) -> Html:
    """Services that no API leads to, which an option leaves as they are."""
    open_ = [
        f"{p.service} on {p.port}, to {listed([Zone(v.source).words for v in zones])}"
        for p in state.ports
        if p.claim is None and (zones := [v for v in p.zones if v.answer is Answer.OPEN])
    ]
    if not open_:
        return Html("")
    return folded(
        f"Not published, left as it is, and open from outside: {len(open_)}", items(open_[:ROWS])
    )


def answers() -> tuple[tuple[str, Content], ...]:
    """What each answer means."""
    return (
        (
            "✗ open",
            "Every filter on one way lets a packet through, which is shown with what admits it.",
        ),
        ("● open, as drawn", "The same, to somebody who is to connect there."),
        ("✓ closed", "On every way a filter lets nothing through, whatever is not known."),
        ("? unknown", "Anything else; what was not understood is named, and nothing is guessed."),
    )


def sources() -> tuple[tuple[str, Content], ...]:
    """Whom each column is about."""
    return (*((HEADS[zone], words) for zone, words in _ADDRESSES.items()), *_INSIDE)


def _words() -> Html:
    link = element("a", "the glossary", href=f"{GLOSSARY}#answers")
    return paragraph("Open, closed and unknown, and who connects: ", link, " says what they mean.")


def _assumptions() -> Html:
    return table(
        "Assumptions about the input, the cluster and Azure",
        reach_assumptions(),
        Column("Id", lambda a: a.id),
        Column("Assumption", lambda a: a.words),
        Column("Source", lambda a: source(a.source)),
    )
