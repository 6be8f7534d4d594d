"""Files of the input as a code host knows them: below the root of their repository."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from apim_aks.page.results.outcome import Place

_MARK = ".git"
"""What stands at the root of a repository: a folder, or a file in a work tree beside it."""


@dataclass(frozen=True)
class Repository:
    """Where names of files begin: at one of `folders`, and for a code host at the root.

    `main` is the file that a result is shown at whose own file is not below that root.
    """

    main: Path
    folders: tuple[Path, ...]
    _known: dict[Place, tuple[str, int]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, main: Path, *folders: Path) -> Repository:
        """With absolute paths; names begin at the folder of `main` where no folder is given."""
        return cls(main.absolute(), tuple(f.absolute() for f in folders or (main.parent,)))

    @cached_property
    def root(self) -> Path:
        """The root of the repository that holds the main file; its folder where none does."""
        parents = self.main.parents
        return next((p for p in parents if (p / _MARK).exists()), self.main.parent)

    def uri(self, place: Place) -> tuple[str, int]:
        """The file below the root as a URI, and its line; the main file for one that is not."""
        if place not in self._known:
            self._known[place] = self._found(place)
        return self._known[place]

    def _found(self, place: Place) -> tuple[str, int]:
        whole = (self._below(folder / place.file, place.line) for folder in self.folders)
        found = next(filter(None, whole), None)
        return found or (self.main_uri, 1)

    @property
    def main_uri(self) -> str:
        """The main file below the root as a URI."""
        below = self._below(self.main, 1)
        return below[0] if below else quote(self.main.name)

    def _below(self, path: Path, line: int) -> tuple[str, int] | None:
        """None for what is no file of the repository, such as what a chart was rendered to."""
        path = Path(os.path.normpath(path))
        if not path.is_relative_to(self.root) or not path.is_file():
            return None
        return quote(path.relative_to(self.root).as_posix()), line


def places_in(text: str, files: Iterable[str]) -> Iterator[Place]:
    """The places that a sentence names as `FILE line N` or `FILE:N`, of these files."""
    known = sorted(set(files) - {""}, key=len, reverse=True)
    if known:
        named = "|".join(map(re.escape, known))
        for found in re.finditer(rf"(?<![\w./-])({named})(?: line |:)(\d+)", text):
            yield Place(found[1], int(found[2]))
