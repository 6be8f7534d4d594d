"""One side of a difference: a report as it was written, or a workload as it is now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.apis.document import api_documents
from apim_aks.decision.as_json import checks_data, design_data
from apim_aks.decision.design import Design
from apim_aks.decision.reached import TODAY, reached_data
from apim_aks.difference.attributes import Facet
from apim_aks.difference.change import Part
from apim_aks.difference.facets import facets
from apim_aks.difference.states import Port, StateReached, states_in
from apim_aks.reachability.proof import Proof
from apim_aks.topology.check import Check, Severity, State
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import ServiceType

_DIGITS = 12
_LISTS = (
    *("findings", "openings", "guards", "services"),
    *("calls", "apis", "collisions", "placements"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a report writes as JSON; None for a file that the side does not have."""

    design: Mapping[str, Any]
    checks: list[dict[str, Any]] | None
    reachability: Mapping[str, Any] | None
    documents: Mapping[str, Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A state of a workload, as far as it is known.

    `digest` stands for all files it was read from, `followed` is the recorded option, else the
    first, of as many as `options` says; `shown` are that one and those that are pinned. `holds` is
    None where nobody says whether the recorded decision holds. `refused` is what of the input was
    left out, `publishes` says whether any Service is published, `ports` are those of the Services.
    `facets` have the subjects of each part with their attributes.
    `checks`, `states` and `documents` (an OpenAPI document by API) are None where the side lacks
    them, `proof` where it is a report.
    """

    workload: str
    title: str
    digest: str
    verdict: str
    followed: str
    followed_title: str
    options: int
    shown: frozenset[str]
    holds: bool | None
    refused: tuple[Finding, ...]
    publishes: bool
    ports: tuple[Port, ...] = field(repr=False)
    facets: Mapping[Part, Facet] = field(repr=False)
    apis: Mapping[str, Mapping[str, Any]] = field(repr=False)
    checks: tuple[Check, ...] | None = field(repr=False)
    states: Mapping[str, StateReached] | None = field(repr=False)
    documents: Mapping[str, Mapping[str, Any]] | None = field(repr=False)
    proof: Proof | None = field(default=None, repr=False, compare=False)


def side_of(design: Design, checks: Iterable[Check]) -> Side:
    """The side that a design is, with what its own files say of connectivity."""
    documents = {d.api: d.body for d in api_documents(design.workload, design.mapping)}
    recorded = Recorded(
        design=design_data(design),
        checks=checks_data(checks),
        reachability=reached_data(design),
        documents=documents,
    )
    return side(recorded, design.proofs.today)


def side(recorded: Recorded, proof: Proof | None = None) -> Side:
    """The side that these data are.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they are not what a report writes.
    """
    data = recorded.design
    _require(data)
    reachability = recorded.reachability
    states = None if reachability is None else states_in(reachability)
    _require_services(data, (states or {}).get(TODAY, StateReached({})))
    ranking, workload = data["ranking"], data["workload"]
    followed = workload["decided"] or ranking["winner"] or ""
    titles = {p["option"]: p["title"] for p in data["placements"]}
    return Side(
        workload=str(workload["name"]),
        title=str(workload["title"]),
        digest=_digest(data["inputs"]),
        verdict=str(data.get("verdict", "")),
        followed=followed,
        followed_title=str(titles.get(followed, followed)),
        options=len(titles),
        shown=frozenset({followed, *_pinned(data["placements"])}),
        holds=data.get("decision_holds"),
        refused=tuple(Finding(**f) for f in data["findings"] if f["refused"]),
        publishes=any(service["published"] for service in data["services"]),
        ports=tuple(_ports(data["services"])),
        facets=facets(data),
        apis={api["id"]: api for api in data["apis"]},
        checks=None if recorded.checks is None else tuple(map(_check, recorded.checks)),
        states=states,
        documents=recorded.documents,
        proof=proof,
    )


def _require(data: Mapping[str, Any]) -> None:
    """Return if the lists are lists: of anything else nothing would be compared, and none said."""
    for name in _LISTS:
        if not isinstance(data[name], list):
            raise TypeError(f"{name} is no list")


def _require_services(data: Mapping[str, Any], today: StateReached) -> None:
    """Return if each Service that an API or an answer names is listed: else it would seem new."""
    listed = {service["id"] for service in data["services"]}
    named = {operation["service"] for api in data["apis"] for operation in api["operations"]}
    if lost := sorted({*named, *(service for service, _ in today.ports)} - listed):
        raise ValueError(f"services is without {lost[0]}")


def _ports(services: Iterable[Mapping[str, Any]]) -> Iterator[Port]:
    """The ports that lead to pods."""
    for service in services:
        if service["type"] != ServiceType.EXTERNAL_NAME:
            yield from ((service["id"], f"{p['protocol']} {p['number']}") for p in service["ports"])


def _pinned(placements: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (p["option"] for p in placements if p["tier_pinned"])


def _digest(inputs: Mapping[str, str]) -> str:
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(inputs.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:_DIGITS]


def _check(row: Mapping[str, Any]) -> Check:
    told = {**row, "state": State(row["state"]), "severity": Severity(row["severity"])}
    return Check(**told)
