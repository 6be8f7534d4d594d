"""Paths inside a folder of somebody else: what may be followed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from apim_aks.workload.kubernetes import label

# Whatever kustomize may take for a repository or an address (api/internal/git/repospec.go).
_REMOTE = re.compile(
    r"://|::|^gh:|^[^/\s]+@|^github\.com[:/]|_git/|\.git([/?]|$)|\?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The folder that everything lies in, unless `outside` allows other places."""

    root: Path
    outside: bool = False

    def holds(self, path: Path) -> bool:
        """The path, with its symbolic links followed, is in the folder."""
        real = Path(os.path.realpath(path))
        return self.outside or real.is_relative_to(os.path.realpath(self.root))

    def label(self, path: Path) -> str:
        """The path as messages show it."""
        return label(path, self.root)


def is_remote(text: str) -> bool:
    """It names something on another machine, or could be taken for it."""
    return bool(_REMOTE.search(text))
