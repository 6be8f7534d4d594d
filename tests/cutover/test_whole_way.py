"""The whole way of each option while today's callers call, and what a killed run leaves behind."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from apim_aks.remote.azure import AzureRefused
from apim_aks.testbed.processes import PATIENCE
from tests.support import scenes_page
from tests.support.arm_server import Fault, error
from tests.support.killed import (
    PHASES,
    WENT_ON,
    ended,
    faults_of,
    go_on,
    gone_on,
    interrupted,
    passed,
)
from tests.support.programs import missing_proxies, needs_proxies
from tests.support.running import Running
from tests.support.scenes_page import SCENES
from tests.support.series import at_length, some_of
from tests.support.walked import walked
from tests.support.whole_way import (
    WAYS,
    Way,
    named,
    not_ours,
    whole_way,
)


def test_an_option_goes_its_whole_way_and_back(tmp_path: Path) -> None:
    """Both entries run where their proxies are there, with callers that are not prepared."""
    case = scenes_page.SMALL
    with whole_way(tmp_path, *case, run=not missing_proxies()) as way:
        if way.running:
            assert_followed(way, way.running)
        stopped = walked(way)
        if way.running:
            assert "29.4 % of 51 requests failed (15 4xx), and 0.0 %" in stopped
            text = scenes_page.FILE.read_text(encoding="utf-8")
            assert scenes_page.callers_of(way, stopped) in text
            assert scenes_page.scene_row(way, case) in scenes_page.written(text, SCENES)


def assert_followed(way: Way, running: Running) -> None:
    """The proxy serves what the cluster holds, and not what the model says of it."""
    (ingress,) = (o for o in way.project.objects if o.kind == "Ingress")
    caller = next(c for c in way.callers if c.entry and c.asked[0])
    whole = way.model.cluster
    for held, served in ((whole.deleted(ingress), False), (whole, True)):
        way.model.cluster = held
        running.follow()
        assert caller.entry
        until = time.monotonic() + PATIENCE
        while running.today(caller.entry, caller.asked) is not served:
            assert time.monotonic() < until, "Traefik does not follow the cluster"


@at_length
@needs_proxies
@pytest.mark.parametrize("case", some_of(WAYS, 2), ids=named)
def test_every_option_goes_its_whole_way_and_back(
    tmp_path: Path, case: tuple[str, str, bool]
) -> None:
    with whole_way(tmp_path, *case, run=True) as way:
        walked(way)
        written = scenes_page.written(scenes_page.FILE.read_text(encoding="utf-8"), SCENES)
        known = [told(row) for row in written if row[:3] == scenes_page.case_row(case)]
        assert known in ([], [told(scenes_page.scene_row(way, case))])


def told(row: tuple[str, ...]) -> list[str]:
    """The row without the numbers of calls, which follow each write that a phase gains or loses."""
    return [re.sub(r"^([\d,]+) of [\d,]+$", lambda n: str(n[1] != "0"), cell) for cell in row]


# Killed


@at_length
def test_a_run_interrupted_in_each_phase_goes_on(tmp_path: Path) -> None:
    with whole_way(tmp_path, "contoso-orders", "v2-integration", True) as way:
        theirs = not_ours(way)
        for found in passed(way, look=False):
            found.before.restore(way)
            interrupted(way, found.phase, 1 + found.count // 2)
            faults = faults_of(way, found, theirs)
            assert not faults.total(), (found.phase, faults, way.losers)
        assert not_ours(way) == theirs


@at_length
@pytest.mark.parametrize("case", some_of(WAYS, 1), ids=named)
def test_a_run_killed_at_any_write_of_any_phase_goes_on(
    tmp_path: Path, case: tuple[str, str, bool]
) -> None:
    """`python -m tests.support.scenes_page --kills` takes every write of every option."""
    with whole_way(tmp_path, *case) as way:
        theirs = not_ours(way)
        for found in passed(way):
            for moment in some_of(found.moments, 12):
                counts = gone_on(way, found, moment, theirs)
                assert counts.keys() <= {"kills", *WENT_ON}, (found.phase, counts, way.losers)
        assert not_ours(way) == theirs


# Faults

BUSY = error("ServerBusy", "Try again.")
NO = error("AuthorizationFailed", "The client may not do this.")
FAULTS = {
    "throttled": {"status": 429, "body": error("TooManyRequests"), "headers": {"Retry-After": "3"}},
    "unavailable": {"status": 503, "body": BUSY},
    "answer lost": {"status": 503, "body": BUSY, "done_first": True},
    "failed": {"status": 500, "body": error("InternalServerError")},
    "conflict": {"status": 409, "body": error("Conflict", "It is being changed.")},
    "forbidden": {"status": 403, "body": NO, "times": 99},
    "changed meanwhile": {"status": 412, "body": error("PreconditionFailed")},
    "line cut": {"cut": True},
}
OPERATIONS = {
    "a name": ("PUT", r"/dnsZones/[^/]+/(?:A|CNAME)/"),
    "a look at a name": ("GET", r"/dnsZones/"),
    "requests": ("GET", r"/Microsoft\.Insights/metrics"),
    "the lease": ("PUT", r"lease\.internal/TXT"),
    "the end of the lease": ("DELETE", r"lease\.internal/TXT"),
    "the record": ("PUT", r"/deployments/[^/]*-record"),
    "the cluster": ("POST", r"/runCommand"),
    "a removal": ("DELETE", r"/Microsoft\.ApiManagement/"),
}


@at_length
def test_what_azure_may_answer_to_any_operation_of_a_phase_does_no_harm(tmp_path: Path) -> None:
    """It ends in a sentence or is sent again; the next run goes on to the same end."""
    with whole_way(tmp_path, "contoso-orders", "v2-integration", True) as way:
        for found in passed(way, look=False):
            phase, before, whole = found.phase, found.before, found.whole
            faults = FAULTS.items() if phase != "deploy" else ()
            for (said, fault), (what, (method, path)) in some_of(
                product(faults, OPERATIONS.items()), 5
            ):
                before.restore(way)
                way.arm.faults[:] = [Fault(method, path, **fault)]
                with suppress(AzureRefused):
                    PHASES[phase](way)
                way.arm.faults.clear()
                way.again()
                go_on(way, phase)
                now = ended(way)
                assert now.resources == whole.resources, (phase, said, what)
                assert now.lost == 0, (phase, said, what, way.losers)
