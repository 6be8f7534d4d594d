"""The team that owns an object: from its labels, else its namespace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apim_aks.facts.callers import owner_labels
from apim_aks.workload.call import Caller
from apim_aks.workload.model import Service, Workload

Pairs = Iterable[tuple[str, str]]
NAMESPACE = "namespace"


@dataclass(frozen=True, slots=True)
class Owners:
    """The key by which objects are assigned to teams; `namespace` without labels."""

    key: str

    @property
    def words(self) -> str:
        """How teams were identified, for the readers of a list."""
        if self.key == NAMESPACE:
            return "No label of the Services identifies teams: each list is for one namespace."
        return f"A list is for each value of the label {self.key}, else for a namespace."

    def of_service(self, service: Service) -> str:
        """The owner of this Service."""
        return self._of(service.namespace, (*service.annotations, *service.labels))

    def of_caller(self, caller: Caller) -> str:
        """The owner of the pods of this caller."""
        return self._of(caller.namespace, caller.labels)

    def _of(self, namespace: str, pairs: Pairs) -> str:
        return dict(pairs).get(self.key) or f"{NAMESPACE} {namespace}"


def owners(workload: Workload) -> Owners:
    """The owners by the first key with at least two values among the Services."""
    held = [dict((*s.annotations, *s.labels)) for s in workload.services]
    for row in owner_labels():
        for key in sorted({k for pairs in held for k in pairs if row.key in (k, _last(k))}):
            if len({pairs[key] for pairs in held if key in pairs}) > 1:
                return Owners(key)
    return Owners(NAMESPACE)


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def names_kept(pairs: Pairs, annotations: Iterable[str]) -> tuple[str, ...]:
    """The names that these annotations give an object."""
    found: Mapping[str, str] = dict(pairs)
    texts = (found.get(a, "") for a in annotations)
    return tuple(n for t in texts for n in map(str.strip, t.split(",")) if n)
