"""The outcome in sentences, shared by pages, decision record and command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isinf

from apim_aks.decision.changes import Effect, WayBack
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.exposed import of_the_system
from apim_aks.decision.measures import amount, missing_criteria, number
from apim_aks.decision.not_compared import beside, beside_sentence, means
from apim_aks.decision.priced import currency, priced_elsewhere
from apim_aks.decision.ranking import Flip, Hinge, Ranking, Robustness, Standing, robustness
from apim_aks.decision.requirements import NotCompared, RuledOut, Undecided
from apim_aks.decision.stated import not_stated, rests_on
from apim_aks.facts import axis, criteria, criterion, requirement_row
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.listing import listed
from apim_aks.rounding import rounded

CLOSE = 0.02
"""A lead below this share of the whole scale is called narrow."""

NO_WEIGHT = "Changing any single weight does not change the winner."
NO_REMOVAL = "Removing any single requirement does not change the winner."
NO_JUDGEMENT = "Changing any single judgement or unknown does not change the winner."


def outcome(design: Design) -> str:
    """The verdict in one sentence with its reason, what it leaves open, and how firm it is."""
    parts = (
        answer(design),
        not_stated(design),
        of_the_system(design),
    )
    return " ".join(part for part in parts if part)


def answer(design: Design) -> str:
    """The verdict with its reason, what it leaves uncompared, and how firm it is."""
    parts = (
        _unknown_decision(design),
        verdict_sentence(design),
        rests_on(design),
        beside_sentence(design),
        firmness(design),
        share_sentence(design),
    )
    return " ".join(part for part in parts if part)


def share_sentence(design: Design) -> str:
    """The share of nearby weightings in which the first stays first; empty with one option."""
    if len(design.ranking.standings) < 2:
        return ""
    nearby = dict(robustness_of(design).nearby)[design.ranking.winner]
    stays = "As scored, it stays first" if design.ranking.undecided_on else "It stays first"
    return f"{stays} in {percent(nearby)} of the weightings within half of the stated ones."


def verdict_sentence(design: Design) -> str:
    """The winning option with tier and reason, or what it is undecided on."""
    chosen, ranking = design.chosen, design.ranking
    if chosen is None:
        return _nobody(design)
    name = f"{chosen.option.title} ({chosen.tier.name})"
    open_ = "".join(f" {undecided_sentence(design, u)}." for u in chosen.undecided)
    if design.recorded:
        return f"{_recorded(design, chosen, name)}.{open_}"
    if len(ranking.standings) == 1:
        only = "option compared" if beside(design) else "option"
        left = f"it is the only {only} that no requirement rules out"
        whole = f"it is the only {only} that meets every requirement"
        return f"{name} comes first because {left if open_ else whole}.{open_}"
    place = "is ahead" if ranking.hinges else "comes first"
    return f"{_undecided(ranking)}{name} {place} because {_reason(design, ranking)}.{open_}"


def _unknown_decision(design: Design) -> str:
    if design.recorded or not design.workload.decided:
        return ""
    return f"The recorded decision names {design.workload.decided!r}, which is none of the options."


def _nobody(design: Design) -> str:
    if beside(design):
        return "No option that is compared meets every requirement."
    return "No option meets every requirement."


def _undecided(ranking: Ranking) -> str:
    on = [inside(criterion(id).label) for id in ranking.undecided_on]
    return f"Undecided on {' and '.join(on)}: " if on else ""


def holds(design: Design) -> bool:
    """The recorded option meets every requirement and is first; true where none is recorded.

    An option that is not compared cannot be shown to be first, so that its decision fails.
    """
    return design.workload.decided in ("", design.ranking.winner)


def _recorded(design: Design, chosen: Placement, name: str) -> str:
    if chosen.ruled_out:
        return f"The recorded option, {name}, is ruled out because {chosen.ruled_out[0].reason}"
    if chosen.beside:
        lacking = chosen.not_compared
        why = " and ".join(n.reason for n in lacking)
        more = f"{means(lacking)} would change that and is not compared"
        return f"The recorded option, {name}, is not confirmed: {why} as it is drawn; {more}"
    if design.ranking.winner == chosen.option.id:
        return f"The recorded option, {name}, is still first"
    first = design.placement(design.ranking.winner)
    return (
        f"The recorded option, {name}, is no longer first: {first.option.title} comes first "
        f"because {_reason(design)}"
    )


def _reason(design: Design, ranking: Ranking | None = None) -> str:
    """What the first has more than its nearest rival, with both numbers, and what it pays."""
    found = ranking or design.ranking
    first, rival = found.standings[0], nearest_rival(found)
    theirs = {s.criterion: s.contribution for s in rival.scores}
    gains = sorted((theirs[s.criterion] - s.contribution, s.criterion) for s in first.scores)
    named = f" in {title(design, rival.option)}, the nearest rival"
    best = [id for gain, id in gains if gain < 0][:2]
    if not best:
        return f"it is listed before {title(design, rival.option)}, its equal"
    sides = [_sides(design, first, rival, id, "" if at else named) for at, id in enumerate(best)]
    paid = [_sides(design, first, rival, id) for gain, id in gains[::-1] if gain > 0][:1]
    return f"of {' and '.join(sides)}" + "".join(f"; it is worse in {side}" for side in paid)


def _sides(design: Design, one: Standing, other: Standing, id: CriterionId, named: str = "") -> str:
    row, elsewhere = criterion(id), priced_elsewhere(design)
    prices = f"; {elsewhere}" if row.money and elsewhere else ""
    pair = f"{_text(design, one, id)} against {_text(design, other, id)}"
    return f"{inside(row.label)} ({pair}{named}{prices})"


def nearest_rival(ranking: Ranking) -> Standing:
    """The option that the smallest change of one weight would put first, else the second."""
    nearest = _nearest(ranking.flips)
    others = ranking.standings[1:]
    return next((s for s in others if nearest and s.option == nearest[3]), others[0])


def _text(design: Design, standing: Standing, id: CriterionId) -> str:
    """The number of a measure in words, money with its currency, a level with its scale."""
    found, row = design.placement(standing.option).measure(id).text, criterion(id)
    return f"{currency()} {found}" if row.money else f"{found}{row.out_of}"


def not_known(design: Design) -> tuple[CriterionId, ...]:
    """Criteria that are not counted, not scored, or open at one end in an option that is in."""
    measures = [m for p in design.placements if p.within for m in p.measures]
    open_ = {m.id for m in measures if not m.scored or isinf(m.high)}
    return tuple(c.id for c in criteria() if c.id in open_ or c in missing_criteria())


def title(design: Design, option: str) -> str:
    """The title of an option; `no option` for none."""
    return design.placement(option).option.title if option else "no option"


def inside(label: str) -> str:
    """A label inside a sentence: a small first letter, abbreviations and names as they are."""
    kept = label[1:2].isupper() or label.startswith("Kubernetes")
    return label if kept else label[:1].lower() + label[1:]


def percent(share: float) -> str:
    """A share in percent, with a decimal where it has one."""
    return f"{number(rounded(100 * share, 1))} %"


def firmness(design: Design) -> str:
    """How far ahead the first is, its ties, and the nearest weight that changes the winner."""
    ranking = design.ranking
    if len(ranking.standings) < 2:
        return ""
    said = _lead(ranking)
    if ranking.tied_with:
        rivals = " and ".join(title(design, o) for o in ranking.tied_with)
        said += f" It is a tie with {rivals}: one step of a single judgement changes the winner."
    nearest = _nearest(ranking.flips)
    if nearest is None:
        return f"{said} {NO_WEIGHT}"
    id, now, then, option = nearest
    label, side = inside(axis(id).label), "less" if then < now else "more"
    turned = f"{title(design, option)} would come first if {label} weighed {side} than"
    return f"{said} {turned} {percent(then)} (now {percent(now)})."


def _lead(ranking: Ranking) -> str:
    """A lead that an unknown end would turn is neither narrow nor clear."""
    if ranking.undecided_on:
        return f"The lead, {ranking.lead:.3f} as scored, depends on what is not known."
    size = "narrow" if ranking.lead < CLOSE else "clear"
    return f"The lead is {size}, {ranking.lead:.3f} on a scale of 0 to 1."


def _nearest(flips: Sequence[Flip]) -> tuple[str, float, float, str] | None:
    found = [
        (f.axis, f.weight, crossing[0], crossing[1])
        for f in flips
        for crossing in (f.below, f.above)
        if crossing
    ]
    return min(found, key=lambda c: abs(c[2] - c[1]), default=None)


def flip_sentences(design: Design, flip: Flip) -> Iterator[str]:
    """How far the weight of an axis has to move, down and up, before another option is first."""
    for word, end in (("below", flip.below), ("above", flip.above)):
        if end:
            yield (
                f"{axis(flip.axis).label} {word} {percent(end[0])} (now {percent(flip.weight)}): "
                f"{title(design, end[1])} comes first"
            )


def hinge_sentence(design: Design, hinge: Hinge) -> str:
    """A value that the verdict depends on, and the winner at its other value."""
    row = criterion(hinge.criterion)
    kind = "were judged" if hinge.judgement else "were in fact"
    at = amount(hinge.criterion, hinge.value)
    return (
        f"If {inside(row.label)} of {title(design, hinge.option)} {kind} {at} instead of "
        f"{hinge.found}, {title(design, hinge.winner)} would come first"
    )


def effect_sentence(design: Design, effect: Effect) -> str:
    """The effect of a changed requirement on the first place."""
    open_ = ", ".join(title(design, o) for o in effect.beside)
    end = f"; {open_} would not be compared" if open_ else ""
    if not effect.winner:
        none = (
            "no option that is compared meets it" if open_ else "no option meets every requirement"
        )
        return f"{effect.change.sentence}: {none}{end}"
    if effect.winner == design.ranking.winner:
        return f"{effect.change.sentence}: the first place does not change{end}"
    return f"{effect.change.sentence}: {title(design, effect.winner)} would come first{end}"


def way_back_sentence(design: Design, way: WayBack) -> str:
    """The requirements to relax, and the options that would no longer be ruled out."""
    changes = " together with ".join(c.sentence for c in way.changes)
    options = listed([title(design, o) for o in way.options])
    return f"{changes}: {options} would no longer be ruled out"


def ruled_out_sentence(design: Design, out: RuledOut) -> str:
    """Why an option is out: the requirement and the fact."""
    label = inside(requirement_row(out.requirement).label)
    return f"{title(design, out.option)} is ruled out: {out.reason} (requirement: {label})"


def undecided_sentence(design: Design, open_: Undecided) -> str:
    """Whether an option meets a requirement cannot be told: which, and because of what."""
    label = inside(requirement_row(open_.requirement).label)
    named = title(design, open_.option)
    return f"Undecided whether {named} meets the requirement {label}: {open_.reason}"


def not_compared_sentence(design: Design, found: NotCompared) -> str:
    """What an option misses as drawn, and what would meet it and is not compared."""
    label = inside(requirement_row(found.requirement).label)
    return (
        f"{title(design, found.option)} is not compared with {means((found,))}, which would meet "
        f"a requirement ({label}). As drawn: {found.reason}"
    )


def robustness_of(design: Design) -> Robustness:
    """How often each option comes first under other weights, drawn once for a design."""
    return design.once(_robustness)


def _robustness(design: Design) -> Robustness:
    return robustness(design.ranking)


def robustness_sentence(design: Design, found: Robustness) -> str:
    """Over how many weightings the first stays first, with the error of the estimate."""
    first = design.ranking.winner
    if not first:
        return ""
    anywhere, nearby = dict(found.anywhere)[first], dict(found.nearby)[first]
    return (
        f"{title(design, first)} comes first in {percent(nearby)} of the weightings within half "
        f"of the stated ones, and in {percent(anywhere)} of all ({found.draws:,} draws, standard "
        f"error at most {percent(found.error)})."
    )
