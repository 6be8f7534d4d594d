"""A cluster as the API server keeps it for several field managers: taken, refused, in conflict.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply. Whoever applies meets a
conflict where another owns a field that gets another value; whoever updates takes it over. What a
manager applied before and leaves out now goes, unless another owns it too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.facts.references import CORE, api_groups, cluster_wide
from apim_aks.workload.kubernetes.apply.admission import refused
from apim_aks.workload.kubernetes.apply.applying import created, definition, taken_over
from apim_aks.workload.kubernetes.apply.fields import (
    Field,
    Manager,
    covers,
    fields,
    items_in,
    text_of,
    without,
)
from apim_aks.workload.kubernetes.apply.held import Held, as_object
from apim_aks.workload.kubernetes.object import Object, WrongField

Key = tuple[str, str, str, str]
"""API group, kind, namespace, name."""
_NAMESPACE = ("", "Namespace")
_DEFINITION = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that would change, and who else owns it."""

    field: Field
    manager: Manager

    def __str__(self) -> str:
        return f"{text_of(self.field)}, which {self.manager.name} owns"


@dataclass(frozen=True, slots=True)
class Kept:
    """An object of the cluster with the fields that each manager owns."""

    held: Held
    managers: Mapping[Manager, frozenset[Field]]

    @property
    def data(self) -> dict[str, Any]:
        """The object."""
        return self.held.data


@dataclass(frozen=True)
class Cluster:
    """What a cluster holds, and what it has without anybody's manifests.

    `serves` are API groups whose kinds it knows beside those of Kubernetes and of its own
    definitions, `spaces` namespaces that are there.
    """

    kept: Mapping[Key, Kept] = field(default_factory=dict)
    serves: frozenset[str] = frozenset()
    spaces: frozenset[str] = frozenset({"default"})

    def applied(self, object: Object, manager: str, force: bool = False) -> Answer:
        """The object by server-side apply of this manager.

        Raises:
            WrongField: the object has no name.
        """
        who, key, given = Manager(manager), place(object), _given(object)
        there = self.kept.get(key)
        if there is None:
            return self._made(key, object, who)
        found = () if force else tuple(conflicts(there.data, there.managers, object, manager))
        if found:
            return Answer(self, f"conflicts: {'; '.join(map(str, found[:3]))}", found)
        mine = _owned(given)
        left = there.managers.get(who, frozenset()) - mine
        others = _others(there.managers, set(lacking(there.data, object)), who)
        gone = {f for f in left if not any(covers(f, owned) for owned in others.values())}
        merged = taken_over(replace(there.held, given=frozenset()), object)
        data = without(definition(object), merged.data, gone)
        held = replace(merged, object=as_object(merged.object, data))
        return self._stored(key, there, held, {**others, who: mine})

    def updated(self, object: Object, manager: str) -> Answer:
        """The fields of the object set without asking whose they are, as controllers do it.

        Raises:
            WrongField: the object has no name.
        """
        who, key = Manager(manager, "Update"), place(object)
        there = self.kept.get(key)
        if there is None:
            return self._made(key, object, who)
        changed = set(lacking(there.data, object))
        merged = taken_over(replace(there.held, given=frozenset()), object)
        new = items_in(changed) - items_in(fields(definition(object), there.data))
        owned = there.managers.get(who, frozenset()) | changed | new
        return self._stored(
            key, there, merged, {**_others(there.managers, changed, who), who: owned}
        )

    def deleted(self, object: Object) -> Cluster:
        """The cluster without the object, and with a namespace without all that is in it.

        Raises:
            WrongField: the object has no name.
        """
        gone = place(object)
        inside = gone[3] if gone[:2] == _NAMESPACE else None
        kept = {k: v for k, v in self.kept.items() if k != gone and (not k[2] or k[2] != inside)}
        return replace(self, kept=kept)

    def _made(self, key: Key, object: Object, who: Manager) -> Answer:
        new = created(object)
        why = self._place_refused(key) or refused(definition(object), None, new.data)
        if why:
            return Answer(self, why)
        return self._with(key, Kept(new, {who: _owned(_given(object))}))

    def _place_refused(self, key: Key) -> str:
        group, kind, space, _ = key
        if not self.serves_kind(group, kind):
            return f"the cluster serves no kind {kind} of {group}"
        there = not space or space in self.spaces or (*_NAMESPACE, "", space) in self.kept
        return "" if there else f"namespace {space} is not there"

    def serves_kind(self, group: str, kind: str) -> bool:
        """Kubernetes, what the cluster has switched on, or a definition in it brings the kind."""
        row = api_groups().get(group or CORE)
        if group in self.serves or (row is not None and not row.shown_by):
            return True
        definitions = (kept for key, kept in self.kept.items() if key[1] == _DEFINITION)
        return any((group, kind) in defined(kept.data) for kept in definitions)

    def _stored(
        self, key: Key, there: Kept, held: Held, owners: Mapping[Manager, frozenset[Field]]
    ) -> Answer:
        if why := refused(definition(held.object), there.data, held.data):
            return Answer(self, why)
        return self._with(key, Kept(held, {who: f for who, f in owners.items() if f}))

    def _with(self, key: Key, kept: Kept) -> Answer:
        return Answer(replace(self, kept={**self.kept, key: kept}))


@dataclass(frozen=True, slots=True)
class Answer:
    """The cluster afterwards; where it `refused`, it is as before, and that says why."""

    cluster: Cluster
    refused: str = ""
    conflicts: tuple[Conflict, ...] = ()


def conflicts(
    live: Mapping[str, Any],
    owners: Mapping[Manager, frozenset[Field]],
    object: Object,
    manager: str,
) -> Iterable[Conflict]:
    """The fields that would get another value, and who else owns each of them."""
    before = fields(definition(object), live)
    for name, value in _given(object).items():
        if same(value, before.get(name)):
            continue
        for who, owned in owners.items():
            if who != Manager(manager) and covers(name, owned):
                yield Conflict(name, who)
                break


def lacking(live: Mapping[str, Any], object: Object) -> tuple[Field, ...]:
    """The fields of the object that the live one does not show as they are given."""
    before = fields(definition(object), live)
    return tuple(n for n, value in _given(object).items() if not same(value, before.get(n)))


def same(given: Any, live: Any) -> bool:
    """The live value is the one given, with whatever a schema unknown here has filled in."""
    if isinstance(given, dict) and isinstance(live, dict):
        return all(same(value, live.get(name)) for name, value in given.items())
    if isinstance(given, list) and isinstance(live, list):
        return len(given) == len(live) and all(map(same, given, live))
    return bool(given == live)


def defined(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """API group and kind that an object defines; none where it is no definition."""
    spec = data.get("spec") if data.get("kind") == _DEFINITION else None
    names = spec.get("names") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(names, dict):
        return ()
    return ((str(spec.get("group")), str(names.get("kind"))),)


def place(object: Object) -> Key:
    """What tells the object from every other in a cluster.

    Raises:
        WrongField: it has no name.
    """
    group, kind = object.group, object.kind
    return group, kind, "" if cluster_wide(group, kind) else object.namespace, object.name


def is_named(object: Object) -> bool:
    """Whether it can be told from every other in a cluster."""
    try:
        place(object)
    except WrongField:
        return False
    return True


def _given(object: Object) -> dict[Field, Any]:
    return fields(definition(object), object.data)


def _owned(given: Mapping[Field, Any]) -> frozenset[Field]:
    return frozenset(given) | items_in(given)


def _others(
    owners: Mapping[Manager, frozenset[Field]], taken: Collection[Field], who: Manager
) -> dict[Manager, frozenset[Field]]:
    """What each other manager still owns once these fields were taken from it."""
    return {
        other: frozenset(f for f in owned if not any(f[: len(t)] == t for t in taken))
        for other, owned in owners.items()
        if other != who
    }
