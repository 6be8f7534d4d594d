"""Which Services an object that selects pods is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypedDict

from apim_aks.workload.documents import described
from apim_aks.workload.kubernetes.answering import Answering
from apim_aks.workload.kubernetes.object import (
    Object,
    Path_,
    WrongField,
    mapping,
    pairs,
    text,
)
from apim_aks.workload.kubernetes.selectors import read_selector
from apim_aks.workload.network_policy import Selector


class Selecting:
    """Services by the labels of their pods, or by their own selectors where pods are unseen."""

    def __init__(self, answering: Answering, objects: Iterable[Object]) -> None:
        self.answering = answering
        self._objects = objects

    def services(self, selector: Selector, namespace: str = "") -> tuple[str, ...]:
        """The ids of those with pods that are, or may be, picked, in one or every namespace."""
        spaces = (namespace,) if namespace else self._spaces
        return tuple(sorted({id for space in spaces for id in self._in(space, selector)}))

    def _in(self, space: str, selector: Selector) -> Iterator[str]:
        for place, labels in self.answering.within(space):
            if selector.picks(labels):
                yield from self.answering.before(place)
        for service in self.answering.unseen(space):
            if selector.picks(dict(service.selector or ()), whole=False):
                yield service.id

    @cached_property
    def _spaces(self) -> tuple[str, ...]:
        return tuple(sorted({s.namespace for s in self.answering.services.values()}))

    def named(self, namespaces: Selector) -> tuple[str, ...]:
        """The namespaces of Services with these labels, as far as the input holds namespaces."""
        return tuple(s for s in self._spaces if self._fits(s, namespaces))

    def _fits(self, space: str, namespaces: Selector) -> bool:
        known = self._labels.get(space)
        labels = {**(known or {}), "kubernetes.io/metadata.name": space}
        return namespaces.picks(labels, whole=known is not None)

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for object in self._objects:
            if object.kind == "Namespace" and not object.group:
                try:
                    found[object.name] = dict(pairs(object.data, "metadata", "labels"))
                except WrongField:
                    continue  # the reader of marks says so
        return found


def selector_at(object: Object, *path: str | int) -> Selector:
    """The label selector at this path; a missing one picks every pod."""
    return read_selector(object.data, path)


class Base(TypedDict):
    """What every guard has."""

    kind: str
    name: str
    namespace: str
    file: str
    line: int


def base(object: Object, line_of: Path_ = ()) -> Base:
    """Kind, name, namespace, and the line of this field or of the kind."""
    line = object.document.line_of(*object.path, *line_of) if line_of else object.kind_line
    return {
        "kind": object.kind,
        "name": object.name,
        "namespace": object.namespace,
        "file": object.document.file,
        "line": line,
    }


def one_of(object: Object, choices: tuple[str, ...], default: str, *path: str | int) -> str:
    """The text at this path, which is one of these."""
    found = text(object.data, *path) or default
    if found not in choices:
        raise WrongField(tuple(path), described(found), f"one of {', '.join(choices)}")
    return found


def known_fields(data: object, names: Iterable[str], *path: str | int) -> tuple[str, ...]:
    """The fields of the mapping at this path that have none of these names."""
    return tuple(sorted(str(name) for name in mapping(data, *path) if name not in names))
