"""One run that replaces a folder and is killed at its n-th step; for tests of what is left."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from apim_aks.own_files import exchange, replaced, replacing

STEPS = ("open", "os.mkdir", "os.rename", "os.link", "os.chmod", "os.scandir", "test.exchanged")
REMOVALS = ("shutil.rmtree", "os.remove", "os.rmdir")
"""What Python's auditing calls every touch of the file system."""


class Killer:
    """Kills this process before step `at` below `place`; counts the steps otherwise."""

    def __init__(self, at: int, place: str) -> None:
        self.at, self.place, self.seen = at, place, 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        named = event in STEPS and self.place in str(arguments)
        if not (named or event in REMOVALS):
            return
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def write(target: Path, content: str, keep_old: bool = False) -> None:
    """A small report: one file in a folder and two beside it."""
    with replaced(target, print, keep_old) as folder:
        (folder / "pages").mkdir()
        for name in ("index.html", "design.json", "pages/one.html"):
            (folder / name).write_text(content, encoding="utf-8")


def exchange_told(one: Path, other: Path) -> bool:
    """The exchange with a step before and one after: the call itself is not audited."""
    sys.audit("test.exchanged", str(one))
    done = exchange.exchanged(one, other)
    sys.audit("test.exchanged", str(one))
    return done


def main() -> None:
    """TARGET CONTENT KEEP EXCHANGE AT: `AT` 0 prints how many steps there are."""
    target, content, keep, swap, at = sys.argv[1:]
    told = exchange_told if swap == "yes" else lambda one, other: False
    replacing.exchanged = told  # type: ignore[attr-defined]
    killer = Killer(int(at), Path(target).parent.name)
    sys.addaudithook(killer)
    write(Path(target), content, keep == "yes")
    print(killer.seen)


if __name__ == "__main__":
    main()
