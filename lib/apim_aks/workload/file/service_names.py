"""Which Service or workload a name in workload.yaml means: the name alone where it is unique."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from apim_aks.workload.file.schema import Where
from apim_aks.workload.file.source import Source
from apim_aks.workload.finding import Finding, nearest
from apim_aks.workload.kubernetes import Manifests

_SHOWN = 12


@dataclass(frozen=True)
class Names:
    """The names that each of them has, what it is called in full first; `what` they all are.

    `lost`: a part of the manifests was left out, which may have held any of them.
    """

    source: Source
    what: str
    each: tuple[tuple[str, ...], ...]
    lost: bool

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids that each name may mean."""
        found: dict[str, list[str]] = {}
        for names in self.each:
            for name in dict.fromkeys(names):
                found.setdefault(name, []).append(names[0])
        return found

    def found(self, where: Where, name: str) -> str | Finding:
        """The id that is meant; a finding where there is none, or more than one."""
        ids = self.ids.get(name, [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            found = f"the {self.what} {name!r}, of which there are several"
            return self.source.finding(where, found, f"one of {', '.join(ids)}")
        could = f"a {self.what} that could be read from the manifests"
        expected = could if self.lost else self._choices(name)
        return self.source.finding(where, f"the unknown {self.what} {name!r}", expected)

    def meant(self, where: Where, name: str, findings: list[Finding]) -> str:
        """The same; empty, with a finding, where a refused document may have held it.

        Raises:
            InputError: there is none, or more than one.
        """
        found = self.found(where, name)
        if isinstance(found, str):
            return found
        if name not in self.ids and self.lost:
            findings.append(found)
            return ""
        raise self.source.error(where, found.found, found.expected)

    def _choices(self, name: str) -> str:
        ids = [names[0] for names in self.each]
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        return f"{nearest(name, list(self.ids))}one of {', '.join(ids[:_SHOWN])}{more}"


def service_names(source: Source, manifests: Manifests) -> Names:
    """The Services as `namespace/name` or `name`."""
    each = tuple((s.id, s.name) for s in manifests.services)
    return Names(source, "Service", each, _lost(manifests))


def caller_names(source: Source, manifests: Manifests) -> Names:
    """What runs pods, as `namespace/name` or `name`, where two are called so with their kind."""
    callers = manifests.graph.callers
    count = Counter(c.id for c in callers)
    each = tuple((c.id if count[c.id] == 1 else c.called, c.called, c.id, c.name) for c in callers)
    return Names(source, "workload", each, _lost(manifests))


def _lost(manifests: Manifests) -> bool:
    return any(f.refused for f in manifests.findings)
