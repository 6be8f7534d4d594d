"""docs/scenes.md: what today's callers get while an option is deployed, moved back and closed.

`python -m tests.support.scenes_page` walks every way with both entries running here, and kills it
at every write; each row is written when its way has ended. `--only NAME` takes the ways that hold
it, `--scenes` or `--kills` one of both tables. It takes half an hour of a processor.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from apim_aks.cutover.change import Stops
from tests.support.killed import every_kill
from tests.support.markdown import table
from tests.support.places import REPOSITORY
from tests.support.programs import missing_proxies
from tests.support.walked import walked
from tests.support.whole_way import (
    BACK_FROM_IT,
    NOWHERE,
    TOO_EARLY,
    UNPREPARED,
    WAYS,
    Caller,
    Way,
    whole_way,
)

FILE = REPOSITORY / "docs" / "scenes.md"
SMALL = ("contoso-orders", "v2-integration", True)
"""The way that is shown caller by caller, and that every test run walks."""
Case = tuple[str, str, bool]
Row = tuple[str, ...]

STEPS = {
    "until callers move": ("plan", "deploy", "verify after deploy"),
    "moved too early": (TOO_EARLY,),
    "moved back": (BACK_FROM_IT, "rollback", "after rollback"),
    "moved": ("cutover", "verify after cutover", "cutover again", "verify after cutover again"),
    "close": ("close", "verify after close"),
}
"""The phases in the columns of the page."""

HEAD = """# Today's callers, while an option is deployed, moved back and closed

Every option of both workloads goes its whole way: plan, deploy, verify, cut over, roll back, cut
over again, close, remove, on the local Azure of the tests and the model cluster. Some ways begin
in an empty subscription (*from nothing*), others at a cluster whose entries serve today (*from
today*). After each single write every caller of today calls, and what it gets is counted. One real
request stands for callers whose requests differ only by the network that they come from, and for
writes that change nothing in the cluster, in API Management and in names.

Today's entry and the new one run side by side, as in [the testbed](testbed.md). Traefik reads the
objects of the model cluster as they are at that moment, Envoy follows what is translated of them
(also for the NGINX of the application routing add-on, without what its annotations say),
and the gateway is the interpreter of the policies that stand in the local Azure at that moment. A
call through them counts as answered only if it arrives at the right Service. *modelled* says that
nothing here stands for an entry: the proof of reachability says what is answered. It also says what
the network does with every call, since addresses, load balancers, network rules and policies do
not run here, nor does an edge before the gateway. Where something runs, no answer differed from the
model.

Of each name or address that moves, one caller is *not prepared*: it sends to the gateway what it
sends today, without key and token. The cut-over was told that all are prepared.

`python -m tests.support.scenes_page` makes this page; `make test` walks the first way again and
compares it, `make proof` others with each seed."""
_CALLERS = "## One way, caller by caller: {}"
_TOLD = """Requests lost of those sent. The cut-over stopped with the words

> {}

and was rolled back. Whoever loses requests stands on the page *what changes for whom*
(`callers.html`), with what it does not send yet or with what ends at `close`; a test compares
both."""
SCENES = "## Every way"
_SCENES_TOLD = """Requests lost of those sent, in the columns of the phases. Those that are lost
while callers move too early, and until they have moved back, are requests of callers that are not
prepared. Nobody else loses any until `close`, where callers that no file names are cut off, as the
page says. *Run* is the number of callers whose entry of today runs here; what they call after they
have moved runs for all of them."""
_KILLS = "## Killed at every write"
_KILLS_TOLD = """The process ends before or after any of its writes: resources, records, the lease,
names, files of the cluster. The next run goes on by itself, or it says that the lease of the dead
run has to be taken over, and goes on with that word. *Faults* are lost requests, things made twice,
another end than without a kill, and anything removed that was not made here."""
_SCENE_HEAD = ("workload", "option", "begins", "callers", "run", "new entry", *STEPS)
_KILL_HEAD = ("workload", "option", "begins", "kills", "went on", "took the lease over", "faults")


def document(callers: str, scenes: Iterable[Row], kills: Iterable[Row]) -> str:
    """The whole page."""
    killed = [*kills]
    walked_ways = [*scenes]
    shown = f"{_SCENES_TOLD}{_left(walked_ways)}", table(_SCENE_HEAD, walked_ways)
    parts = (HEAD, callers, SCENES, *shown)
    kept = f"{_KILLS_TOLD}{_left(killed)}", table(_KILL_HEAD, (*killed, _sum(killed)))
    return "\n\n".join((*parts, _KILLS, *kept)) + "\n"


def _left(rows: list[Row]) -> str:
    """Which ways have no row, in a sentence."""
    known = {r[:3] for r in rows}
    left = [" ".join(row) for c in WAYS if (row := case_row(c)) not in known]
    return f"\n\nNot run yet: {'; '.join(left)}." if left else ""


def _sum(rows: list[Row]) -> Row:
    numbers = (str(sum(int(r[at].replace(",", "")) for r in rows)) for at in range(3, 7))
    return ("all", "", "", *numbers)


def case_row(case: Case) -> Row:
    """The first cells of a way."""
    return case[0], case[1], "from today" if case[2] else "from nothing"


def scene_row(way: Way, case: Case) -> Row:
    """How a way ended that was walked, in a row."""
    assert way.running
    runs = sum(_today(way, c) != "modelled" for c in way.everybody)
    steps = (_cell(way, [c.name for c in way.everybody], p) for p in STEPS.values())
    return (*case_row(case), str(len(way.everybody)), str(runs), way.running.words, *steps)


def kill_row(case: Case, found: Counter[str]) -> Row:
    """How the kills of a way ended, in a row."""
    known = ("kills", "went on", "named what to do")
    faults = sum(n for kind, n in found.items() if kind not in known)
    return (*case_row(case), *(str(found[k]) for k in known), str(faults))


def _cell(way: Way, names: list[str], phases: tuple[str, ...]) -> str:
    lost = sum(way.counts[n, p, True] for n in names for p in phases)
    sent = lost + sum(way.counts[n, p, False] for n in names for p in phases)
    return f"{lost:,} of {sent:,}" if sent else ""


def callers_of(way: Way, stopped: str) -> str:
    """The section that shows a way caller by caller."""
    assert way.running
    rows = [
        (
            c.name,
            _today(way, c),
            way.running.words if c.host else "stays",
            *(_cell(way, [c.name], p) for p in STEPS.values()),
            _said(c),
        )
        for c in way.everybody
    ]
    head = ("caller", "today", "then", *STEPS, "on the page")
    title = _CALLERS.format(" ".join(case_row(SMALL)))
    return "\n\n".join(
        (title, _TOLD.format(stopped.partition(" Nothing more")[0]), table(head, rows))
    )


def _today(way: Way, caller: Caller) -> str:
    found = way.running.runs(caller.entry) if way.running and caller.entry else ""
    return found or "modelled"


def _said(caller: Caller) -> str:
    if caller.name.endswith(UNPREPARED) and caller.change:
        return ", ".join(d.kind.value for d in caller.change.news)
    if caller.name.startswith(NOWHERE):
        return f"any pod that no file names: {Stops.CLOSE}"
    return ""


# What stands there


def written(text: str, title: str) -> list[Row]:
    """The rows of the table under this title."""
    body = text.partition(f"{title}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in body.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line) for line in lines if line[0].strip() != "---"][1:]


def _callers_written(text: str) -> str:
    found = re.search(r"^## One way.*?(?=\n\n## )", text, re.M | re.S)
    return found[0] if found else ""


def put(rows: list[Row], new: Row) -> list[Row]:
    """The rows with this one in its place."""
    order = [case_row(c) for c in WAYS]
    kept = [r for r in rows if r[:3] != new[:3] and r[:3] in order]
    return sorted((*kept, new), key=lambda r: order.index((r[0], r[1], r[2])))


def keep(callers: str = "", scene: Row | None = None, kill: Row | None = None) -> None:
    """Write the page with what is new."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    scenes = put(written(text, SCENES), scene) if scene else written(text, SCENES)
    kills = [r for r in written(text, _KILLS) if r[0] != "all"]
    kills = put(kills, kill) if kill else kills
    made = document(callers or _callers_written(text), scenes, kills)
    FILE.write_text(made, encoding="utf-8")


def walk(case: Case, folder: Path) -> None:
    """Walk the way and write its row."""
    with whole_way(folder, *case, run=True) as way:
        stopped = walked(way)
        keep(callers_of(way, stopped) if case == SMALL else "", scene_row(way, case))


if __name__ == "__main__":
    if missing := missing_proxies():
        sys.exit(f"{FILE.name} stays as it is: {', '.join(missing)} not there")
    read = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    read.add_argument("--only", default="")
    read.add_argument("--scenes", action="store_true")
    read.add_argument("--kills", action="store_true")
    asked = read.parse_args()
    both = asked.scenes == asked.kills
    for case in (c for c in WAYS if asked.only in " ".join(case_row(c))):
        began = time.process_time()
        with TemporaryDirectory() as made:
            if both or asked.scenes:
                walk(case, Path(made))
        with TemporaryDirectory() as made:
            if both or asked.kills:
                keep(kill=kill_row(case, every_kill(case, Path(made))))
        print(*case_row(case), f"{time.process_time() - began:.0f} s", flush=True)
