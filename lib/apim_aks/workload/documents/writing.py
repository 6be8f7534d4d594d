"""Plain data as YAML that every reader of YAML, old or new, understands the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

# Kubernetes reads YAML 1.1 with extensions: these are text to PyYAML and something else there.
_ELSEWHERE = re.compile(
    r"[yYnN]|[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0[oO][0-7_]+|[-+]?0[xX][0-9a-fA-F_]+"
)


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
