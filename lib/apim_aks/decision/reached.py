"""Who reaches which Service: today, and under each option after closing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.decision.as_json import as_json_pieces, plain
from apim_aks.decision.claimed import Claim, claims
from apim_aks.decision.design import Design, Placement
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.reachability.proof import Proof
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.together import Together
from apim_aks.reachability.verdicts import NODES, OWN_NODE, Verdict
from apim_aks.reachability.zones import Zone
from apim_aks.workload.model import Service

TODAY = "today"
REACHED_VERSION = 2
"""The version of reachability.json; in the first one every name in braces had its list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortReached:
    """Who reaches one port of a Service: from the zones outside, and from inside the cluster.

    `place` is the file and line of the Service, `behind` the workloads behind the port with
    theirs. `published` says that an API leads to it; `claim` is None where nothing draws it.
    """

    service: str
    place: str
    behind: tuple[tuple[str, str], ...]
    port: str
    published: bool
    claim: Claim | None
    zones: tuple[Verdict, ...]
    inside: tuple[Together, ...]

    @property
    def unclaimed(self) -> tuple[Verdict, ...]:
        """What is open although the drawing keeps it out, or asks for a certificate."""
        claim = self.claim
        return tuple(v for v in self.zones if claim and claim.broken_by(v))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The answers of one state: of `placement`, or of today where it is None.

    `engine` enforces policies, None where nobody knows; `doubts` are what was not understood,
    `refused` says why there is no proof, or one without templates.
    """

    placement: Placement | None
    engine: Engine | None
    assumed: bool
    ports: tuple[PortReached, ...]
    doubts: tuple[str, ...]
    refused: str

    @property
    def id(self) -> str:
        """The option, or `today`."""
        return self.placement.option.id if self.placement else TODAY

    @property
    def title(self) -> str:
        """What it is called."""
        return self.placement.option.title if self.placement else "Today"


def reached(design: Design) -> tuple[Reached, ...]:
    """Today and each option in its order, worked out once for a design."""
    return design.once(_reached)


def _reached(design: Design) -> tuple[Reached, ...]:
    return (_today(design), *(_after(design, p) for p in design.placements))


def _today(design: Design) -> Reached:
    proof = design.proofs.today
    return Reached(
        placement=None,
        engine=proof.site.engine,
        assumed=proof.site.engine is Engine.SPECIFICATION,
        ports=tuple(_ports(design, proof, {})),
        doubts=tuple(map(str, proof.site.scene.doubts)),
        refused="",
    )


def _after(design: Design, placement: Placement) -> Reached:
    proof, refused = placement.proved.proof, placement.proved.refused
    drawn = claims(placement)
    return Reached(
        placement=placement,
        engine=proof.site.engine if proof else None,
        assumed=False,
        ports=tuple(_ports(design, proof, drawn)) if proof else (),
        doubts=tuple(map(str, proof.site.scene.doubts)) if proof else (),
        refused=refused,
    )


def _ports(design: Design, proof: Proof, drawn: Mapping[str, Claim]) -> Iterator[PortReached]:
    for service in proof.site.scene.services:
        inside: dict[str, list[Together]] = {}
        for found in proof.inside(service):
            inside.setdefault(found.verdict.port, []).append(found)
        zones = tuple(map(proof.handing.told, proof.of(service)))
        for port, theirs in inside.items():
            yield PortReached(
                service=service.id,
                place=f"{service.file} line {service.line}",
                behind=_behind(proof, service, port),
                port=port,
                published=service.id in design.mapping.published,
                claim=drawn.get(service.id),
                zones=tuple(v for v in zones if v.port == port),
                inside=tuple(theirs),
            )


def _behind(proof: Proof, service: Service, port: str) -> tuple[tuple[str, str], ...]:
    """The workloads behind a port, each with file and line."""
    ends = proof.reach.ends
    number = port.rpartition(" ")[2]
    pods = (ends.pods[at] for at, _ in proof.reach.behind(service, number))
    return tuple(dict.fromkeys((p.workload, f"{p.file} line {p.line}") for p in pods))


def reached_data(design: Design) -> dict[str, Any]:
    """Every verdict of every state, for tools that read it later.

    Workloads of one answer are one source with a name in braces, listed under `sources`; where most
    have it, those of `workloads` that have another are listed instead, under `all_but`.
    """
    return {**_before_states(), "states": [_state(found) for found in reached(design)]}


def reached_pieces(design: Design) -> Iterator[str]:
    """The same as JSON text, state by state: all of it at once is large."""
    yield from as_json_pieces(_before_states(), "states", map(_state, reached(design)))


def _before_states() -> dict[str, Any]:
    return {
        "schema_version": REACHED_VERSION,
        "zones": {zone.value: zone.words for zone in Zone},
        "always_open": {NODES: OWN_NODE},
        "assumptions": [
            {"id": a.id, "words": a.words, "status": plain(a.status), "source": a.source}
            for a in reach_assumptions()
        ],
    }


def _state(found: Reached) -> dict[str, Any]:
    names: dict[tuple[str, ...], str] = {}
    verdicts = [v for port in found.ports for v in _verdicts(port, names)]
    workloads = tuple(dict.fromkeys(source for sources in names for source in sources))
    return {
        "state": found.id,
        "engine": plain(found.engine),
        "engine_assumed": found.assumed,
        "refused": found.refused or None,
        "workloads": list(workloads),
        **_listed(workloads, names),
        "verdicts": verdicts,
        "not_understood": list(found.doubts),
    }


def _listed(
    workloads: Sequence[str], names: Mapping[tuple[str, ...], str]
) -> dict[str, dict[str, list[str]]]:
    """What each name stands for, the shorter way: a list for each Service grows with its square."""
    sources: dict[str, list[str]] = {}
    all_but: dict[str, list[str]] = {}
    for those, name in names.items():
        if 2 * len(those) <= len(workloads):
            sources[name] = list(those)
        else:
            within = frozenset(those)
            all_but[name] = [w for w in workloads if w not in within]
    return {"sources": sources, "all_but": all_but}


def named_sources(state: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The workloads that each name in braces of a state stands for, also of the first version."""
    found = {name: tuple(sources) for name, sources in state["sources"].items()}
    for name, others in state.get("all_but", {}).items():
        without = frozenset(others)
        found[name] = tuple(w for w in state["workloads"] if w not in without)
    return found


def _verdicts(port: PortReached, names: dict[tuple[str, ...], str]) -> Iterator[dict[str, Any]]:
    for verdict in port.zones:
        yield _verdict(verdict, verdict.source, port.claim)
    for found in port.inside:
        source = found.sources[0]
        if len(found.sources) > 1:
            source = names.setdefault(found.sources, f"{{workloads-{len(names) + 1}}}")
        yield _verdict(found.verdict, source, port.claim)


def _verdict(verdict: Verdict, source: str, claim: Claim | None) -> dict[str, Any]:
    return {
        "service": verdict.service,
        "port": verdict.port,
        "source": source,
        "answer": verdict.answer.value,
        "claimed": claim.covers(verdict) if claim else None,
        "packet": plain(verdict.packet),
        "because": list(verdict.because),
        "credential": verdict.credential or None,
        "handed_on_by": list(verdict.handed_on_by),
    }
