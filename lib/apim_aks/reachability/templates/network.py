"""Resources of templates as values of Azure's network; what is not understood is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from apim_aks.facts.templates import is_unconcerned, is_unconcerned_property
from apim_aks.once import Once
from apim_aks.reachability.templates.network_values import Held, Route
from apim_aks.reachability.templates.properties import Properties
from apim_aks.reachability.templates.readers import READERS
from apim_aks.reachability.templates.resources import Origin, Resource
from apim_aks.reachability.templates.unknown import first_unknown

H = TypeVar("H", bound=Held)
_NAMING = ("maybe", "label", "location", "url", "proxy")
"""What says under which name something is reached, and not who reaches it: whoever asks says so."""


_CONNECTING = ("microsoft.network/", "microsoft.resources/deployments")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """A resource type or a property that may matter and is not modelled, or a value not known."""

    what: str
    origin: Origin

    @property
    def may_connect(self) -> bool:
        """It is a whole resource that may connect networks: a hub, others' templates, a script."""
        return " " not in self.what and self.what.lower().startswith(_CONNECTING)

    def __str__(self) -> str:
        return f"{self.origin}: not understood: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureNetwork(Once):
    """Everything of the network that templates make, and what of them is not understood."""

    held: tuple[Held, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()

    def all(self, kind: type[H]) -> tuple[H, ...]:
        """The values of one kind, in the order of the templates."""
        return self.once(_of_kind, kind)

    def find(self, kind: type[H], id: str) -> H | None:
        """The value of this id; ids are the same in any case."""
        return self.once(_by_id, kind).get(id.lower())

    def routes(self, table: str) -> tuple[Route, ...]:
        """The routes of the table of this id."""
        return tuple(r for r in self.all(Route) if same_id(r.table, table))


def _of_kind(network: AzureNetwork, kind: type[H]) -> tuple[H, ...]:
    return tuple(value for value in network.held if isinstance(value, kind))


def _by_id(network: AzureNetwork, kind: type[H]) -> dict[str, H]:
    return {value.id.lower(): value for value in reversed(network.all(kind)) if value.id}


def same_id(one: str, other: str) -> bool:
    """They are the id of one resource, in any case; nothing has an empty one."""
    return bool(one) and one.lower() == other.lower()


def azure_network(resources: Iterable[Resource]) -> AzureNetwork:
    """The network that these resources make; of one id, the last counts."""
    held: dict[str, Held] = {}
    missed: list[NotUnderstood] = []
    for resource in resources:
        reader = READERS.get(resource.type.lower())
        if reader is None:
            if not is_unconcerned(resource.type):
                missed.append(NotUnderstood(what=resource.type, origin=resource.origin))
            continue
        told = Properties(resource.properties)
        for value in reader(resource, told):
            held[value.id.lower()] = replace(value, maybe=resource.maybe)
        missed += _missed(resource, told)
        if resource.maybe:
            what = f"{resource.type} {resource.name} is there or not by {resource.maybe.name}"
            missed.append(NotUnderstood(what=what, origin=resource.origin))
    missed += (n for value in held.values() for n in _not_known(value))
    return AzureNetwork(held=tuple(held.values()), not_understood=tuple(missed))


def _missed(resource: Resource, told: Properties) -> Iterator[NotUnderstood]:
    for path in told.unread():
        if not is_unconcerned_property(resource.type, path):
            yield NotUnderstood(what=f"{resource.type}: {path}", origin=resource.origin)


def _not_known(value: Held) -> Iterator[NotUnderstood]:
    for field in fields(value):
        if field.name not in _NAMING and (unknown := first_unknown(getattr(value, field.name))):
            what = f"{field.name} of {value.id.rpartition('/')[2]} comes from {unknown.name}"
            yield NotUnderstood(what=what, origin=value.origin)
