"""Who reaches whom in the manifests of np-guard/netpol-analyzer, compared with their lists.

The folders lie beside the repository and are read in place.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest

from apim_aks.reachability.axis import Ports, address_text
from apim_aks.reachability.connections import Connection, connections
from apim_aks.reachability.difference import difference
from apim_aks.reachability.exposure import exposure
from apim_aks.reachability.files import read_scene
from apim_aks.reachability.hits import Direction
from apim_aks.reachability.reach import Answer, Reach, union
from apim_aks.reachability.scene import Engine
from tests.support.places import CORPORA

CORPUS = CORPORA / "network-policies"
EVERYTHING = {("TCP", 1, 65535), ("UDP", 1, 65535), ("SCTP", 1, 65535)}
_LINE = re.compile(r"(.+?)\s+=>\s+(.+?) : (.+)")

Row = tuple[str, str, frozenset[tuple[str, int, int]]]

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of network policies is not beside the repository"
)


def folders(pattern: str) -> list[Path]:
    return sorted(file.parent for file in CORPUS.glob(pattern))


def expected(text: str) -> set[Row]:
    rows = set()
    for line in text.partition("Exposure Analysis")[0].splitlines():
        if found := _LINE.fullmatch(line.strip()):
            source, destination, ports = found.groups()
            rows.add((source, destination, frozenset(expected_ports(ports))))
    return by_address(rows)


def expected_ports(text: str) -> set[tuple[str, int, int]]:
    if text.strip() == "All Connections":
        return EVERYTHING
    found, protocol = set(), ""
    for part in re.split(r"[,\s]+", text.strip()):
        if part in ("TCP", "UDP", "SCTP"):
            protocol = part
        else:
            first, _, last = part.partition("-")
            found.add((protocol, int(first), int(last or first)))
    return found


def by_address(rows: set[Row]) -> set[Row]:
    """Ranges that touch and have the same ports as one: they may be cut anywhere."""
    whole = {r for r in rows if "[External]" not in r[0] + r[1]}
    spans: dict[tuple[str, str, frozenset[tuple[str, int, int]]], list[tuple[int, int]]] = {}
    for source, destination, ports in rows - whole:
        key = ("", destination, ports) if "[External]" in source else (source, "", ports)
        spans.setdefault(key, []).append(numbers(source + destination))
    for (source, destination, ports), found in spans.items():
        for span in merged(sorted(found)):
            text = f"{address_text(*span)}[External]"
            whole.add((source or text, destination or text, ports))
    return whole


def numbers(text: str) -> tuple[int, int]:
    first, last = re.findall(r"(\d+)\.(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int.from_bytes(map(int, ip)) for ip in (first, last))  # type: ignore[return-value]


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, last in spans:
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


@cache
def reach_of(folder: Path) -> Reach:
    return Reach(read_scene([folder]))


def rows_of(reach: Reach, *answers: Answer) -> set[Row]:
    rows = {
        (named(c.source), named(c.destination), frozenset(reach.ports.ranges(c.ports)))
        for c in connections(reach)
        if c.answer in answers
    }
    return by_address(rows)


def named(end: str | tuple[int, int]) -> str:
    return end if isinstance(end, str) else f"{address_text(*end)}[External]"


@pytest.mark.parametrize("folder", folders("cases/*/expected_*.txt"), ids=lambda f: f.name)
def test_the_open_connections_are_those_of_the_list(folder: Path) -> None:
    (text, *_) = (f.read_text(encoding="utf-8") for f in sorted(folder.glob("expected_*.txt")))
    assert rows_of(reach_of(folder / "input"), Answer.OPEN) == expected(text)


_EXPOSED = re.compile(r"(\S+)\s+(<=|=>)\s+(.+?) : (.*)")


def listed_exposure(text: str) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for line in text.partition("Exposure Analysis")[2].splitlines():
        row = _EXPOSED.fullmatch(line.strip())
        if row and "[External]" not in row[3]:
            direction = Direction.INGRESS if row[2] == "<=" else Direction.EGRESS
            found.add((row[1], direction, row[3], frozenset(exposed_ports(row[4]))))
    return found


def exposed_ports(text: str) -> set[tuple[str | int, ...]]:
    """Numbers as ranges, names as they stand; no protocol counts for each."""
    if text.strip() == "No Connections":
        return set()
    if not re.search(r"[a-z]", text) or text.strip() == "All Connections":
        return set(expected_ports(text))
    protocol, _, names = text.rpartition(" ")
    return {(protocol.strip(), name) for name in names.split(",")}


@pytest.mark.parametrize("folder", folders("cases/*/expected_exposure.txt"), ids=lambda f: f.name)
def test_pods_that_are_not_in_the_input_are_those_of_the_list(folder: Path) -> None:
    found = {
        (e.workload, e.direction, e.other, frozenset((*e.ports, *e.names)))
        for e in exposure(reach_of(folder / "input").scene)
    }
    text = (folder / "expected_exposure.txt").read_text(encoding="utf-8")
    assert found == listed_exposure(text)


def refused() -> list[str]:
    with (CORPUS / "refused" / "EXPECTED.csv").open(encoding="utf-8", newline="") as file:
        return [row["folder"] for row in csv.DictReader(file)] if CORPUS.is_dir() else []


@pytest.mark.parametrize("name", refused() if CORPUS.is_dir() else [])
def test_what_a_cluster_refuses_is_named_and_nothing_is_concluded(name: str) -> None:
    whole, _, part = name.partition("/")
    scene = read_scene([CORPUS / "refused" / whole / "input" / part])
    if "udn_" in name:
        assert any("UserDefinedNetwork" in str(d) and d.line for d in scene.doubts)
        return
    said = [f for f in scene.findings if f.refused]
    assert any(f.line and re.search(r"(^| )(as|another) \w+\.\S+ of ", f.found) for f in said)


@pytest.mark.parametrize("folder", folders("outside/*/expected_*.txt"), ids=lambda f: f.name)
def test_networks_that_are_not_understood_are_never_closed(folder: Path) -> None:
    """Lists name the network beside the namespace; every line is open or unknown here."""
    reach = reach_of(folder / "input")
    found: list[Connection] = list(connections(reach))
    assert reach.scene.doubts
    for source, destination, ports in expected((folder / "expected_connlist.txt").read_text()):
        known = [
            ports_known
            for row in found
            if same(row.source, source) and same(row.destination, destination)
            for ports_known in reach.ports.ranges(row.ports)
        ]
        for protocol, first, last in ports:
            assert any(p == protocol and a <= first and last <= b for p, a, b in known), source


def same(end: str | tuple[int, int], text: str) -> bool:
    if isinstance(end, tuple):
        if "[External]" not in text:
            return False
        first, last = numbers(text)
        return end[0] <= last and first <= end[1]
    return end == re.sub(r"\[(c?udn|nad)\]", "", text)


_CHANGED = re.compile(r"diff-type: \w+, source: (.+?), destination: (.+?), ref1: (.+?), ref2: (.+)")


@pytest.mark.parametrize(
    "file",
    sorted((CORPUS / "diff").glob("*.txt")),
    ids=lambda f: f.stem.removeprefix("diff_between_"),
)
def test_what_a_change_opens_and_closes_is_in_the_list(file: Path) -> None:
    """The folder after the change is named first; each has workloads that the other lacks."""
    new, old = file.stem.removeprefix("diff_between_").split("_and_")
    before, after = (read_scene([CORPUS / "cases" / name / "input"]) for name in (old, new))
    changes = [
        (named(c.source), named(c.destination), c.now is Answer.OPEN, c.ports)
        for c in difference(before, after, Engine.SPECIFICATION)
        if Answer.OPEN in (c.was, c.now)
    ]
    rows = [
        (row[1], row[2], numbered(row[3]), numbered(row[4]))
        for line in file.read_text(encoding="utf-8").splitlines()
        if (row := _CHANGED.fullmatch(line.partition(", workloads-diff-info")[0]))
    ]
    ports = Ports([*(p for c in changes for p in c[3]), *(p for r in rows for p in r[2] | r[3])])
    listed = {}
    for source, destination, *ranges in rows:
        then, now = (union(ports.of(*p) for p in part) for part in ranges)
        for opened, mask in ((True, now & ~then), (False, then & ~now)):
            if mask:
                listed[source, destination, opened] = mask
    assert rows
    assert {c[:3]: union(ports.of(*p) for p in c[3]) for c in changes} == listed


def numbered(text: str) -> set[tuple[str, int, int]]:
    return set() if text == "No Connections" else expected_ports(text)
