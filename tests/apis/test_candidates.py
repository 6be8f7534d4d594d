"""Which Services are proposed where none is described or exposed as an API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_aks.apis.mapping import map_services
from apim_aks.workload.call import Call, Caller, CallGraph, CallState, Evidence
from apim_aks.workload.model import Workload
from tests.support.scenario import PUBLIC, service, workload

EVIDENCE = (Evidence("shop.yaml", 7, "env ADDRESS"),)
NAMES = ("page-ui", "orders", "billing", "ledger")


def told(*calls: tuple[str, str], state: CallState = CallState.FOUND) -> Workload:
    """A public page and three Services that speak HTTP, with who calls whom."""
    exposed = {"page-ui": {"type": PUBLIC}}
    services = [service(name, selector=(("app", name),), **exposed.get(name, {})) for name in NAMES]
    graph = CallGraph(
        tuple(
            Call(
                Caller("shop", caller, "Deployment", (("app", caller), ("tier", "x"))),
                f"shop/{callee}",
                80,
                EVIDENCE,
                state,
            )
            for caller, callee in calls
        )
    )
    return replace(workload(*services), graph=graph)


def proposed(found: Workload) -> set[str]:
    return {id.removeprefix("shop/") for id in map_services(found).published}


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((), {"orders", "billing", "ledger"}),
        ((("orders", "ledger"),), {"orders", "billing"}),
        ((("orders", "ledger"), ("page-ui", "ledger")), {"orders", "billing", "ledger"}),
        ((("load-generator", "ledger"),), {"orders", "billing", "ledger"}),
        (
            (("orders", "billing"), ("billing", "ledger"), ("ledger", "orders")),
            {"orders", "billing", "ledger"},
        ),
    ],
    ids=["nobody", "inner", "from a page", "from outside every Service", "in a circle"],
)
def test_what_only_other_services_call_stays_inside(
    calls: tuple[tuple[str, str], ...], expected: set[str]
) -> None:
    assert proposed(told(*calls)) == expected


def test_the_caller_is_named_with_file_and_line() -> None:
    found = map_services(told(("orders", "ledger")))
    reason = next(d.reason for d in found.decisions if d.service == "shop/ledger")
    assert reason == (
        "Deployment shop/orders calls it inside the cluster (shop.yaml line 7), and no front end "
        "is known to; list it under publish if consumers call it too"
    )
    assert "orders and billing speak HTTP" in found.notes[0].sentence


def test_a_call_that_is_struck_keeps_nothing_inside() -> None:
    assert "ledger" in proposed(told(("orders", "ledger"), state=CallState.STRUCK))
