"""What design.json says, part by part, as subjects with a value each that people can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from apim_aks.decision.measures.model import Measure
from apim_aks.decision.priced import unit_of
from apim_aks.difference.change import Change, Gate, Part
from apim_aks.facts import criteria
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.listing import listed
from apim_aks.options.choices import Choices

Facet = Mapping[str, str]
"""Subject and value."""

Data = Mapping[str, Any]

DECIDING = ("First", "Recorded decision")
HOLDS = "Recorded decision holds"
"""Subjects of the decision: what says which option is followed, and whether it should be."""

PRICES = "prices"

_SHORT = 12
_LINE = re.compile(r" line \d+")
"""What moves with every line that is written above it, and is no change by itself."""
_NO_SETTING = ("name", "title", "decided")


def facets(data: Data) -> dict[Part, Facet]:
    """The parts of a design that are lists of values.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the data are no design.
    """
    found = {
        Part.INPUT: _input(data),
        Part.MAPPING: _mapping(data),
        Part.DECISION: _decision(data),
        Part.COST: ((p["option"], _amount(p, MONTHLY_COST)) for p in data["placements"]),
        Part.FACTS: _facts(data),
    }
    return {part: {s: _LINE.sub("", v) for s, v in pairs} for part, pairs in found.items()}


def changes(old: Facet, new: Facet, gates: Mapping[str, Gate] | None = None) -> Iterator[Change]:
    """What was added, removed and changed, in the order of the old and then the new subjects."""
    for subject in {**old, **new}:
        before, now = old.get(subject), new.get(subject)
        if before != now:
            kind = "added" if before is None else "removed" if now is None else "changed"
            gate = (gates or {}).get(subject)
            yield Change(subject=subject, kind=kind, before=before or "", now=now or "", gate=gate)


def _input(data: Data) -> Iterator[tuple[str, str]]:
    for file, digest in sorted(data["inputs"].items()):
        yield file, f"SHA-256 {digest[:_SHORT]}"
    settings = {k: v for k, v in data["workload"].items() if k not in _NO_SETTING}
    for setting, value in _flat("", settings):
        yield f"workload.yaml: {setting}", value
    for found in data["findings"]:
        left_out = "left out" if found["refused"] else "found"
        yield f"{found['file']}: {found['found']}", left_out
    for opening in data["openings"]:
        yield f"{opening['kind']} {opening['name']} ({opening['file']})", opening["sentence"]


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Settings with their whole names; a list is one value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield name, _setting(value)


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value in (None, "") else str(value)


def _mapping(data: Data) -> Iterator[tuple[str, str]]:
    for service in data["services"]:
        yield f"Service {service['id']}", "; ".join(_service(service))
    for api in data["apis"]:
        yield f"API {api['id']}", _api(api)
    for collision in data["collisions"]:
        services = listed(collision["services"])
        yield f"{collision['method']} {collision['path']}", f"{collision['settled']}: {services}"


def _service(service: Data) -> Iterator[str]:
    port = service["published_port"]
    yield f"published on port {port['number']}" if port else "not published"
    yield f"{service['role']}, {service['type']}{', public' if service['public'] else ''}"
    yield f"ports {', '.join(str(p['number']) for p in service['ports']) or 'none'}"
    yield service["reason"]


def _api(api: Data) -> str:
    services = listed(list(dict.fromkeys(o["service"] for o in api["operations"])))
    return f"{address(api)}, {len(api['operations'])} operations of {services}"


def address(api: Data) -> str:
    """The path of an API with its version: `/orders/v1`."""
    return "/" + "/".join(filter(None, (api["path"], api["version"])))


def _decision(data: Data) -> Iterator[tuple[str, str]]:
    ranking = data["ranking"]
    followed = ranking["winner"] or "none", data["workload"]["decided"] or "none"
    yield from zip(DECIDING, followed, strict=True)
    if data.get("decision_holds") is not None:
        yield HOLDS, "yes" if data["decision_holds"] else "no"
    for axis, weight in ranking["weights"].items():
        yield f"Weight of {axis}", f"{weight:g}"
    yield from _measures(data)
    yield from ((p["option"], _placement(p, ranking)) for p in data["placements"])


def _placement(placement: Data, ranking: Data) -> str:
    """Where it stands, or why it does not, and what it is drawn with."""
    choices = Choices(**placement["choices"])
    drawn = f"edge {choices.edge}, inbound {choices.inbound}, entry {choices.entry}"
    controller = placement["ingress_controller"]
    behind = f", {controller}" if controller != "none" else ""
    return f"{_standing(placement, ranking)}; {placement['tier']}; {drawn}{behind}"


def _standing(placement: Data, ranking: Data) -> str:
    if placement["ruled_out"]:
        return f"ruled out: {placement['ruled_out'][0]['reason']}"
    if placement["not_compared"]:
        return f"not compared: {placement['not_compared'][0]['reason']}"
    places = enumerate(ranking["standings"], 1)
    ranks = {s["option"]: f"rank {n}, {s['total']:.3f}" for n, s in places}
    return ranks.get(placement["option"], "not ranked")


def _measures(data: Data) -> Iterator[tuple[str, str]]:
    for criterion in criteria():
        if criterion.id != MONTHLY_COST:
            counted = ((p["option"], _amount(p, criterion.id)) for p in data["placements"])
            yield from ((f"{criterion.label}, {o}", text) for o, text in counted if text)


def _amount(placement: Data, id: str) -> str:
    """A measure of a placement as it is shown everywhere; empty where it has none."""
    row = next((m for m in placement["measures"] if m["id"] == id), None)
    if row is None:
        return ""
    measure = Measure(**{**row, **{end: _end(row[end]) for end in ("low", "high")}})
    unit = f" {unit_of(next(c for c in criteria() if c.id == id))}" if id == MONTHLY_COST else ""
    return f"{measure.text}{unit}"


def _end(value: float | None) -> float:
    return inf if value is None else value


def _facts(data: Data) -> Iterator[tuple[str, str]]:
    for table, day in data["fact_dates"].items():
        yield f"oldest row of {table}", day
    if "prices" in data:
        yield PRICES, data["prices"].partition(". ")[0]
