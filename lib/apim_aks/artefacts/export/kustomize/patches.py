"""What differs between the objects of two placements, as patches (RFC 6902) and objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.manifests.file import Object

Json = dict[str, Any]
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Differences:
    """Operations for each object that is in both, objects only there, and objects only here."""

    changed: Mapping[Key, tuple[Json, ...]]
    added: tuple[Object, ...]
    gone: tuple[Key, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.gone)


def key(object: Object) -> Key:
    """API group with version, kind, namespace and name."""
    where = object["metadata"]
    return object["apiVersion"], object["kind"], where.get("namespace", ""), where["name"]


def differences(here: Iterable[Object], there: Iterable[Object]) -> Differences:
    """What turns the objects here into those there."""
    before, after = ({key(o): o for o in objects} for objects in (here, there))
    changed = {k: tuple(_operations(before[k], o)) for k, o in after.items() if k in before}
    return Differences(
        {k: found for k, found in changed.items() if found},
        tuple(o for k, o in after.items() if k not in before),
        tuple(k for k in before if k not in after),
    )


def _operations(before: Any, after: Any, path: str = "") -> Iterator[Json]:
    """The operations for two values; a list that differs takes the place of the other."""
    if before == after:
        return
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield {"op": "replace", "path": path, "value": after}
        return
    for name in sorted(before.keys() - after.keys()):
        yield {"op": "remove", "path": f"{path}/{_escaped(name)}"}
    for name, value in after.items():
        if name in before:
            yield from _operations(before[name], value, f"{path}/{_escaped(name)}")
        else:
            yield {"op": "add", "path": f"{path}/{_escaped(name)}", "value": value}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
