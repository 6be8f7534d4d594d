"""Plain data as YAML that every reader of YAML, old or new, understands the same way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache, partial
from itertools import takewhile
from operator import ne
from typing import Any

# Kubernetes reads YAML 1.1 with extensions: these are text to PyYAML and something else there.
_ELSEWHERE = re.compile(
    r"[yYnN]|[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0[oO][0-7_]+|[-+]?0[xX][0-9a-fA-F_]+"
)

_KEPT = 4096
"""Documents that are kept: more than a cluster of a thousand Services has of one kind."""
_ONE_LINE = re.compile(r"[^\n\r\x85\u2028\u2029]{0,900}")
_KEY = re.compile(r"[^\n\r\x85\u2028\u2029]{0,100}")
_BLOCK = re.compile(r"[!-~](?:[ -~]*[!-~])?\n(?:(?:(?:[ -~]*[!-~])?\n)*[ -~]*[!-~]\n?)?")
"""Texts of which it is certain how many lines they take: one, and a block with lines of its own."""


@cache
def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    Dumper.add_representer(str, _text)
    return Dumper


def _text(dumper: Any, text: str) -> Any:
    style = None
    if "\n" in text:
        style = "|"
    elif _ELSEWHERE.fullmatch(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def dump_all(documents: Iterable[Any]) -> str:
    """The documents as YAML, keys in their order, text quoted wherever it could be misread."""
    import yaml

    return str(
        yaml.dump_all(
            documents,
            Dumper=_dumper(),
            sort_keys=False,
            allow_unicode=True,
            width=10_000,
            line_break="\n",
        )
    )


def dump(document: Any) -> str:
    """One document as YAML."""
    return dump_all([document])


def dump_again(document: Any) -> str:
    """One document of plain data as YAML, written once however often it is asked for."""
    return _dumped(json.dumps(document))


@lru_cache(maxsize=_KEPT)
def _dumped(document: str) -> str:
    return dump(json.loads(document))


def is_laid_out(document: Any) -> bool:
    """`lines_of` and `line_in` know where each part of the document stands once it is written."""
    if isinstance(document, dict):
        return all(_KEY.fullmatch(str(k)) and is_laid_out(v) for k, v in document.items())
    if isinstance(document, list):
        return all(map(is_laid_out, document))
    text = document if isinstance(document, str) else ""
    return bool(_ONE_LINE.fullmatch(text) or _BLOCK.fullmatch(text))


def lines_of(part: Any) -> int:
    """How many lines `dump` gives a document, or a part of one below the line that names it.

    Each key has a line, and each item, but for an item with parts: it begins on their first line.
    """
    if isinstance(part, dict):
        return sum(1 + lines_of(value) for value in part.values())
    if isinstance(part, list):
        return sum(map(_lines_of_item, part))
    return len(part.splitlines()) if isinstance(part, str) and "\n" in part else 0


def _lines_of_item(item: Any) -> int:
    return lines_of(item) if item and isinstance(item, (dict, list)) else 1 + lines_of(item)


def line_in(document: Any, path: Iterable[str | int]) -> int:
    """The line in `dump` of what stands at this path, from 0; of the nearest part of it there."""
    line = named = 0
    for at in path:
        if isinstance(document, dict) and at in document:
            before = takewhile(partial(ne, at), document)
            named = line + sum(1 + lines_of(document[key]) for key in before)
            line = named + 1
        elif isinstance(document, list) and isinstance(at, int) and at < len(document):
            line = named = line + sum(map(_lines_of_item, document[:at]))
        else:
            break
        document = document[at]
    return named
