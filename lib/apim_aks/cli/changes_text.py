"""What a change opens and closes, as `reach --against` prints it: what is opened comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from apim_aks.cli.console import paragraph
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.listing import listed
from apim_aks.reachability.difference import Change, Changed
from apim_aks.reachability.scene import Scene
from apim_aks.reachability.words import End, end_words, named, ports_words, source_words

_ORDER = list(Change)
_NOTHING = "Nothing is opened and nothing is closed."


def changes_text(changes: Sequence[Changed], scene: Scene, root: Path) -> str:
    """Each change with the file and line of the object that it is about, those alike together."""
    together: dict[tuple[object, ...], list[Changed]] = {}
    for changed in sorted(changes, key=lambda c: _ORDER.index(c.change)):
        key = changed.change, changed.destination, changed.ports, changed.was
        together.setdefault(key, []).append(changed)
    said = ("\n".join(_lines(alike, scene, root)) for alike in together.values())
    return "\n\n".join(said) or _NOTHING


def assumed() -> str:
    """The assumptions by their ids alone: the answer is to be seen, and not what it rests on."""
    first, *_, last = (a.id for a in reach_assumptions())
    return f"Under the assumptions {first} to {last}, which reach without --against lists."


def _lines(alike: Sequence[Changed], scene: Scene, root: Path) -> Iterator[str]:
    first = alike[0]
    ports = ports_words(first.ports)
    ports = "all ports" if ports == "all" else ports
    what = named(f"{ports} of {end_words(first.destination)}")
    place = next(_places(first, scene, root), "")
    yield paragraph(f"{first.change.value}: {what}{f' ({place})' if place else ''}")
    sources = listed([named(source_words(c)) for c in alike], len(alike))
    packet = next((c.packet for c in alike if c.packet), None)
    shown = f"; for example {named(str(packet))}" if packet else ""
    yield paragraph(f"- {first.was.value}, now {first.now.value}, from {sources}{shown}")


def _places(changed: Changed, scene: Scene, root: Path) -> Iterator[str]:
    """Where the end that is reached stands, else the one that reaches it."""
    for end in (changed.destination, changed.source):
        yield from (f"{(root / file).as_posix()} line {line}" for file, line in _of(end, scene))


def _of(end: End, scene: Scene) -> Iterator[tuple[str, int]]:
    yield from ((s.file, s.line) for s in scene.services if f"{s.id}[Service]" == end and s.file)
    yield from ((p.file, p.line) for p in scene.pods if p.workload == end and p.file)
