"""The decision record: which option, because of what, and what would change it (MADR form)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from apim_aks.check import Check
from apim_aks.decision import Flip
from apim_aks.design import Design, Placement
from apim_aks.design_json import fact_dates
from apim_aks.facts import axis, claim, criterion
from apim_aks.measures import Measure, measured_criteria, missing_criteria, number
from apim_aks.page.verdict import NOT_COMPARED, firmness, verdict_sentence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def decision_record(design: Design, checks: Sequence[Check]) -> str:
    """The decision as Markdown: question, drivers, options, outcome, consequences, confirmation."""
    sections = (
        ("Question", _question(design)),
        ("Drivers", _drivers(design)),
        ("Options considered", _considered(design)),
        ("Outcome", [escaped(outcome(design))]),
        ("Consequences", _consequences(design)),
        ("Ruled out", _ruled_out(design)),
        ("Confirmation", _confirmation(design, checks)),
        ("What would change it", _flips(design)),
        ("Dates of the facts", _dates()),
    )
    title = f"# {escaped(design.workload.title)}: where API Management stands before the cluster\n"
    bodies = (f"## {heading}\n\n" + "\n".join(lines) + "\n" for heading, lines in sections)
    return "\n".join([title, *bodies])


def escaped(text: str) -> str:
    """Text of others in one line of Markdown, with nothing in it that Markdown would act on."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def outcome(design: Design) -> str:
    """The verdict in one sentence with its reason, and how firm it is."""
    return f"{verdict_sentence(design)} {firmness(design)}".strip()


def _name(placement: Placement) -> str:
    return f"{escaped(placement.option.title)} (`{placement.option.id}`)"


def _percent(share: float) -> str:
    return number(round(100 * share, 1))


def _inside(label: str) -> str:
    """A label inside a sentence: small first letter, abbreviations as they are."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _question(design: Design) -> list[str]:
    mapping, workload = design.mapping, design.workload
    callers = ", ".join(c.label.removeprefix("Consumers ") for c in workload.consumers)
    return [
        f"How do {len(mapping.published)} Services of {escaped(workload.title)}, published as "
        f"{len(mapping.apis)} APIs with {len(mapping.operations)} operations, reach consumers "
        f"{callers} through API Management?"
    ]


def _drivers(design: Design) -> list[str]:
    return [
        f"- {axis(id).label}: weight {_percent(weight)} %. {axis(id).sentence}"
        for id, weight in design.ranking.weights
    ]


def _considered(design: Design) -> list[str]:
    totals = {s.option: s.total for s in design.ranking.standings}
    missing = ", ".join(_inside(c.label) for c in missing_criteria())
    lines = [f"- {_considered_line(p, totals)}" for p in design.placements]
    if missing:
        lines += ["", f"Not weighed yet: {missing}."]
    return [
        *lines,
        "",
        f"Not considered: {'; '.join(NOT_COMPARED.values())}.",
    ]


def _considered_line(placement: Placement, totals: dict[str, float]) -> str:
    pinned = ", pinned" if placement.pinned else ""
    head = f"{_name(placement)} on {placement.tier.name}{pinned}"
    if placement.option.id in totals:
        return f"{head}: {_percent(totals[placement.option.id])} of 100"
    return f"{head}: ruled out"


def _consequences(design: Design) -> list[str]:
    chosen = design.chosen
    if chosen is None:
        return ["None, as nothing is chosen."]
    good = [m for m in chosen.measures if _side(design, chosen, m) > 0]
    bad = [m for m in chosen.measures if _side(design, chosen, m) < 0]
    return [
        *(f"- Good: {_counted(m)}; {_against(design, m)}" for m in good),
        *(f"- Bad: {_counted(m)}; {_against(design, m)}" for m in bad),
        *(f"- Good: {escaped(claim(id).statement)} ({id})" for id in chosen.option.gains),
        *(f"- Bad: {escaped(claim(id).statement)} ({id})" for id in chosen.option.costs),
    ]


def _side(design: Design, chosen: Placement, measure: Measure) -> int:
    """1 where no option does better and one does worse, -1 the other way round, else 0."""
    sign = 1 if criterion(measure.id).direction == "higher" else -1
    values = [sign * p.measure(measure.id).low for p in design.placements]
    own = sign * measure.low
    if min(values) == max(values) or own not in (min(values), max(values)):
        return 0
    return 1 if own == max(values) else -1


def _counted(measure: Measure) -> str:
    row = criterion(measure.id)
    return f"{row.label}, {measure.text} ({row.unit})"


def _against(design: Design, measure: Measure) -> str:
    lows = [p.measure(measure.id).low for p in design.placements]
    return f"the options lie between {number(min(lows))} and {number(max(lows))}"


def _ruled_out(design: Design) -> list[str]:
    return [
        f"- {_name(design.placement(out.option))} by `{out.requirement}`: {escaped(out.reason)} "
        f"(source: {escaped(out.source)})"
        for out in design.ranking.ruled_out
    ] or ["Nothing: every option meets the requirements that are set."]


def _confirmation(design: Design, checks: Iterable[Check]) -> list[str]:
    option = design.chosen.option.id if design.chosen else ""
    own = [c for c in checks if c.option == option]
    return [
        f"- `{c.id}`: {escaped(c.expected)}. {c.state.label.capitalize()}"
        + (f", {escaped(c.reason)}" if c.reason else "")
        for c in own
    ] or ["Nothing to confirm."]


def _flips(design: Design) -> list[str]:
    moves = [line for flip in design.ranking.flips for line in flip_sentences(flip)]
    return [f"- {line}" for line in moves] or ["No weight changes the outcome."]


def flip_sentences(flip: Flip) -> Iterator[str]:
    """How far the weight of an axis has to move, down and up, before another option is first."""
    for word, end in (("below", flip.below), ("above", flip.above)):
        if end:
            weight, option = end
            yield (
                f"{axis(flip.axis).label} {word} {_percent(weight)} % "
                f"(now {_percent(flip.weight)} %): `{option}` comes first"
            )


def _dates() -> list[str]:
    scored = len(measured_criteria())
    return [
        *(f"- {name}: checked on {day} or later" for name, day in fact_dates().items()),
        "",
        f"{scored} criteria are counted on the topology of each option.",
    ]
