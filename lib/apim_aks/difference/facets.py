"""What design.json says, part by part, as subjects with attributes that people can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from math import inf
from typing import Any

from apim_aks.decision.measures.model import Measure
from apim_aks.decision.priced import unit_of
from apim_aks.difference.attributes import COUNTED, DIGEST, PLACE, UNNAMED, Facet, Subject
from apim_aks.difference.change import Part
from apim_aks.facts import Criterion, criteria
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.options.choices import Choices
from apim_aks.workload.call import CallState

Data = Mapping[str, Any]
Said = Iterator[tuple[Subject, dict[str, str]]]

DECIDING = Subject("First"), Subject("Recorded decision")
HOLDS = Subject("Recorded decision holds")
"""Subjects of the decision: what says which option is followed, and whether it should be."""
PRICES = Subject("prices")
WORKLOAD = "workload.yaml"

_SHORT = 12
_LINE = re.compile(r" line \d+")
"""What moves with every line that is written above it, and is no change by itself."""
_SAID = ("type", "published", "public", "reason", "operations")
"""What is said of a Service before the rest, and the operations, which its API lists."""
_DECLARED = ("operation_id", "summary")
"""What of an operation stands in its document, and is nowhere else."""
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
    found: dict[Subject, dict[str, str]] = {}
    for subject, attributes in said:
        plain = {n: v if n == PLACE else _LINE.sub("", v) for n, v in attributes.items()}
        found.setdefault(subject, {}).update(plain)
    return found


def _input(data: Data) -> Said:
    for file, digest in sorted(data["inputs"].items()):
        yield Subject(file), {DIGEST: f"SHA-256 {digest[:_SHORT]}", PLACE: file}
    yield from _documents(data)
    for key, setting in data["workload"].items():
        if key not in ("name", "title", "decided"):
            yield Subject(f"{WORKLOAD}: {key}"), {**dict(_flat("", setting)), PLACE: WORKLOAD}
    for found in data["findings"]:
        left_out = "left out" if found["refused"] else "to know"
        yield Subject(found["found"]), {"": left_out, PLACE: _place(found)}
    yield from _objects(data)
    for call in data["calls"]:
        caller = f"{call['caller']['namespace']}/{call['caller']['name']}"
        port = f" port {call['port']}" if call["port"] else ""
        state = CallState(call["state"]).label
        yield Subject(f"call of {caller} to {call['callee']}{port}"), {"": state}


def _documents(data: Data) -> Said:
    """The OpenAPI documents with the operations that are declared in them."""
    found: dict[str, dict[str, str]] = {}
    for operation in (o for api in data["apis"] for o in api["operations"] if o.get("document")):
        said = {name: operation.get(name) for name in _DECLARED}
        declared = f"{operation['method']} {operation['path']}"
        found.setdefault(operation["document"], {})[declared] = ", ".join(_said(said))
    for file, operations in found.items():
        yield Subject(file), {**_list("operations", [*operations]), **operations, PLACE: file}


def _objects(data: Data) -> Said:
    """Services, what restricts access to pods, and what may open it."""
    for service in data["services"]:
        ports = ", ".join(f"{p['protocol']} {p['number']}" for p in service["ports"])
        said = {UNNAMED: service["type"], f"{UNNAMED}ports": ports, PLACE: _place(service)}
        yield Subject(f"Service {service['id']}"), said
    for guard in data["guards"]:
        subject = Subject(f"{guard['kind']} {guard['namespace']}/{guard['name']}")
        yield subject, {f"{UNNAMED}{guard['guard']}": guard["says"], PLACE: _place(guard)}
    yield from _openings(data)


def _openings(data: Data) -> Said:
    """What each object may open; a Service or a policy is told by its whole name."""
    names = {_place(s): f"Service {s['id']}" for s in data["services"]}
    names |= {_place(g): f"{g['kind']} {g['namespace']}/{g['name']}" for g in data["guards"]}
    for opening in data["openings"]:
        called, place = f"{opening['kind']} {opening['name']}".strip(), _place(opening)
        said = opening["sentence"].removeprefix(f"{called} ({place}) ").removeprefix(f"{place} ")
        known = names.get(place, "")
        subject = known if known.startswith(f"{opening['kind']} ") else called or place
        yield Subject(subject), {f"{UNNAMED}{opening['cause']}": f"it {said}", PLACE: place}


def _place(data: Data) -> str:
    """File and line, as far as they are known."""
    return f"{data['file']} line {data['line']}" if data.get("line") else str(data["file"])


def _list(name: str, items: Sequence[str]) -> dict[str, str]:
    """How many there are, and which."""
    return {name: str(len(items)), f"{name}{COUNTED}": "\n".join(items)}


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
        published = "published" if service["published"] else "not published"
        public = "with a public address" if service["public"] else "without a public address"
        first = {"type": service["type"], UNNAMED: published, f"{UNNAMED}public": public}
        rest = {k: v for k, v in service.items() if k not in _SAID}
        said = {**first, f"{UNNAMED}reason": service["reason"], **dict(_flat("", rest))}
        yield Subject(f"Service {service['id']}"), {**said, PLACE: _place(service)}
    for api in data["apis"]:
        operations = api["operations"]
        rest = {k: v for k, v in api.items() if k not in ("operations", "path", "version")}
        listed = _list("operations", [f"{o['method']} {o['template']}" for o in operations])
        said = {"path": address(api), **listed, **dict(_flat("", rest))}
        yield Subject(f"API {api['id']}"), {**said, **dict(_operations(operations))}
    for collision in data["collisions"]:
        subject = Subject(f"{collision['method']} {collision['path']}")
        yield subject, {"": f"{collision['settled']}: {', '.join(collision['services'])}"}


def _operations(operations: Iterable[Data]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        rest = {k: v for k, v in operation.items() if k not in ("method", "template")}
        yield f"{operation['method']} {operation['template']}", ", ".join(_said(rest))


def _said(values: Data) -> Iterator[str]:
    """The values that say something, with their names."""
    return (f"{name} {v}" for name, v in _flat("", values) if v not in ("none", "no"))


def address(api: Data) -> str:
    """The path of an API with its version: `/orders/v1`."""
    return "/" + "/".join(filter(None, (api["path"], api["version"])))


def _decision(data: Data) -> Said:
    ranking = data["ranking"]
    followed = ranking["winner"] or "none", data["workload"]["decided"] or "none"
    yield from ((s, {"": value}) for s, value in zip(DECIDING, followed, strict=True))
    if data.get("decision_holds") is not None:
        yield HOLDS, {"": "yes" if data["decision_holds"] else "no"}
    yield Subject("Weights"), dict(_flat("", ranking["weights"]))
    places = {s["option"]: (n, s["total"]) for n, s in enumerate(ranking["standings"], 1)}
    for placement in data["placements"]:
        option = placement["option"]
        for name, said in _placement(placement, places.get(option)):
            yield Subject(name, option), said


def _placement(
    placement: Data, place: tuple[int, float] | None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Where it stands, why it does not, what it is drawn with, and what is counted of it."""
    yield "rank", {"": f"{place[0]}" if place else "none"}
    yield "score", {"": f"{place[1]:.3f}" if place else "none"}
    for why in ("ruled_out", "undecided", "not_compared"):
        yield why.replace("_", " "), {"": "; ".join(o["reason"] for o in placement[why]) or "no"}
    for criterion in criteria():
        measure = _measure(placement, criterion)
        if measure and criterion.id != MONTHLY_COST:
            yield criterion.label, {"": measure.text, **_counted(measure)}
    yield "choices", {"": Choices(**placement["choices"]).words or "none"}
    rest = {k: placement[k] for k in ("tier", "tier_pinned", "ingress_controller", "admissions")}
    yield from ((name, {"": said}) for name, said in _flat("", rest))


def _counted(measure: Measure) -> dict[str, str]:
    note = f"note: {measure.note}" if measure.note else ""
    counted = (*measure.counted, *measure.unproved, note)
    return {COUNTED: "\n".join(filter(None, counted))}


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
            said = {"": f"{measure.text} {unit_of(criterion)}", **_counted(measure)}
            yield Subject("monthly cost", placement["option"]), said


def _facts(data: Data) -> Said:
    for table, day in data["fact_dates"].items():
        yield Subject(f"oldest row of {table}"), {"": day}
    yield Subject("criteria that are not counted"), {"": _value(data["criteria_not_counted"])}
    if "prices" in data:
        basis, _, day = data["prices"].partition(". ")[0].partition(", as of ")
        yield PRICES, {"": basis, "as of": day}
