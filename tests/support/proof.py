"""What was broken and what happened, as a document: the tables of the tests themselves.

`make golden` writes docs/proof.md anew; test_proof.py holds it to the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.topology.check import State
from tests.deployment import test_deployment as deploying
from tests.support import around_faults, mutated_designs, outside_faults, reach_faults
from tests.support.arm_server import Fault
from tests.support.markdown import table
from tests.support.places import REPOSITORY
from tests.verification import test_azure_resources, test_backends
from tests.verification import test_live_calls as calls

FILE = REPOSITORY / "docs" / "proof.md"
_HEAD = """# What was broken, and what happened

Made from the tables of the tests by `make golden`; every row is a test that runs. Azure is a local
server that speaks the Resource Manager's protocol, asked through the real SDK clients; gateway,
ingress and Services are local TLS servers. What only a subscription can show stands in
[live-run.md](live-run.md). What our reading makes of recorded answers of Azure:
`python -m tests.support.replayed`, with the recordings beside the repository."""
_PLACES = {
    deploying.DEPLOYMENT: "the deployment `10-foundation`",
    r"/operationresults/": "the end of a what-if",
    "whatIf": "the question of the what-if",
}


def _sent(fault: Fault) -> str:
    return f"{fault.method} {_PLACES[fault.path]}"


def faults() -> str:
    """Faults while something is deployed: where, what happened, how often it was tried."""
    passing = (
        (what, _sent(fault), "finished, nothing made twice", f"at most {tries}")
        for what, fault, tries, _ in deploying.PASSING
    )
    lasting = (
        (what, _sent(fault), "one sentence, nothing half-written; the next run finishes", str(n))
        for what, fault, n, _ in deploying.LASTING
    )
    return table(("fault", "where", "what happened", "deployment sent"), (*passing, *lasting))


def probes() -> str:
    """What was broken at the servers, and exactly which probes changed."""
    return table(
        ("what was broken", "option", "asked from", "failed", "not run"),
        (
            (row.what, row.option, row.place, _ended(row, State.FAIL), _ended(row, State.NOT_RUN))
            for row in calls.MUTATIONS
        ),
    )


def _ended(row: calls.Broken, state: State) -> str:
    return ", ".join(id for id, found in row.changes.items() if found is state) or "none"


def matrix() -> str:
    """How often each probe ends each way."""
    return table(("probe", "option", "pass", "fail", "not run"), _matrix())


def _matrix() -> Iterator[Sequence[str]]:
    for placement in calls.plain().placements:
        option = placement.option.id
        ends = [states for (id, _), (_, states) in calls.BASELINES.items() if id == option]
        ends += [calls.expected(row) for row in calls.MUTATIONS if row.option == option]
        for promise in calls.probes(placement):
            id = calls.short(promise)
            counts = (sum(e.get(id) is state for e in ends) for state in State)
            yield (id, option, *(str(n) for n in counts))


def document() -> str:
    """The whole document."""
    parts = (
        ("Faults while deploying", faults()),
        ("The resources in Azure", test_azure_resources.as_markdown()),
        ("Gateway, ingress and Services", probes()),
        ("How often each probe ended how", matrix()),
        ("The way from the gateway to back ends, in the files", test_backends.as_markdown()),
        ("Faults planted into the engine of reach", reach_faults.table()),
        (
            "Faults planted into what is outside the cluster",
            reach_faults.table(outside_faults.FAULTS),
        ),
        (
            "Faults planted into what follows ways beside plain routes",
            reach_faults.table((*around_faults.FAULTS, *around_faults.HANDED)),
        ),
        ("Files of designs that were changed after they were made", mutated_designs.as_markdown()),
    )
    return "\n\n".join((_HEAD, *(f"## {title}\n\n{body}" for title, body in parts))) + "\n"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8", newline="\n")
