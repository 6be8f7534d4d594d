"""What design.json says, part by part, as subjects with attributes that people can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import islice
from math import inf
from typing import Any

from apim_aks.decision.measures.model import Measure
from apim_aks.decision.priced import unit_of
from apim_aks.difference.attributes import COUNTED, UNNAMED, Facet
from apim_aks.difference.change import Part
from apim_aks.facts import Criterion, criteria
from apim_aks.facts.criterion_ids import MONTHLY_COST

Data = Mapping[str, Any]
Said = Iterator[tuple[str, dict[str, str]]]

DECIDING = ("First", "Recorded decision")
HOLDS = "Recorded decision holds"
"""Subjects of the decision: what says which option is followed, and whether it should be."""
PRICES = "prices"

_SHORT = 12
_LINE = re.compile(r" line \d+")
"""What moves with every line that is written above it, and is no change by itself."""
_ASIDE = ("id", "name", "file", "line", "scores")


def facets(data: Data) -> dict[Part, Facet]:
    """The parts of a design that are lists of values.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the data are no design.
    """
    found = {
        Part.INPUT: _input(data),
        Part.MAPPING: _mapping(data),
        Part.DECISION: _decision(data),
        Part.COST: _cost(data),
        Part.FACTS: _facts(data),
    }
    return {part: _together(said) for part, said in found.items()}


def _together(said: Said) -> Facet:
    """By subject; of one that is met again all attributes."""
    found: dict[str, dict[str, str]] = {}
    for subject, attributes in said:
        plain = {name: _LINE.sub("", value) for name, value in attributes.items()}
        found.setdefault(subject, {}).update(plain)
    return found


def _input(data: Data) -> Said:
    for file, digest in sorted(data["inputs"].items()):
        yield file, {"": f"SHA-256 {digest[:_SHORT]}"}
    for key, setting in data["workload"].items():
        if key not in ("name", "title", "decided"):
            yield f"workload.yaml: {key}", dict(_flat("", setting))
    for found in data["findings"]:
        left_out = "left out" if found["refused"] else "to know"
        yield f"{found['file']}: {found['found']}", {"": left_out}
    for opening in data["openings"]:
        subject = f"{opening['kind']} {opening['name']} ({opening['file']})"
        yield (
            subject,
            {f"{UNNAMED}{opening['cause']}": f"{opening['sentence']} {opening['detail']}".strip()},
        )
    for guard in data["guards"]:
        yield f"{guard['kind']} {guard['namespace']}/{guard['name']}", {"": guard["says"]}
    for call in data["calls"]:
        caller = f"{call['caller']['namespace']}/{call['caller']['name']}"
        port = f" port {call['port']}" if call["port"] else ""
        yield f"call of {caller} to {call['callee']}{port}", {"": call["state"]}


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Settings with their whole names; a list of plain values is one value."""
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        pairs = enumerate(value, 1)
    else:
        yield name, _value(value)
    for key, inner in pairs:
        if key not in _ASIDE or not isinstance(inner, (str, int)):
            yield from _flat(f"{name} {key}".strip().replace("_", " "), inner)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def _mapping(data: Data) -> Said:
    for service in data["services"]:
        first = {name: service[name] for name in ("published", "role", "type", "public", "reason")}
        yield f"Service {service['id']}", dict(_flat("", {**first, **service}))
    for api in data["apis"]:
        operations = api["operations"]
        rest = {k: v for k, v in api.items() if k not in ("operations", "path", "version")}
        head = {"path": address(api), "operations": str(len(operations))}
        yield f"API {api['id']}", {**head, **dict(_flat("", rest)), **dict(_operations(operations))}
    for collision in data["collisions"]:
        subject = f"{collision['method']} {collision['path']}"
        yield subject, {"": f"{collision['settled']}: {', '.join(collision['services'])}"}


def _operations(operations: Iterable[Data]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        rest = {k: v for k, v in operation.items() if k not in ("method", "template")}
        said = (f"{name} {value}" for name, value in _flat("", rest) if value not in ("none", "no"))
        yield f"{operation['method']} {operation['template']}", ", ".join(said)


def address(api: Data) -> str:
    """The path of an API with its version: `/orders/v1`."""
    return "/" + "/".join(filter(None, (api["path"], api["version"])))


def _decision(data: Data) -> Said:
    ranking = data["ranking"]
    followed = ranking["winner"] or "none", data["workload"]["decided"] or "none"
    yield from ((s, {"": value}) for s, value in zip(DECIDING, followed, strict=True))
    if data.get("decision_holds") is not None:
        yield HOLDS, {"": "yes" if data["decision_holds"] else "no"}
    yield "Weights", dict(_flat("", ranking["weights"]))
    places = {s["option"]: (n, s["total"]) for n, s in enumerate(ranking["standings"], 1)}
    for placement in data["placements"]:
        yield placement["option"], dict(_placement(placement, places.get(placement["option"])))


def _placement(placement: Data, place: tuple[int, float] | None) -> Iterator[tuple[str, str]]:
    """Where it stands, why it does not, what it is drawn with, and what is counted of it."""
    yield "rank", f"{place[0]}" if place else "none"
    for why in ("ruled_out", "undecided", "not_compared"):
        yield why.replace("_", " "), "; ".join(o["reason"] for o in placement[why]) or "no"
    for criterion in criteria():
        if criterion.id != MONTHLY_COST:
            yield from _counted(criterion.label, _measure(placement, criterion))
    yield "score", f"{place[1]:.3f}" if place else "none"
    rest = {k: placement[k] for k in ("tier", "tier_pinned", "choices", "ingress_controller")}
    yield from _flat("", {**rest, "admissions": placement["admissions"]})


def _counted(name: str, measure: Measure | None) -> Iterator[tuple[str, str]]:
    if measure:
        yield name, measure.text
        counted = (*measure.counted, measure.note, *measure.unproved)
        yield f"{name}{COUNTED}", "; ".join(filter(None, counted)) or "nothing"


def _measure(placement: Data, criterion: Criterion) -> Measure | None:
    """A measure as it was; None where it was not measured."""
    row = next((m for m in placement["measures"] if m["id"] == criterion.id), None)
    if row is None:
        return None
    known = {f.name: row[f.name] for f in fields(Measure)}
    ends = {end: inf if row[end] is None else row[end] for end in ("low", "high")}
    return Measure(**{**known, **ends})


def _cost(data: Data) -> Said:
    criterion = next(c for c in criteria() if c.id == MONTHLY_COST)
    for placement in data["placements"]:
        if measure := _measure(placement, criterion):
            counted = dict(islice(_counted("", measure), 1, None))
            yield placement["option"], {"": f"{measure.text} {unit_of(criterion)}", **counted}


def _facts(data: Data) -> Said:
    yield from ((f"oldest row of {table}", {"": day}) for table, day in data["fact_dates"].items())
    yield "criteria that are not counted", {"": _value(data["criteria_not_counted"])}
    if "prices" in data:
        yield PRICES, {"": data["prices"].partition(". ")[0]}
