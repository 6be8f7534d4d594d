"""Which Service a name in workload.yaml means: `namespace/name`, or the name alone where unique."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from apim_aks.workload.file.schema import Where
from apim_aks.workload.file.source import Source
from apim_aks.workload.finding import Finding, nearest
from apim_aks.workload.kubernetes import Manifests

_SHOWN = 12


@dataclass(frozen=True)
class ServiceNames:
    """The names of the Services that the manifests hold."""

    source: Source
    manifests: Manifests

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids that each name may mean."""
        found: dict[str, list[str]] = {}
        for service in self.manifests.services:
            for name in dict.fromkeys((service.id, service.name)):
                found.setdefault(name, []).append(service.id)
        return found

    @cached_property
    def lost(self) -> bool:
        """A part of the manifests was left out, which may have held any Service."""
        return any(f.refused for f in self.manifests.findings)

    def found(self, where: Where, name: str) -> str | Finding:
        """The id that is meant; a finding where there is none, or more than one."""
        ids = self.ids.get(name, [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            found = f"the Service {name!r}, which is in several namespaces"
            return self.source.finding(where, found, f"one of {', '.join(ids)}")
        could = "a Service that could be read from the manifests"
        expected = could if self.lost else self._choices(name)
        return self.source.finding(where, f"the unknown Service {name!r}", expected)

    def _choices(self, name: str) -> str:
        ids = [s.id for s in self.manifests.services]
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        return f"{nearest(name, list(self.ids))}one of {', '.join(ids[:_SHOWN])}{more}"
