"""Several lists in the answer of one command of a cluster: each below its own mark, one line each.

A command answers with at most 512 kB (MicrosoftDocs/azure-aks-docs, access-private-cluster.md), so
that a list whose line did not arrive whole can be told from one that is empty.
"""

from __future__ import annotations

import json
from typing import Any

from apim_aks.remote.azure.refusal import Json

_MARK, _END = "== ", "== end"
_LONGEST = 200

END = f"echo '{_END}'"
"""The last command: that its mark arrived shows that nothing was cut off."""


def listing(name: str, asked: str, form: str) -> str:
    """The command that writes the mark, then what `asked` lists, or the beginning of why not.

    `form` is the file for jq that makes one line of the list.
    """
    return (
        f"echo '{_MARK}{name}'; {asked} --output=json >/tmp/list 2>/tmp/why "
        f"&& jq -c -f {form} /tmp/list || head -c {_LONGEST} /tmp/why; echo"
    )


def sections(logs: str) -> tuple[dict[str, str], bool]:
    """What stands below each mark, and whether the last mark arrived."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in logs.splitlines():
        if line.startswith(_MARK):
            name = line.removeprefix(_MARK).strip()
            found[name] = []
        elif name:
            found[name].append(line)
    ended = found.pop(_END.removeprefix(_MARK), None) is not None
    return {name: "\n".join(lines).strip() for name, lines in found.items()}, ended


def items(line: str) -> tuple[Json, ...] | None:
    """The objects of a list; None where the line holds none, or not all of it."""
    try:
        held: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = held.get("items") if isinstance(held, dict) else None
    if not isinstance(found, list):
        return None
    return tuple(item for item in found if isinstance(item, dict))
