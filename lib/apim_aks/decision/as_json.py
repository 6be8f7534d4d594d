"""A design, its checks and its topologies as JSON: the same bytes for the same input."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from apim_aks.apis.mapping import port_choice
from apim_aks.decision.design import Design, Mapped, Placement
from apim_aks.decision.measures import missing_criteria
from apim_aks.decision.outcome import holds, verdict_sentence
from apim_aks.decision.priced import price_basis
from apim_aks.decision.ranking import Flip
from apim_aks.facts import Row, certificate_kinds, component_rows, controllers, criteria, tiers
from apim_aks.rounding import rounded
from apim_aks.topology import Topology
from apim_aks.topology.check import Check

SCHEMA_VERSION = 1


def as_json(data: Any) -> str:
    """Readable JSON text; numbers that JSON does not have are refused."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_json_pieces(head: Mapping[str, Any], key: str, items: Iterable[Any]) -> Iterator[str]:
    """The text of `as_json` of `head` with these items as a list under a last key, item by item."""
    yield f"{as_json(head)[:-3]},\n  {json.dumps(key)}: ["
    after = ""
    for item in items:
        yield after + "\n    " + as_json(item)[:-1].replace("\n", "\n    ")
        after = ","
    yield ("\n  ]" if after else "]") + "\n}\n"


def plain(value: Any) -> Any:
    """The value in JSON's own types: enum members as their ids, ranges of addresses as text.

    An open end is null.
    """
    if isinstance(value, Enum):
        return plain(getattr(value, "id", value.value))
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return _number(value)
    return str(value) if isinstance(value, (IPv4Network, IPv6Network)) else value


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else rounded(value, 6)


def design_data(design: Design) -> dict[str, Any]:
    """Everything a design says, for tools that read it later."""
    return {
        "schema_version": SCHEMA_VERSION,
        "workload": _workload(design),
        "inputs": dict(sorted(design.workload.digests)),
        "findings": plain(design.workload.findings),
        "openings": openings_data(design),
        "guards": guards_data(design),
        "services": services_data(design),
        **calls_data(design),
        "apis": plain(design.mapping.apis),
        "collisions": plain(design.mapping.collisions),
        "placements": [placement_data(p) for p in design.placements],
        "ranking": ranking_data(design),
        "verdict": verdict_sentence(design),
        "decision_holds": holds(design) if design.workload.decided else None,
        "prices": price_basis(design),
        "criteria_not_counted": [c.id for c in missing_criteria()],
        "fact_dates": fact_dates(),
    }


def _workload(design: Design) -> dict[str, Any]:
    workload = design.workload
    names = ("name", "title", "consumers", "requirements", "traffic", "preset", "azure", "decided")
    return {name: plain(getattr(workload, name)) for name in names}


def openings_data(design: Design | Mapped) -> list[dict[str, Any]]:
    """What the input may open and no check models: the object, what it may open, what to do."""
    found = design.workload.openings
    return [{**plain(o), "sentence": o.sentence, "advice": o.row.advice} for o in found]


def calls_data(design: Design | Mapped) -> dict[str, Any]:
    """Who calls whom in the cluster, with the evidence, and the fields that were not read."""
    graph = design.workload.graph
    return {"calls": plain(graph.calls), "calls_unread": plain(graph.unread)}


def guards_data(design: Design | Mapped) -> list[dict[str, Any]]:
    """What restricts or opens access to pods: each object with its parts and its words."""
    found = design.workload.guards.every
    return [{"guard": type(g).__name__, **plain(g), "says": g.says} for g in found]


def services_data(design: Design | Mapped) -> list[dict[str, Any]]:
    """Each Service: what it is, whether it is published and on which port, and why."""
    decisions = {d.service: d for d in design.mapping.decisions}
    return [
        {
            "id": s.id,
            "type": plain(s.type),
            "headless": s.headless,
            "public": s.public,
            "external_ips": list(s.external_ips),
            "ip_families": list(s.ip_families),
            "same_pods": list(s.same_pods),
            "derived_from": s.derived_from,
            "ports": plain(s.ports),
            "published_port": plain(port_choice(s)) if decisions[s.id].publish else None,
            "operations": len(s.operations),
            "document": s.document.file if s.document else None,
            "validates": plain(s.validates),
            "file": s.file,
            "line": s.line,
            "role": plain(decisions[s.id].role),
            "published": decisions[s.id].publish,
            "reason": decisions[s.id].reason,
        }
        for s in design.workload.services
    ]


def placement_data(placement: Placement) -> dict[str, Any]:
    """One option: its tier and measures, what rules it out, what it would need to be compared."""
    return {
        "option": placement.option.id,
        "title": placement.option.title,
        "mode": placement.option.mode,
        "choices": plain(placement.choices),
        "tier": placement.tier.name,
        "tier_pinned": placement.pinned,
        "ingress_controller": placement.controller.id,
        "measures": plain(tuple(placement.measures)),
        "ruled_out": plain(placement.ruled_out),
        "undecided": plain(placement.undecided),
        "not_compared": plain(placement.not_compared),
        "admissions": plain(placement.admissions),
    }


def ranking_data(design: Design) -> dict[str, Any]:
    """Weights, standings best first, who is out, and how far a weight has to move."""
    ranking = design.ranking
    return {
        "winner": ranking.winner or None,
        "lead": _number(ranking.lead),
        "weights": {axis: _number(weight) for axis, weight in ranking.weights},
        "standings": plain(ranking.standings),
        "ruled_out": plain(ranking.ruled_out),
        "not_compared": plain(ranking.not_compared),
        "not_compared_ahead": list(ranking.ahead),
        "flips": [_flip(f) for f in ranking.flips],
    }


def _flip(flip: Flip) -> dict[str, Any]:
    ends = {"below": flip.below, "above": flip.above}
    moves = {
        side: {"weight": _number(end[0]), "winner": end[1]} if end else None
        for side, end in ends.items()
    }
    return {"axis": flip.axis, "weight": _number(flip.weight), **moves}


def checks_data(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Each check with what was expected, what was seen and how."""
    order = (
        "id",
        "option",
        "claim",
        "severity",
        "state",
        "expected",
        "observed",
        "how",
        "reason",
    )
    return [{name: plain(getattr(check, name)) for name in order} for check in checks]


def topology_data(topology: Topology) -> dict[str, Any]:
    """One option as it is drawn, counted and checked."""
    return {"schema_version": SCHEMA_VERSION, **plain(topology)}


def fact_dates() -> dict[str, str]:
    """For each table a ranking rests on, the day its oldest row was last checked."""
    tables: dict[str, Iterable[Row]] = {
        "tiers": (row for tier in tiers() for row in tier.rows),
        "ingress controllers": controllers(),
        "criteria": criteria(),
        "components": component_rows(),
        "certificates": certificate_kinds(),
    }
    return {name: min(row.checked_on for row in rows) for name, rows in tables.items()}
