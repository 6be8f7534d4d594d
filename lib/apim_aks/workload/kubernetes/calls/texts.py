"""The settings in the text of a ConfigMap: JSON and YAML by their keys, all else by lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.workload.documents import Parsed, parse
from apim_aks.workload.kubernetes.object import Path_

_STRUCTURED = (".json", ".yaml", ".yml")
_SCRIPTS = (".sh", ".bash")
_LINE = re.compile(r"\s*(?:export\s+|-\s+)?[\"']?([\w.\[\]-]{1,200})[\"']?\s*(?:[:=]|\s)\s*(.*)")
_COMMENT = re.compile(r"\s*(?:#|//|--|;)")


@dataclass(frozen=True, slots=True)
class Setting:
    """A named text and its place: a line within the whole, from 0, or a path in a document of it.

    A `command` is a line of a script.
    """

    name: str
    text: str
    first: int = 0
    path: Path_ = ()
    document: Parsed | None = None
    command: bool = False

    @property
    def line(self) -> int:
        """Its line within the whole text, from 0; looked up when it is asked for."""
        return self.document.line_of(*self.path) - 1 if self.document else self.first


def settings_in(name: str, text: str) -> tuple[Setting, ...]:
    """The settings in a text that is called so; a text of one line is a setting itself."""
    begins = text.lstrip()[:1]
    if "\n" not in text.strip() and begins not in ("{", "["):
        return (Setting(name, text),)
    if name.endswith(_STRUCTURED) or begins in ("{", "["):
        reading = parse(text.encode(errors="replace"), name)
        if reading.documents and not reading.findings:
            return tuple(s for d in reading.documents for s in _leaves(d))
    script = name.endswith(_SCRIPTS) or text.startswith("#!")
    return tuple(_lines(text, script))


def _lines(text: str, script: bool) -> Iterator[Setting]:
    for number, line in enumerate(text.split("\n")):
        if not line.strip() or _COMMENT.match(line):
            continue
        found = _LINE.match(line)
        # What opens a block is named by its words: `upstream inventory {` calls nobody.
        named = found and not script and not line.rstrip().endswith("{")
        name, value = (found[1], found[2]) if found and named else ("", line)
        yield Setting(name, value.strip().rstrip(";,").strip("\"'"), number, command=script)


def _leaves(document: Parsed) -> Iterator[Setting]:
    waiting: list[tuple[Path_, Any]] = [((), document.data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, k), v) for k, v in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*path, i), v) for i, v in reversed([*enumerate(value)])]
        elif isinstance(value, (str, int)) and not isinstance(value, bool):
            name = ".".join(p for p in path if isinstance(p, str))
            yield Setting(name, str(value), path=path, document=document)
