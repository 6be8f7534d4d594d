"""The command `reach`: what it is asked, and what it prints."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apim_aks.cli.arguments import ARGUMENTS, command_of
from apim_aks.cli.changes_text import assumed, changes_text
from apim_aks.cli.reach_input import read_site
from apim_aks.cli.reach_text import Asked, by_answer, doubts_text, reach_text
from apim_aks.cli.results import write_results
from apim_aks.cli.terminal import reading, show, warn
from apim_aks.decision.as_json import SCHEMA_VERSION, as_json, plain
from apim_aks.errors import ExitCode, InputError
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.reachability.because import because, witness
from apim_aks.reachability.connections import Connection, connections
from apim_aks.reachability.difference import Change, Changed, around, difference
from apim_aks.reachability.exposure import Exposed, exposure
from apim_aks.reachability.files import root_of
from apim_aks.reachability.handing import Handing
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.proof import inside_verdicts, surroundings
from apim_aks.reachability.reach import (
    ANY_POD,
    INGRESS_CONTROLLER,
    Reach,
)
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.verdicts import Callers, callers, packet
from apim_aks.reachability.words import End, PortRanges, end_text
from apim_aks.reachability.zones import Zone
from apim_aks.workload.finding import Finding, nearest

if TYPE_CHECKING:
    from apim_aks.page.results import Outcome

_PATHS = (
    "files or folders with plain manifests, such as kubectl kustomize or helm template print, and "
    "with ARM templates of the network around the cluster"
)
_MEANING = "docs/reachability.md says what open, closed and unknown mean, and what they rest on."


def add_reach_command(commands: Any) -> None:
    """Add `reach` to the commands."""
    sentence = "prove from manifests who can open a connection to which Service"
    command = command_of(commands, "reach", _run, sentence, _MEANING)
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=_PATHS)
    command.add_argument(
        "--from",
        dest="source",
        default="",
        metavar="SOURCE",
        help="a workload (namespace/name), an IPv4 address, internet, region, network, peered, "
        "on-premises, gateway, nodes or {any other pod}",
    )
    command.add_argument("--to", default="", metavar="NAMESPACE/SERVICE", help="one Service alone")
    command.add_argument("--explain", action="store_true", help="what decides about each answer")
    command.add_argument("--json", action="store_true", help="print JSON instead of text")
    command.add_argument(
        "--engine",
        default="",
        choices=[e.value for e in Engine],
        help="who enforces policies (default: what a template's cluster has, else as they say)",
    )
    command.add_argument(
        "--against",
        type=Path,
        action="append",
        metavar="OLD",
        help="name what was opened and closed since OLD; may be given several times",
    )
    command.add_argument(
        "--fail-on",
        choices=[Change.OPENED.value],
        help="exit code 1 where --against finds something opened, or no longer closed",
    )
    ARGUMENTS["results"](command)


def _run(given: argparse.Namespace) -> ExitCode:
    """Run the command; what could not be read is said, and makes the exit code 2."""
    with reading(given):
        site, findings = read_site(given.paths, given.engine)
        old = read_site(given.against, given.engine)[0] if given.against else None
    scene = site.scene
    if given.fail_on and not given.against:
        raise InputError("--fail-on needs --against OLD, the manifests before the change.")
    asked = _asked(site, given)
    inside = difference(old.scene, scene, asked.reach.engine) if old else ()
    changes = (*inside, *around(old, site)) if old else ()
    if given.json:
        print(as_json(_data(asked, changes, given)), end="")
    else:
        show(_changed(changes, scene, given) if given.against else reach_text(asked))
    _write_results(given, site, changes if old else None, findings)
    for finding in findings:
        warn(str(finding))
    if any(f.refused for f in findings):
        return ExitCode.INPUT
    opened = any(c.opens for c in changes)
    return ExitCode.FAILED if given.fail_on and opened else ExitCode.SUCCESS


def _changed(changes: Sequence[Changed], scene: Scene, given: argparse.Namespace) -> str:
    """What changed, what was not understood, and on what that rests."""
    parts = changes_text(changes, scene, root_of(given.paths)), doubts_text(scene), assumed()
    return "\n\n".join(filter(None, parts))


def _write_results(
    given: argparse.Namespace,
    site: Site,
    changes: Sequence[Changed] | None,
    findings: Sequence[Finding],
) -> None:
    def found() -> Outcome:
        from apim_aks.page.results import of_reach

        return of_reach(site, changes, findings)

    root = root_of(given.paths)
    named = (*(p.file for p in site.scene.pods), *(s.file for s in site.scene.services))
    main = next((f for f in (root / name for name in named) if f.is_file()), given.paths[0])
    write_results(given, found, main, root, Path())


def _asked(site: Site, given: argparse.Namespace) -> Asked:
    place = _address(site, given.source)
    places = (place,) if place else ()
    outside = surroundings(site, *places)
    reach = outside.reach
    services = [s for s in reach.scene.services if given.to in ("", s.id)]
    if given.to and not services:
        ids = [s.id for s in reach.scene.services]
        choices = f"{nearest(given.to, ids)}one of {', '.join(ids)}" if ids else "none is there"
        raise InputError(f"--to {given.to}: there is no such Service. Use {choices}.")
    is_asked = _source(reach, given.source)
    reasons = given.explain or given.source or given.to
    behind = {
        reach.ends.pods[pod].workload for s in services for pod, _ in reach.behind(s) if given.to
    }
    zones = tuple(v for s in services for v in outside.verdicts(s, places) if is_asked(v.source))
    if reasons:
        zones = tuple(map(Handing(outside).told, zones))
    asked = services if reasons else ()
    inside = (v for s in asked for v in inside_verdicts(outside, s))
    return Asked(
        reach=reach,
        engine=site.engine,
        connections=tuple(
            c
            for c in connections(reach)
            if is_asked(c.source) and (not given.to or c.destination in behind)
        ),
        callers=() if reasons else tuple(c for s in services for c in callers(reach, s)),
        verdicts=(*(v for v in inside if is_asked(v.source)), *zones) if reasons else (),
        zones=zones,
    )


def _address(site: Site, source: str) -> Place | None:
    """The place of an address that was asked about."""
    try:
        return Places(site).at(int(IPv4Address(source)))
    except AddressValueError:
        return None


def _source(reach: Reach, source: str) -> Callable[[End], bool]:
    """Whether an end is the source that was asked for."""
    if not source:
        return lambda _: True
    try:
        address = int(IPv4Address(source))
    except AddressValueError:
        return _named(reach, source)
    return lambda end: _holds(end, address)


def _holds(end: End, address: int) -> bool:
    if end == str(IPv4Address(address)):
        return True
    if isinstance(end, str):
        found = re.fullmatch(r"(\d+\.\d+\.\d+\.\d+)-(\d+\.\d+\.\d+\.\d+)", end)
        if not found:
            return False
        end = int(IPv4Address(found[1])), int(IPv4Address(found[2]))
    return end[0] <= address <= end[1]


def _named(reach: Reach, source: str) -> Callable[[End], bool]:
    special = (ANY_POD, INGRESS_CONTROLLER, *(zone.value for zone in Zone))
    names = [*reach.ends.workloads, *special]
    fitting = {n for n in names if source in (n, n.partition("[")[0], n.strip("{}"))}
    if not fitting:
        plain_names = [name.partition("[")[0] for name in names]
        choices = f"{nearest(source, plain_names)}an IPv4 address, or one of {', '.join(names)}"
        raise InputError(f"--from {source}: there is no such source. Use {choices}.")
    return lambda end: end in fitting


def _data(asked: Asked, changes: Sequence[Changed], given: argparse.Namespace) -> dict[str, Any]:
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "engine": asked.engine.value if asked.engine else None,
        "connections": [_connection(asked.reach, c) for c in asked.connections],
        "services": [_callers(asked, c) for c in asked.callers],
        "exposure": [_exposed(e) for e in exposure(asked.reach.scene, asked.reach.engine)],
        "not_understood": [str(d) for d in asked.reach.scene.doubts],
        "assumptions": [f"{a.id}: {a.words}" for a in reach_assumptions()],
    }
    if asked.verdicts:
        data["verdicts"] = [plain(v) for v in asked.verdicts]
    if given.against:
        data["changes"] = [_change(c) for c in changes]
    return data


def _connection(reach: Reach, connection: Connection) -> dict[str, Any]:
    found = witness(
        reach,
        _set(reach, connection.source),
        _set(reach, connection.destination),
        connection.ports,
        connection.answer,
    )
    return {
        "source": end_text(connection.source),
        "destination": end_text(connection.destination),
        "ports": _ports(reach.ports.ranges(connection.ports)),
        "answer": connection.answer.value,
        "packet": plain(packet(reach, *found)) if found else None,
        "because": [*_routes(reach, connection), *(because(reach, *found) if found else ())],
    }


def _routes(reach: Reach, connection: Connection) -> Iterator[str]:
    """The routes that an ingress controller follows to a workload."""
    if connection.source == INGRESS_CONTROLLER:
        to = connection.destination
        found = (f for f, at, _ in reach.routed if reach.ends.pods[at].workload == to)
        for front in dict.fromkeys(found):
            yield f"{front.kind} {front.name} leads there ({front.file} line {front.line})"


def _callers(asked: Asked, row: Callers) -> dict[str, Any]:
    return {"service": row.service, "port": row.port, **by_answer(asked, row, grouped=False)}


def _set(reach: Reach, end: End) -> int:
    if isinstance(end, tuple):
        return reach.ends.of_range(*end)
    return reach.ends.of_workload(end) or reach.ends.any


def _ports(ranges: PortRanges) -> list[dict[str, Any]]:
    return [{"protocol": p, "from": first, "to": last} for p, first, last in ranges]


def _exposed(exposed: Exposed) -> dict[str, Any]:
    return {
        "workload": exposed.workload,
        "direction": exposed.direction.value,
        "other": exposed.other,
        "ports": _ports(exposed.ports),
        "named_ports": [{"protocol": p, "name": name} for p, name in exposed.names],
    }


def _change(changed: Changed) -> dict[str, Any]:
    return {
        "source": end_text(changed.source),
        "destination": end_text(changed.destination),
        "ports": _ports(changed.ports),
        "change": changed.change.value,
        "addresses": [end_text(span) for span in changed.addresses],
        "packet": plain(changed.packet) if changed.packet else None,
    }
