"""What people type: the examples that `--help` shows, and what usually comes next."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

PROGRAM = "apim-aks"

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "report": (
        ("report --open", "the bundled workload, and its first page in the browser"),
        ("report --workload shop/workload.yaml --out review", "your own, into a folder"),
        ("report --single-file", "also all pages in one file"),
        ("report --sarif out.sarif --junit out.xml", "for a code host and a pipeline"),
        ("report --option ingress-mtls --keep-old", "checks of one option; the old report stays"),
        ("report --against base/shop --summary review.md", "and what changed, for a pull request"),
    ),
    "init": (
        ("init shop", "what the manifests and OpenAPI documents below shop say"),
        ("init shop --ask", "and what only you know, question by question"),
        (
            "init shop --from-apiops shop/apim-artifacts --instance rg-apim/apim-shop",
            "beside what an API Management holds already",
        ),
        (
            "init shop --from-cluster",
            "first write what runs in the cluster",
        ),
    ),
    "map": (
        ("map", "the bundled workload"),
        ("map --workload shop/workload.yaml --json", "your own, for a tool"),
    ),
    "contract": (("contract v1/openapi.yaml v2/openapi.yaml", "exit code 1 where callers break"),),
    "design": (
        ("design", "all options beside each other"),
        ("design --option v2-integration", "one option with its checks and reasons"),
    ),
    "decide": (("decide --workload contoso-orders", "what comes first, and what would change it"),),
    "prices": (
        ("prices", "the snapshot that costs are made with"),
        ("prices --refresh --region westeurope --currency EUR", "ask for today's"),
    ),
    "reach": (
        ("reach manifests/", "who can connect to which Service"),
        ("reach manifests/ arm/ --from internet --explain", "from one place, with the reasons"),
        ("reach new/ --against old/ --fail-on opened", "for CI: exit code 1 where it opens"),
    ),
    "diff": (
        ("diff reports/contoso-retail shop", "a report, and the workload in a folder as it is now"),
        ("diff base/shop shop --fail-on opened,contract", "two states of a folder, for CI"),
        ("diff shop@test shop@prod", "two environments of one workload"),
        ("diff base/shop shop --format markdown --out review.md", "for a pull request"),
    ),
    "portfolio": (
        ("portfolio teams/ --open", "every workload.yaml below teams"),
        ("portfolio workloads.txt --timeout 60 --memory 1000", "those of a list, within limits"),
        ("portfolio teams/ --scheduler tcp://scheduler:8786", "on a Dask cluster"),
    ),
    "testbed": (
        ("testbed --option ingress-mtls", "one option of the bundled workload"),
        ("testbed --workload shop/workload.yaml --json", "every option of your own, for a tool"),
    ),
    "export": (
        ("export bicep", "the option that comes first, as modules and a parameters file"),
        ("export terraform --option v2-integration --out infra", "one option, into a folder"),
        (
            "export arm --workload shop/workload.yaml --environment test",
            "as it is deployed there alone",
        ),
    ),
    "plan": (
        ("plan --offline", "every stage, against an empty subscription"),
        ("plan --save plan.json", "what Azure answers, kept for deploy --apply plan.json"),
    ),
    "deploy": (
        ("deploy", "the plan; changes nothing"),
        ("deploy --option v2-integration --apply", "does it, stage by stage"),
        ("deploy --apply plan.json --confirm a1b2/aks-shop/e5f6", "that plan or nothing; for CI"),
    ),
    "certificates": (("certificates", "the commands that request and merge them"),),
    "verify": (
        ("verify --offline", "what files settle, without Azure"),
        ("verify --from same-vnet --control 10.0.0.4:443", "from a machine in the network"),
    ),
    "revise": (
        ("revise orders", "what callers of the API would notice; changes nothing"),
        ("revise orders --apply", "makes the revision, checks it, switches to it"),
    ),
    "cutover": (
        ("cutover --option vnet-internal", "who moves, and what callers do before"),
        (
            "cutover --apply --zone rg-dns/contoso.com --moved 'node ports of *'",
            "moves the names in that zone; callers of node ports have moved by hand",
        ),
    ),
    "rollback": (("rollback --apply", "every name leads where it led before"),),
    "close": (
        ("close", "what would go, and what of it cannot be taken back"),
        ("close --apply --after 14d --irreversible", "two weeks after everybody has moved"),
    ),
    "remove": (("remove", "what would go; nothing is removed without --apply"),),
}
"""For each command, without the program's name: what is typed and what it is for."""

_NEXT = {
    "init": ("check the file, then see which APIs it makes", "map"),
    "map": ("the options side by side", "design"),
    "design": ("what decides", "decide"),
    "decide": ("the review", "report --open"),
    "report": ("what Azure would change", "plan --offline"),
    "plan": ("build it", "deploy --apply"),
    "deploy": ("see whether it holds", "verify"),
    "verify": ("move callers to it", "cutover"),
    "cutover": ("some time after everybody has moved, take away what served them", "close"),
}


def program() -> str:
    """The name this was called by."""
    return PROGRAM if Path(sys.argv[0]).stem == PROGRAM else "python -m apim_aks"


def examples(command: str) -> str:
    """The examples of a command, one below the other, as `argparse` completes them."""
    shown = EXAMPLES[command]
    width = max(len(line) for line, _ in shown) - len(command)
    typed = [f"%(prog)s{line.removeprefix(command).ljust(width)}" for line, _ in shown]
    lines = [f"  {t}  {purpose}" for t, (_, purpose) in zip(typed, shown, strict=True)]
    return "\n".join(["Examples:", *lines])


def next_step(command: str, workload: str) -> str:
    """What usually comes after a command, as a line to type; empty after the last."""
    if command not in _NEXT:
        return ""
    purpose, typed = _NEXT[command]
    named = f" --workload {shlex.quote(workload)}" if workload else ""
    return f"Next, {purpose}: {program()} {typed}{named}"
