"""Where to read on: the source of a row as an address."""

from __future__ import annotations

import re

_FILE = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{7,40}):(\S+)")
_HOME = "https://learn.microsoft.com/azure/api-management/api-management-kubernetes"
"""What the workbook is about, for a row that is a judgement of its authors."""


def address_of(source: str) -> str:
    """The first address of a source; of `owner/name@commit:path` that of the file."""
    for part in source.split(";"):
        text = part.strip()
        if text.startswith("https://"):
            return text.partition(" ")[0]
        if found := _FILE.match(text):
            return f"https://github.com/{found[1]}/blob/{found[2]}/{found[3]}"
    return _HOME
