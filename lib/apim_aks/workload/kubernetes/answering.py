"""The objects that run the pods of a Service, and the Services that share them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from apim_aks.workload.kubernetes.object import Object, Pairs, Path_, WrongField, mapping, pairs
from apim_aks.workload.kubernetes.pods import with_pods
from apim_aks.workload.model import Service

API_SERVER = "default/kubernetes"
"""The Service before the API server, whose endpoints the API server writes."""
_CRON: Path_ = ("spec", "jobTemplate", "spec", "template")


@dataclass(frozen=True, slots=True)
class Runner:
    """An object that runs pods: where their template stands, and the labels they get."""

    maker: Object
    namespace: str
    at: Path_
    labels: Mapping[str, str]

    @property
    def spec(self) -> dict[str, object]:
        """The `spec` of its pods."""
        return mapping(self.maker.data, *self.at, "spec")


class Answering:
    """The pods of an input and the Services before them, each looked up by the other."""

    def __init__(self, objects: list[Object], services: Mapping[str, Service]) -> None:
        self.services = services
        self.runners = tuple(_runners(objects))
        self._by_label: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for at, runner in enumerate(self.runners):
            for key, value in runner.labels.items():
                self._by_label[runner.namespace, key, value].add(at)

    @cached_property
    def pods(self) -> dict[str, set[int]]:
        """By the id of each Service the indexes of what runs its pods."""
        return {id: self._behind(s) for id, s in self.services.items()}

    @cached_property
    def _before(self) -> dict[int, list[str]]:
        before: dict[int, list[str]] = defaultdict(list)
        for id, found in self.pods.items():
            for at in found:
                before[at].append(id)
        return before

    def _behind(self, service: Service) -> set[int]:
        return self.picked(service.namespace, service.selector or ())

    def picked(self, namespace: str, labels: Pairs) -> set[int]:
        """The indexes of what runs pods with all of these labels; none without a label."""
        sets = [self._by_label.get((namespace, k, v), set()) for k, v in labels]
        return set.intersection(*sorted(sets, key=len)) if sets else set()

    def within(self, namespace: str) -> Iterable[tuple[int, Mapping[str, str]]]:
        """The indexes and labels of what runs pods in a namespace."""
        return self._within.get(namespace, ())

    @cached_property
    def _within(self) -> dict[str, list[tuple[int, Mapping[str, str]]]]:
        found: dict[str, list[tuple[int, Mapping[str, str]]]] = defaultdict(list)
        for at, runner in enumerate(self.runners):
            found[runner.namespace].append((at, runner.labels))
        return found

    def before(self, runner: int) -> tuple[str, ...]:
        """The Services whose selector picks the pods of this object."""
        return tuple(sorted(self._before.get(runner, ())))

    def unseen(self, namespace: str) -> Iterable[Service]:
        """The Services of a namespace that pick pods, and whose pods the input does not hold."""
        return (self.services[id] for id in self._unseen[0].get((namespace,), ()))

    @cached_property
    def _unseen(self) -> tuple[dict[tuple[str, ...], set[str]], ...]:
        """Those Services by namespace, by key of their selector, and by key with its value."""
        found: tuple[dict[tuple[str, ...], set[str]], ...]
        found = (defaultdict(set), defaultdict(set), defaultdict(set))
        for id, service in self.services.items():
            if service.selector and not self.pods[id]:
                found[0][(service.namespace,)].add(id)
                for key, value in service.selector:
                    found[1][service.namespace, key].add(id)
                    found[2][service.namespace, key, value].add(id)
        return found

    def beside(self, service: Service) -> tuple[str, ...]:
        """The other Services that lead to some of the same pods, but for those of its ports."""
        sharing = (self.services[id] for id in self.sharing(service))
        return tuple(s.id for s in sharing if s.origin != service.origin)

    def sharing(self, service: Service) -> tuple[str, ...]:
        """The Services that lead to some of the same pods, this one among them.

        Where the pods are not in the input, those whose selectors could pick the same.
        """
        if found := self.pods[service.id]:
            return tuple(sorted({id for at in found for id in self._before[at]}))
        if not service.selector:
            return (service.id,)
        space = service.namespace
        everyone, asking, alike = self._unseen
        ids = set(everyone[(space,)])
        for key, value in service.selector:
            ids -= asking[space, key] - alike[space, key, value]
        return tuple(sorted(ids))


def _runners(objects: list[Object]) -> Iterable[Runner]:
    jobs = (o for o in objects if o.kind == "CronJob")
    for object in (*with_pods(objects), *jobs):
        at = {"Pod": (), "CronJob": _CRON}.get(object.kind, ("spec", "template"))
        try:
            labels = dict(pairs(object.data, *at, "metadata", "labels"))
            yield Runner(object, object.namespace, at, labels)
        except WrongField:
            continue  # the reader of pods says so
