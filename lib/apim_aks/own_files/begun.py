"""What runs began to write into a folder and have not ended.

A run that is killed leaves some files as it wrote them and no list that names them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from apim_aks.own_files.listing import LISTING, is_file
from apim_aks.own_files.writing import TEMPORARY, write_whole

Digests = Mapping[str, tuple[str, ...]]


def begun(folder: Path) -> Digests:
    """The digests that runs which never ended would have written, by the path of the file."""
    file = _file(folder)
    try:
        held = json.loads(file.read_bytes()) if is_file(file) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    pairs = held.items() if isinstance(held, dict) else ()
    return {n: tuple(map(str, found)) for n, found in pairs if isinstance(found, list)}


def begin(folder: Path, digests: Mapping[str, str]) -> None:
    """Says what is about to be written, beside what earlier runs began."""
    known = begun(folder)
    names = sorted({*known, *digests})
    both = {n: sorted({*known.get(n, ()), *([digests[n]] if n in digests else [])}) for n in names}
    write_whole(_file(folder), json.dumps(both, indent=2, ensure_ascii=False) + "\n")


def end(folder: Path) -> None:
    """Everything is written and listed."""
    _file(folder).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    return folder / f".begun-{LISTING}{TEMPORARY}"
