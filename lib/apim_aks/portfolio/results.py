"""Finished results on the disk, so that a portfolio that was stopped goes on where it was.

They are written one by one beside the folder, and move into it when the whole is written.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from apim_aks.own_files import listed
from apim_aks.own_files.writing import file_digest
from apim_aks.portfolio.assessment import Assessment, read, written

FOLDER = "results"


@dataclass(slots=True)
class Results:
    """The results of earlier runs in `target`, and those of this one in `work`."""

    target: Path
    work: Path
    _listed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work.mkdir(exist_ok=True)
        self._listed = listed(self.target) or {}

    def finished(self, digest: str) -> Assessment | None:
        """What this input came to, if it was finished and nobody changed it since."""
        for place in (self.work / f"{digest}.json", self._earlier(digest)):
            with suppress(OSError, ValueError, RecursionError):
                if place is not None:
                    return read(place.read_bytes())
        return None

    def _earlier(self, digest: str) -> Path | None:
        name = f"{FOLDER}/{digest}.json"
        file = self.target / name
        with suppress(OSError):
            return file if self._listed.get(name) == file_digest(file) else None
        return None

    def keep(self, digest: str, found: Assessment) -> None:
        """Write a result that the same input would come to again."""
        if found.state.lasts:
            new = self.work / f".{digest}"
            new.write_bytes(written(found))
            new.replace(self.work / f"{digest}.json")

    def move(self, digests: set[str], folder: Path) -> None:
        """The results of these inputs into a folder; those of others are of no more use."""
        folder.mkdir()
        for digest in sorted(digests):
            new, old = self.work / f"{digest}.json", self._earlier(digest)
            if new.is_file():
                new.replace(folder / new.name)
            elif old is not None:
                shutil.copyfile(old, folder / old.name)
        shutil.rmtree(self.work, ignore_errors=True)
