"""What a deployment would change, as rows: sign, label, resource, relevant properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from apim_aks.facts import interruptions, noises
from apim_aks.remote.azure import Json, redacted, redacted_value, type_of
from apim_aks.workload.names import digest

_LONGEST = 80


class ChangeType(StrEnum):
    """What would happen to a resource. The order is that of the table."""

    DELETE = "Delete"
    MODIFY = "Modify"
    CREATE = "Create"
    DEPLOY = "Deploy"
    NOT_PREDICTABLE = "NotPredictable"
    UNSUPPORTED = "Unsupported"
    NO_CHANGE = "NoChange"
    IGNORE = "Ignore"

    @property
    def sign(self) -> str:
        """A sign that can be told apart without colour."""
        return {
            "Delete": "-",
            "Modify": "~",
            "Create": "+",
            "Deploy": "!",
            "NotPredictable": "?",
            "Unsupported": "x",
            "NoChange": "=",
            "Ignore": "*",
        }[self.value]

    @property
    def label(self) -> str:
        """The change in words."""
        return {
            "Delete": "delete",
            "Modify": "modify",
            "Create": "create",
            "Deploy": "deploy",
            "NotPredictable": "not predictable",
            "Unsupported": "unsupported",
            "NoChange": "no change",
            "Ignore": "ignored",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyChange:
    """One property: before, after, and what its change interrupts, if it does.

    `noise` is why the line is irrelevant; such lines are folded. `mark` is the fingerprint of both
    values as Azure gave them, of which `before` and `after` show no more than a beginning.
    """

    path: str
    kind: ChangeType
    before: str = ""
    after: str = ""
    interrupts: str = ""
    noise: str = ""
    mark: str = ""

    @property
    def text(self) -> str:
        """The property as one line."""
        if self.kind is ChangeType.DELETE:
            return f"- {self.path}: {self.before}"
        if self.kind is ChangeType.CREATE:
            return f"+ {self.path}: {self.after}"
        return f"{self.kind.sign} {self.path}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """What would happen to one resource, with relevant properties first."""

    id: str
    type: str
    name: str
    kind: ChangeType
    properties: tuple[PropertyChange, ...] = ()
    because: str = ""
    tags_before: tuple[tuple[str, str], ...] = ()
    tags_after: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> tuple[PropertyChange, ...]:
        """The properties that are not noise."""
        return tuple(p for p in self.properties if not p.noise)

    @property
    def folded(self) -> int:
        """How many properties are noise."""
        return len(self.properties) - len(self.shown)

    @property
    def deleted(self) -> tuple[PropertyChange, ...]:
        """Properties that would be deleted: in incremental mode these are lost."""
        return tuple(p for p in self.shown if p.kind is ChangeType.DELETE)

    @property
    def interrupting(self) -> tuple[PropertyChange, ...]:
        """Properties whose change interrupts traffic."""
        return tuple(p for p in self.shown if p.interrupts)

    @property
    def only_noise(self) -> bool:
        """Whether the modification consists of noise alone."""
        return self.kind is ChangeType.MODIFY and bool(self.properties) and not self.shown

    @property
    def rank(self) -> tuple[bool, bool, int, str, str]:
        """Its rank in the table: losses and interruptions come first."""
        lost = self.kind is ChangeType.DELETE or bool(self.deleted)
        place = list(ChangeType).index(self.kind) + 4 * self.only_noise
        return not lost, not self.interrupting, place, self.type, self.name


def changes_of(result: Json) -> tuple[ResourceChange, ...]:
    """The rows of a what-if answer, by rank."""
    held: Json = result.get("properties") or result
    found = [_change(c) for c in held.get("changes") or ()]
    # Newer answers list separately what the service could not evaluate.
    found += [_potential(c) for c in held.get("potentialChanges") or ()]
    return tuple(sorted(found, key=lambda change: change.rank))


def diagnostics_of(result: Json) -> tuple[str, ...]:
    """The diagnostics in a what-if answer, as sentences."""
    held: Json = result.get("properties") or result
    found = held.get("diagnostics") or ()
    return tuple(redacted(f"{d.get('code')}: {d.get('message')}") for d in found)


def _potential(change: Json) -> ResourceChange:
    made = _change(change)
    reason = "Azure can only say when the deployment runs"
    kind = ChangeType.NOT_PREDICTABLE
    return ResourceChange(
        id=made.id,
        type=made.type,
        name=made.name,
        kind=kind,
        properties=made.properties,
        because=made.because or reason,
    )


def _change(change: Json) -> ResourceChange:
    id = str(change.get("resourceId") or _extension_id(change))
    kind = _kind(str(change.get("changeType") or ""))
    type = type_of(id)
    lines = tuple(sorted(_lines(type, change), key=_importance))
    because = redacted(str(change.get("unsupportedReason") or ""))
    if kind is ChangeType.UNSUPPORTED and "reference" in because.lower():
        kind = ChangeType.NOT_PREDICTABLE
    if kind is ChangeType.IGNORE and not because:
        because = "not in the template, or the template is too large to be evaluated"
    before, after = (_tags(change.get(side)) for side in ("before", "after"))
    return ResourceChange(
        id=id,
        type=type,
        name=_name(id),
        kind=kind,
        properties=lines,
        because=because,
        tags_before=before,
        tags_after=after,
    )


def _tags(resource: Any) -> tuple[tuple[str, str], ...]:
    found = resource.get("tags") if isinstance(resource, Mapping) else None
    return tuple((str(k), str(v)) for k, v in (found or {}).items())


def _extension_id(change: Json) -> str:
    extension = change.get("extension") or {}
    return f"/providers/{extension.get('name', 'unknown')}/{change.get('symbolicName', 'resource')}"


def _kind(word: str) -> ChangeType:
    known = {kind.value.lower(): kind for kind in ChangeType}
    return known.get(word.lower(), ChangeType.NOT_PREDICTABLE)


def _importance(line: PropertyChange) -> tuple[bool, bool, bool, str]:
    return bool(line.noise), line.kind is not ChangeType.DELETE, not line.interrupts, line.path


def _name(id: str) -> str:
    parts = [p for p in id.split("/") if p]
    lower = [p.lower() for p in parts]
    if "providers" not in lower:
        return parts[-1] if parts else ""
    at = len(lower) - 1 - lower[::-1].index("providers")
    return redacted("/".join(parts[at + 3 :: 2]))


def _lines(type: str, change: Json) -> Iterator[PropertyChange]:
    for line in change.get("delta") or ():
        yield from _line(type, line, "", "")


def _line(type: str, line: Json, above: str, plain: str) -> Iterator[PropertyChange]:
    """A change and its children; `plain` is the path without list indexes."""
    part = str(line.get("path") or "")
    path = _joined(above, part, f"{above}[{part}]")
    general = plain if part.isdigit() else _joined(plain, part, plain)
    word = str(line.get("propertyChangeType") or "")
    children = line.get("children") or ()
    if children:
        for child in children:
            yield from _line(type, child, path, general)
        return
    kind = _PROPERTY_KINDS.get(word.lower(), ChangeType.MODIFY)
    noise = _noise(type, general) or (_UNRESOLVED if _is_expression(line.get("after")) else "")
    if word.lower() == "noeffect":
        noise = "read-only, or the same by default"
    yield PropertyChange(
        path=redacted(path),
        kind=kind,
        before=_value(part, line.get("before")),
        after=_value(part, line.get("after")),
        interrupts=_interrupts(type, general),
        noise=noise,
        mark=digest([line.get("before"), line.get("after")]),
    )


_UNRESOLVED = "an expression that is evaluated when the deployment runs"
_PROPERTY_KINDS = {
    "create": ChangeType.CREATE,
    "delete": ChangeType.DELETE,
    "noeffect": ChangeType.NO_CHANGE,
}


def _joined(above: str, part: str, indexed: str) -> str:
    if part.isdigit():
        return indexed
    return f"{above}.{part}" if above else part


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("[") and value.endswith(")]")


def _value(key: str, value: Any) -> str:
    if value is None:
        return "none"
    safe = redacted_value(value, key.rsplit(".", 1)[-1])
    text = safe if isinstance(safe, str) else _flat(safe)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flat(v) for v in value) + "]"
    return (
        {True: "true", False: "false"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


def _matches(pattern: str, path: str) -> bool:
    wanted, found = pattern.lower(), path.lower()
    return fnmatchcase(found, wanted) or fnmatchcase(found, wanted.replace(".*.", "."))


def _noise(type: str, path: str) -> str:
    rows = (n for n in noises() if n.type in ("*", type) or n.type.lower() == type.lower())
    return next((n.because for n in rows if _matches(n.property, path)), "")


def _interrupts(type: str, path: str) -> str:
    rows = (i for i in interruptions() if i.type.lower() == type.lower())
    return next((i.what for i in rows if _matches(i.property, path)), "")


def count(changes: Iterable[ResourceChange]) -> str:
    """The number of changes of each kind, in words."""
    found = list(changes)
    counted = ((kind, sum(c.kind is kind for c in found)) for kind in ChangeType)
    return ", ".join(f"{n} {kind.label}" for kind, n in counted if n) or "nothing"
