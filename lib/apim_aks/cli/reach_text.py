"""What `reach` prints for people: Services, connections, changes, and what answers rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apim_aks.cli.console import paragraph, printable, table
from apim_aks.columns import Column
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.listing import listed
from apim_aks.reachability.axis import members
from apim_aks.reachability.because import EACH, out_of
from apim_aks.reachability.connections import Connection
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.outside import WHICHEVER
from apim_aks.reachability.reach import ANY_POD, Answer, Reach, union
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.verdicts import NODES, Callers, Verdict
from apim_aks.reachability.words import end_words, ports_words
from apim_aks.reachability.zones import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for; `verdicts` where reasons were, `callers` else, `zones` in both cases."""

    reach: Reach
    engine: Engine | None
    connections: tuple[Connection, ...]
    callers: tuple[Callers, ...]
    verdicts: tuple[Verdict, ...]
    zones: tuple[Verdict, ...]


def reach_text(asked: Asked) -> str:
    """The answers with what they rest on."""
    scene = asked.reach.scene
    parts = [_heading(scene, asked.engine), *_services_text(asked), _connections_text(asked)]
    parts.append(doubts_text(scene))
    parts.append(_assumptions_text() if scene.pods else "")
    return "\n\n".join(part for part in parts if part)


def _heading(scene: Scene, engine: Engine | None) -> str:
    workloads = len({pod.workload for pod in scene.pods})
    cluster = len(scene.admin_policies)
    counted = (
        _counted(workloads, "workload", "workloads"),
        _counted(len(scene.services), "Service", "Services"),
        _counted(len(scene.policies), "NetworkPolicy", "NetworkPolicies"),
        _counted(cluster, "cluster-wide policy", "cluster-wide policies"),
    )
    named = f"{engine.value}{_ENGINES[engine]}" if engine else "not known, so that none closes"
    return paragraph(f"{', '.join(counted)}. Engine: {named}.")


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


_ENGINES = {
    Engine.SPECIFICATION: ", an assumption: every policy is enforced as its text says",
    Engine.NONE: ": policies are accepted and ignored",
    Engine.CILIUM: "",
    Engine.AZURE: "",
    Engine.CALICO: "",
}


def _services_text(asked: Asked) -> Iterator[str]:
    if asked.verdicts:
        yield from _explained(asked)
    elif rows := list(_rows(asked)):
        yield table(
            rows,
            Column("Service", lambda r: r[0]),
            Column("Port", lambda r: r[1]),
            Column("Answer", lambda r: r[2]),
            Column("From", lambda r: r[3]),
        )
        yield paragraph(f"{NODES}, the node of each pod, may always call it and is in no row.")
        zones = (f"{zone} is {zone.words}" for zone in Zone if zone is not Zone.NODES)
        yield paragraph(f"{'; '.join(zones)}.")


def _rows(asked: Asked) -> Iterator[tuple[str, str, str, str]]:
    for row in asked.callers:
        for answer, who in by_answer(asked, row).items():
            if who := [end_words(end) for end in who if end != NODES]:
                yield row.service, row.port, answer, ", ".join(who)


def by_answer(asked: Asked, row: Callers, grouped: bool = True) -> dict[str, list[str]]:
    """Who calls a port of a Service, by what is known of it; `grouped` names whole namespaces."""
    if row.because:
        return {"open": [], "unknown": [row.because], "closed": []}
    ends = asked.reach.ends
    closed = (ends.inside | ends.any) & ~(row.open | row.unknown)
    zones: dict[str, list[str]] = defaultdict(list)
    for v in asked.zones:
        if (v.service, v.port) == (row.service, row.port):
            zones[v.answer.value].append(v.source)
    return {
        "open": [*names(ends, row.open, grouped), NODES, *zones["open"]],
        "unknown": [*names(ends, row.unknown, grouped), *zones["unknown"]],
        "closed": [*names(ends, closed, grouped), *zones["closed"]],
    }


def names(ends: Endpoints, mask: int, grouped: bool) -> list[str]:
    """The pods of a set in words.

    `grouped` names whole namespaces, and one of which little is missing by what is missing.
    """
    found: list[str] = []
    for space in sorted({pod.namespace for pod in ends.pods}):
        pods = ends.of_namespace(space)
        inside = _workloads(ends, mask & pods)
        missing = _workloads(ends, pods & ~mask)
        every = len({*inside, *missing})
        if grouped and len(inside) > 1 and not missing:
            found.append(f"all {every} workloads of {space}")
        elif grouped and 0 < 2 * len(missing) < len(inside) == every - len(missing):
            found.append(f"all {every} workloads of {space} but {listed(missing)}")
        else:
            found += inside
    return [*found, *([ANY_POD] if mask & ends.any else [])]


def _workloads(ends: Endpoints, mask: int) -> list[str]:
    return sorted({ends.pods[at].workload for at in members(mask)})


def _alike(verdicts: Sequence[Verdict]) -> Iterator[list[Verdict]]:
    """Verdicts on one port that have the same answer for the same reasons.

    Why the addresses of a zone are not known is no reason where all of them get through.
    """
    found: dict[tuple[str, ...], list[Verdict]] = {}
    for v in verdicts:
        reasons = (r for r in out_of(v.because, v.source, EACH) if not r.endswith(WHICHEVER))
        said = v.answer, v.credential, v.handed
        found.setdefault((v.service, v.port, *said, *reasons), []).append(v)
    yield from found.values()


def _explained(asked: Asked) -> Iterator[str]:
    """For each port of a Service a heading, and below it the answers with their reasons.

    Ports that somebody reaches come first, those shut to everyone who was asked about last.
    """
    last = ""
    order = list(Answer)
    widest: dict[tuple[str, str], int] = {}
    for v in asked.verdicts:
        port = v.service, v.port
        widest[port] = min(order.index(v.answer), widest.get(port, len(order)))
    for alike in _alike(sorted(asked.verdicts, key=lambda v: widest[v.service, v.port])):
        first = alike[0]
        at = f"{first.service}, {first.port}"
        if at != last:
            yield f"{printable(at)}\n{'-' * len(printable(at))}"
        last = at
        yield "\n".join(_reasons(asked, alike))


def _reasons(asked: Asked, alike: Sequence[Verdict]) -> Iterator[str]:
    first = alike[0]
    sources = _sources(asked.reach.ends, alike)
    shown = f"; for example {first.packet}" if first.packet else ""
    yield paragraph(f"{first.answer.value}: {listed(sources, len(sources))}{shown}")
    if first.credential:
        yield paragraph(f"- refused without {first.credential}")
    if first.handed:
        yield paragraph(f"- {first.handed} (A9)")
    said = out_of(first.because, first.source, EACH) if alike[1:] else first.because
    yield from (paragraph(f"- {reason}") for reason in said if not reason.endswith(WHICHEVER))
    unknown = {r for v in alike for r in v.because if r.endswith(WHICHEVER)}
    if unknown:
        yield paragraph(f"- {unknown.pop() if len(unknown) == 1 else _NOT_KNOWN}")


_NOT_KNOWN = f"which addresses some of them have is not known; {WHICHEVER}"


def _sources(ends: Endpoints, alike: Sequence[Verdict]) -> list[str]:
    """The sources in words, whole namespaces as such."""
    inside = {v.source: mask for v in alike if (mask := ends.of_workload(v.source))}
    grouped = names(ends, union(inside.values()), grouped=True)
    return [*grouped, *(end_words(v.source) for v in alike if v.source not in inside)]


def _connections_text(asked: Asked) -> str:
    if not asked.reach.scene.pods:
        return "No pods were read, so nothing can be said about connections."
    if not asked.connections:
        return "" if asked.verdicts else "No connection is open or unknown."
    explained = {v.service for v in asked.verdicts}
    services = (s for s in asked.reach.scene.services if s.id in explained)
    behind = {pod for service in services for pod, _ in asked.reach.behind(service)}
    told = {asked.reach.ends.pods[pod].workload for pod in behind}
    left = [c for c in asked.connections if c.destination not in told]
    if not left:
        return ""
    return table(
        left,
        Column("What policies let through, from", lambda c: end_words(c.source)),
        Column("To", lambda c: end_words(c.destination)),
        Column("Answer", lambda c: c.answer.value),
        Column("Ports", lambda c: ports_words(asked.reach.ports.ranges(c.ports))),
    )


def doubts_text(scene: Scene) -> str:
    """What was not understood; empty where everything was."""
    if not scene.doubts:
        return ""
    said = (paragraph(f"- {doubt}") for doubt in scene.doubts)
    return "\n".join(("Not understood, so that answers are unknown:", *said))


def _assumptions_text() -> str:
    said = (paragraph(f"{a.id} {a.words}.") for a in reach_assumptions())
    return "\n".join(("Whatever is not listed is closed, under these assumptions:", *said))
