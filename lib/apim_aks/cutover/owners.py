"""Whose an object is: what its labels say, else its namespace."""

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
    """By which key the objects of a workload are told apart; `namespace` where labels do not."""

    key: str

    @property
    def words(self) -> str:
        """How teams were told, for whoever reads a list of them."""
        if self.key == NAMESPACE:
            return "No label of the Services tells teams apart: a list is for a namespace."
        return f"A list is for each value of the label {self.key}, else for a namespace."

    def of_service(self, service: Service) -> str:
        """Whose this Service is."""
        return self._of(service.namespace, (*service.annotations, *service.labels))

    def of_caller(self, caller: Caller) -> str:
        """Whose the pods of this caller are."""
        return self._of(caller.namespace, caller.labels)

    def _of(self, namespace: str, pairs: Pairs) -> str:
        return dict(pairs).get(self.key) or f"{NAMESPACE} {namespace}"


def owners(workload: Workload) -> Owners:
    """The first key of the rows that has at least two values among the Services."""
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
