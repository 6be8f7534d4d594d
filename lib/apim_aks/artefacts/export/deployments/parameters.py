"""What environments say differently, as parameters: each under a name, with a value for each.

A text that holds what another parameter says, such as the suffix of names, is put together from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from apim_aks.template_expression import Call, Part

Each = tuple[Any, ...]
"""A value for each environment, in their order."""

_KINDS = {str: "string", bool: "bool", int: "int", list: "array"}
_SHORTEST = 3
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


class Named(Protocol):
    """A place in the templates."""

    @property
    def names(self) -> Sequence[str]:
        """What a parameter for it may be called, the shortest name first."""

    @property
    def is_group(self) -> bool:
        """It names a resource group, which is one parameter as a whole."""

    @property
    def meaning(self) -> str:
        """What such a parameter says."""


class Parameters:
    """The parameters that were needed, and those of the templates that differ as well."""

    def __init__(self, known: Mapping[str, Each], taken: Iterable[str]) -> None:
        self.values = dict(known)
        self.declared: dict[str, Mapping[str, Any]] = {}
        self._taken = {*taken, *known}
        self._texts: dict[Each, Part] = {}

    def text(self, each: Each, place: Named) -> Part:
        """Texts as one: the same in each, put together from parameters, or a new parameter."""
        if len(set(each)) == 1:
            return str(each[0])
        if each not in self._texts:
            found = self._same(each) or (None if place.is_group else self._filled(each))
            self._texts[each] = found or self.value(each, place)
        return self._texts[each]

    def value(self, each: Each, place: Named) -> Part:
        """A parameter with these values, named after the place, by its last field if that does."""
        names = (*place.names, *(f"{place.names[0]}{n}" for n in range(2, len(self._taken) + 3)))
        name = next(n for n in names if n not in self._taken or self._is_same(n, each))
        kind = {"type": _KINDS[type(each[0])], "metadata": {"description": place.meaning}}
        self.declared.setdefault(name, kind)
        self.values[name] = each
        self._taken.add(name)
        return Call("parameters", (name,))

    def _is_same(self, name: str, each: Each) -> bool:
        return name in self.declared and self.values[name] == each

    def _same(self, each: Each) -> Part | None:
        name = next((n for n, held in self.values.items() if held == each), "")
        return Call("parameters", (name,)) if name else None

    def _filled(self, each: Each) -> Part | None:
        """The texts as one with holes, where only what parameters say differs in them."""
        pieces = [tuple(self._pieces(text, at)) for at, text in enumerate(each)]
        if len(set(pieces)) > 1 or any("{" in text for text in each):
            return None
        names = list(dict.fromkeys(n for n, _ in pieces[0] if n))
        holes = "".join(f"{{{names.index(n)}}}" if n else text for n, text in pieces[0])
        return Call("format", (holes, *(Call("parameters", (n,)) for n in names)))

    def _pieces(self, text: str, at: int) -> Iterator[tuple[str, str]]:
        """The text cut at what parameters say in this environment: name of one, or text."""
        said = [(n, self.values[n][at]) for n in self._fillers()]
        if not said:
            yield "", text
            return
        found = "|".join(f"(?P<{n}>{re.escape(value)})" for n, value in said)
        end = 0
        for match in re.finditer(rf"(?<![A-Za-z0-9])(?:{found})(?![A-Za-z0-9])", text):
            yield "", text[end : match.start()]
            yield str(match.lastgroup), ""
            end = match.end()
        yield "", text[end:]

    def _fillers(self) -> Sequence[str]:
        """The parameters that other texts hold, the longest ones first."""
        names = (n for n, each in self.values.items() if _fills(each) and len(set(each)) > 1)
        return sorted(names, key=lambda n: -max(map(len, self.values[n])))


def _fills(each: Each) -> bool:
    return all(isinstance(v, str) and len(v) >= _SHORTEST and _PLAIN.fullmatch(v) for v in each)
