"""Several lists in the answer of one command of a cluster: each below its own mark, one line each.

A command answers with at most 512 kB (MicrosoftDocs/azure-aks-docs, access-private-cluster.md), so
that a list whose line did not arrive whole can be told from one that is empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_aks.remote.azure.redaction import redacted
from apim_aks.remote.azure.refusal import Json
from apim_aks.workload.documents import printable

_MARK, _END = "== ", "== end"
_LONGEST = 200

Listed = tuple[Json, ...] | str
"""The objects of a list, or what kubectl said in their place."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is left of a list: as a file for jq, which runs in the cluster, and the same done here.

    A cluster that is reached by kubectl of this machine needs no jq.
    """

    file: Path
    here: Callable[[Iterable[Json]], Iterable[Json]]


Asked = Mapping[str, tuple[str, Form]]
"""Commands of kubectl that list something, each with its form, by name."""


def command(asked: Asked) -> str:
    """The command that writes below each mark what is listed, or the beginning of why not."""
    lists = (_list(name, lists, form.file.name) for name, (lists, form) in asked.items())
    return "; ".join((*lists, f"echo '{_END}'"))


def _list(name: str, asked: str, form: str) -> str:
    return (
        f"echo '{_MARK}{name}'; {asked} --output=json >/tmp/list 2>/tmp/why "
        f"&& jq -cn -f {form} /tmp/list || head -c {_LONGEST} /tmp/why; echo"
    )


def forms(asked: Asked) -> dict[str, str]:
    """The files for jq that lie beside the command."""
    return {f.file.name: f.file.read_text(encoding="utf-8") for _, f in asked.values()}


def arrived(logs: str) -> dict[str, Listed]:
    """What stands below each mark, without lists that did not arrive whole."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in logs.splitlines():
        if line.startswith(_MARK):
            name = line.removeprefix(_MARK).strip()
            found[name] = []
        elif name:
            found[name].append(line)
    ended = found.pop(_END.removeprefix(_MARK), None) is not None
    lists = {name: _listed("\n".join(lines)) for name, lines in found.items()}
    if not ended and lists and isinstance(lists[name], str):
        del lists[name]
    return lists


def _listed(line: str) -> Listed:
    held = _parsed(line)
    found = held.get("items") if isinstance(held, dict) else None
    return tuple(i for i in found if isinstance(i, dict)) if isinstance(found, list) else said(line)


def listed_here(output: str, form: Form) -> Listed:
    """The same of what kubectl wrote on this machine: a list, one object, or nothing."""
    held = _parsed(output or '{"items": []}')
    if not isinstance(held, dict):
        return said(output)
    found = held.get("items", [held])
    return tuple(form.here(found)) if isinstance(found, list) else said(output)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def said(text: str) -> str:
    """What was answered in place of a list, as the end of a sentence."""
    return " ".join(redacted(printable(text)).split())[:_LONGEST] or "nothing"
