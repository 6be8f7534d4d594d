"""A place in the templates of several environments, and what a parameter for it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apim_aks.artefacts.export.symbols import Words, camel, singular, split


class Apart(Exception):
    """The environments differ in what no parameter can say; the sentence names the place."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the templates: stage, resource, and the names of fields down to it."""

    environments: tuple[str, ...]
    stage: str
    resource: str = ""
    owner: Words = ()
    path: Words = ()

    def below(self, name: str) -> Place:
        """One field further in."""
        return replace(self, path=(*self.path, name))

    def of(self, type: str, field: str, owner: Words = ()) -> Place:
        """A field of a resource of this type."""
        kind = tuple(singular(type.rpartition("/")[2]))
        return replace(self, resource=type, owner=owner or kind, path=(field,))

    @property
    def names(self) -> Sequence[str]:
        """What a parameter for this place may be called: by its last field, or by more of them."""
        fields = [split(f) for f in self.path if f != "properties"]
        return [
            camel((*self.owner, *(w for f in fields[-n:] for w in f)))
            for n in range(1, len(fields) + 1)
        ]

    @property
    def meaning(self) -> str:
        """What a parameter for this place says, and where it stands."""
        fields = [f for f in self.path if f != "properties"]
        owner = " ".join(self.owner) or self.stage
        where = f" ({'.'.join(fields)})" if fields[1:] else ""
        what = " ".join(split(fields[-1])).capitalize()
        return f"{what} of {owner}{where}"

    @property
    def is_group(self) -> bool:
        """It names a resource group, which is one parameter as a whole."""
        return self.path[-1] in ("groupName", "resourceGroup")

    @property
    def is_for_people(self) -> bool:
        """It is read by people alone, as the first environment says it."""
        return self.path == ("comments",) or (not self.resource and self.path == ("metadata",))

    def apart(self, why: str) -> Apart:
        """What is raised where this place cannot be the same."""
        fields = ".".join(f for f in self.path if f != "resources")
        where = ", ".join(filter(None, (self.stage, self.resource, fields)))
        return Apart(f"{where}: {why}")
