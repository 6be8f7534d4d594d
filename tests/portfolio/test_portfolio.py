"""Many workloads: packed, worked out within limits, resumed, and put side by side."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from apim_aks.__main__ import main
from apim_aks.cli import portfolio as command
from apim_aks.decision.as_json import as_json
from apim_aks.errors import InputError
from apim_aks.facts import DATA
from apim_aks.portfolio import task
from apim_aks.portfolio.allowance import Allowance
from apim_aks.portfolio.assessing import assessed
from apim_aks.portfolio.assessment import (
    Assessment,
    Network,
    PublishedApi,
    Span,
    State,
    Told,
    read,
    stopped,
    written,
)
from apim_aks.portfolio.collisions import collisions
from apim_aks.portfolio.crossings import crossings
from apim_aks.portfolio.limits import Fits, shared
from apim_aks.portfolio.packing import Item, packed, unpacked
from apim_aks.portfolio.results import Results
from apim_aks.portfolio.risk import by_risk, gravest
from apim_aks.portfolio.running import Row, work_out
from apim_aks.portfolio.sharing import sharing
from apim_aks.portfolio.task import assess
from apim_aks.portfolio.together import portfolio_csv, portfolio_data, together
from apim_aks.portfolio.workloads import Named, workloads_of
from apim_aks.workload.documents import MAX_BYTES
from apim_aks.workload.file import find, read_workload
from tests.support.portfolios import GOOD, PLACED, hanging, never_ending, rows, workload
from tests.support.series import at_length


def quiet(_: str) -> None:
    """Nobody listens."""


class Here(Executor):
    """Runs each task at once, as `does` says, and counts them."""

    def __init__(self, does: Callable[..., bytes]) -> None:
        self.does, self.count = does, 0

    def submit(self, _: Any, /, *given: Any, **named: Any) -> Future[bytes]:
        self.count += 1
        future: Future[bytes] = Future()
        try:
            future.set_result(self.does(*given))
        except Exception as error:
            future.set_exception(error)
        return future


# What travels.


def test_files_laid_out_elsewhere_are_read_as_here(tmp_path: Path) -> None:
    """With a link that leads out, a file too large to be read and a folder of nobody's."""
    file = workload(tmp_path / "here/shop", "shop", manifests=["."])
    (tmp_path / "secret.yaml").write_text("kind: Secret\n")
    (file.parent / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    with (file.parent / "large.yaml").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    (file.parent / "node_modules").mkdir()
    (file.parent / "node_modules/left.yaml").write_text("kind: Service\n")
    sent = packed(file)
    assert {i.path for i in sent.items if i.kind == "link"} == {"out.yaml"}
    assert not any("node_modules" in i.path or b"Secret" in i.content for i in sent.items)
    (tmp_path / "there").mkdir()
    there = read_workload(unpacked(sent, tmp_path / "there"))
    here = read_workload(file)
    assert there.findings == here.findings != ()
    assert there.services == here.services


def test_the_digest_is_that_of_files_and_library(tmp_path: Path) -> None:
    file = workload(tmp_path / "shop", "shop")
    before = packed(file)
    assert packed(file).digest == before.digest
    assert replace(before, made_with="another").digest != before.digest
    file.write_text(f"{file.read_text()}title: Shop\n")
    assert packed(file).digest != before.digest


def test_what_a_chart_and_an_overlay_reach_travels(tmp_path: Path) -> None:
    file = hanging(tmp_path / "shop")
    (file.parent / "base").mkdir()
    (file.parent / "over").mkdir()
    (file.parent / "base/kustomization.yaml").write_text("resources: [one.yaml]\n")
    (file.parent / "base/one.yaml").write_text("kind: ConfigMap\n")
    (file.parent / "over/kustomization.yaml").write_text("resources: [../base]\n")
    with file.open("a") as more:
        more.write("- kustomize: over\n")
    paths = {i.path for i in packed(file).items}
    assert paths >= {"chart/Chart.yaml", "chart/templates", "base/one.yaml"}
    assert paths >= {"over/kustomization.yaml", "base/kustomization.yaml"}


# A process for each, within limits.


def test_a_process_comes_to_what_this_one_does(tmp_path: Path, monkeypatch: Any) -> None:
    """By the same bytes, whatever lies in the folder that it runs in."""
    file = workload(tmp_path / "shop", "shop", render=[{"helm": "chart", "release": "shop"}])
    (file.parent / "chart").mkdir()
    (file.parent / "chart/json.py").write_text("raise SystemExit(3)\n")
    (file.parent / "chart/Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 1.0.0\n")
    monkeypatch.chdir(file.parent)
    found = assess(packed(file), Allowance())
    assert found == written(assessed(Path("workload.yaml")))
    assert read(found).state is State.ASSESSED


@pytest.mark.skipif(os.name == "nt", reason="helm is played by a script")
def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: Any) -> None:
    """Its time is over as soon as the program that it waits for runs."""
    helm = never_ending(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{helm}{os.pathsep}{os.environ['PATH']}")
    sent, pid = packed(hanging(tmp_path / "slow")), helm / "pid"
    monkeypatch.setattr(task, "monotonic", lambda: 99.0 * (pid.exists() and bool(pid.read_text())))
    found = read(assess(sent, Allowance(seconds=60)))
    assert found.state is State.TIME
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(pid.read_text())).wait(30)


def test_a_process_that_is_ended_is_told(tmp_path: Path) -> None:
    """As an interrupt ends all that still run."""
    sent = packed(workload(tmp_path / "shop", "shop"))
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(assess, sent, Allowance())
        while not running.done():
            task.end_running()
            time.sleep(0.01)
    found = read(running.result())
    assert found.state is State.LOST
    assert "before it had a result" in found.sentence


@pytest.mark.parametrize(
    ("allowance", "state", "word"),
    [
        (Allowance(seconds=0.05), State.TIME, "--timeout"),
        (Allowance(megabytes=1), State.MEMORY, "--memory"),
    ],
)
def test_a_limit_that_is_passed_ends_one(
    allowance: Allowance, state: State, word: str, tmp_path: Path
) -> None:
    found = read(assess(packed(workload(tmp_path / "shop", "shop")), allowance))
    assert found.state is state
    assert word in found.sentence


def test_a_worker_with_another_library_says_so(tmp_path: Path) -> None:
    sent = packed(workload(tmp_path / "shop", "shop"))
    found = read(assess(replace(sent, made_with="0.0.1"), Allowance()))
    assert found.state is State.LOST
    assert "0.0.1" in found.sentence


def test_an_input_that_no_disk_takes_is_told(tmp_path: Path) -> None:
    sent = packed(workload(tmp_path / "shop", "shop"))
    found = read(assess(replace(sent, items=(*sent.items, Item("a" * 300))), Allowance()))
    assert found.state is State.LOST


# Any executor, and what is finished already.


def ran(folder: Path, executor: Executor, *named: Named) -> tuple[Row, ...]:
    return work_out(
        named, executor, Results(folder / "out", folder / "work"), Allowance(), lambda *_: None, 2
    )


def test_whatever_happens_to_one_stops_none_of_the_others(tmp_path: Path) -> None:
    def does(sent: Any, _: Allowance) -> bytes:
        if b"name: gone" in sent.items[-1].content:
            raise RuntimeError("the worker is gone")
        return b"no result" if b"name: odd" in sent.items[-1].content else written(GOOD)

    files = [workload(tmp_path / name, name) for name in ("gone", "odd", "good")]
    named = [Named(f.parent.name, f) for f in files]
    missing = Named("missing", None, "list.txt line 3: there is nothing.")
    found = {r.label: r.found for r in ran(tmp_path, Here(does), *named, missing)}
    assert list(found) == ["gone", "odd", "good", "missing"]
    states = [State.LOST, State.LOST, State.ASSESSED, State.INPUT]
    assert [f.state for f in found.values()] == states
    assert "the worker is gone" in found["gone"].sentence
    # What was lost is run again, what is finished is not.
    again = Here(lambda *_: written(GOOD))
    assert {r.found.state for r in ran(tmp_path, again, *named)} == {State.ASSESSED}
    assert again.count == 2


def test_equal_inputs_are_worked_out_once_and_passed_limits_are_tried_again(tmp_path: Path) -> None:
    files = [workload(tmp_path / place, "twin") for place in ("a", "b")]
    named = [Named(f.parent.name, f) for f in files]
    late = Here(lambda *_: written(stopped(State.TIME, "too slow")))
    assert [r.found.state for r in ran(tmp_path, late, *named)] == [State.TIME, State.TIME]
    assert late.count == 1
    assert [r.label for r in ran(tmp_path, Here(lambda *_: written(GOOD)), *named)] == ["a", "b"]


def test_a_twin_that_comes_late_is_of_this_run(tmp_path: Path) -> None:
    files = [workload(tmp_path / place, "twin") for place in ("a", "b")]
    told: list[tuple[str, bool]] = []
    for _ in range(2):
        results = Results(tmp_path / "out", tmp_path / "work")
        named = [Named(f.parent.name, f) for f in files]
        here = Here(lambda *_: written(GOOD))
        work_out(named, here, results, Allowance(), lambda *done: told.append(done), 1)
    assert told == [("a", False), ("b", False), ("a", True), ("b", True)]


def test_a_result_that_somebody_changed_is_none(tmp_path: Path) -> None:
    results = Results(tmp_path / "out", tmp_path / "work")
    results.keep("abc", GOOD)
    assert results.finished("abc") == GOOD
    (tmp_path / "work/abc.json").write_text('{"schema_version": 1, "state": "assessed"}')
    assert results.finished("abc") is None


# Which workloads.


def test_a_folder_holds_the_workloads_below_it(tmp_path: Path) -> None:
    for place in ("team/b", "a", ".hidden", "node_modules/x"):
        workload(tmp_path / place, "w")
    assert [n.label for n in workloads_of(str(tmp_path), quiet)] == ["a", "team/b"]


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are those of Unix")
def test_what_is_passed_over_or_is_no_file_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    """Nothing is silently left out, and nobody waits for a pipe."""
    workload(tmp_path / "all/a", "w")
    workload(tmp_path / "elsewhere", "w")
    (tmp_path / "all/link").symlink_to(tmp_path / "elsewhere")
    for name in ("pipe", "dangling", "folder/workload.yaml", "shut"):
        (tmp_path / "all" / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "all/pipe/workload.yaml")
    (tmp_path / "all/dangling/workload.yml").symlink_to(tmp_path / "gone")
    scan = os.scandir

    def refusing(path: Any) -> Any:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    told: list[str] = []
    found = {n.label: n.wrong for n in workloads_of(str(tmp_path / "all"), told.append)}
    assert found.keys() == {"a", "pipe", "dangling", "folder", "shut"} and not found["a"]
    assert "pipe/workload.yaml is something other" in found["pipe"]
    assert "Permission denied" in found["shut"]
    assert len(told) == 1 and "all/link is a link to a folder" in told[0]
    os.mkfifo(tmp_path / "list.txt")
    with pytest.raises(InputError, match="neither a folder nor a file"):
        workloads_of(str(tmp_path / "list.txt"), quiet)


def test_a_list_names_each_once_and_says_what_is_missing(tmp_path: Path) -> None:
    workload(tmp_path / "a", "w")
    text = "# mine\na\n\na/workload.yaml  # again\nb\ncontoso-orders\n"
    (tmp_path / "list.txt").write_text(text)
    told: list[str] = []
    found = workloads_of(str(tmp_path / "list.txt"), told.append)
    assert [(n.label, n.file is None) for n in found] == [
        ("a", False),
        ("b", True),
        ("contoso-orders", False),
    ]
    assert "line 5" in found[1].wrong
    assert len(told) == 1 and "line 4" in told[0] and "line 2" in told[0]


@pytest.mark.parametrize(
    ("place", "word"),
    [("empty", "no workload.yaml"), ("gone", "no file or folder"), ("a/workload.yaml", "is one")],
)
def test_a_place_without_workloads_is_refused(place: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    workload(tmp_path / "a", "w")
    with pytest.raises(InputError, match=word):
        workloads_of(str(tmp_path / place), quiet)


# What only shows together.


def test_the_same_path_name_service_and_range_collide() -> None:
    inner = replace(GOOD, apis=(PublishedApi("items", "orders/items", 1),), products=("b",))
    apart = replace(
        inner,
        services=(),
        apis=(PublishedApi("c", "c", 1),),
        products=("c",),
        networks=(Network("10.80.0.0/16", "", True), Network("10.40.128.0/17", "", True)),
    )
    found = {
        (c.kind, c.what): c.workloads for c in collisions(rows(a=GOOD, b=GOOD, c=inner, d=apart))
    }
    assert found[("API path", "/orders")] == ("a", "b")
    assert found[("Product", "shop")] == ("a", "b")
    assert found[("Service", "shop/api")] == ("a", "b", "c")
    assert found[("API path inside another", "/orders/items in /orders")] == ("c", "a")
    assert found[("Address range", "10.40.0.0/16")] == ("a", "b", "c", "d")
    assert not any(kind == "Address range" and "80" in what for kind, what in found)


@pytest.mark.parametrize(
    ("clusters", "kinds"), [("xy", set()), ("x ", {"Service"}), ("xx", {"Service"})]
)
def test_services_of_one_name_collide_unless_their_clusters_are_known(
    clusters: str, kinds: set[str]
) -> None:
    plain = Assessment(state=State.ASSESSED, services=GOOD.services)
    a, b = (replace(plain, cluster=c.strip()) for c in clusters)
    assert {c.kind for c in collisions(rows(a=a, b=b))} == kinds


def test_calls_to_services_of_others_are_sure_in_one_cluster_alone() -> None:
    told = (
        Told("Deployment web/ui", ("shop/api",), None, True, "ui.yaml line 3"),
        Told("Deployment web/ui", ("shop/api",), 81, False, "ui.yaml line 4"),
        Told("Deployment web/ui", ("com/example",), None, True, "ui.yaml line 5"),
    )
    caller = replace(GOOD, services=(), told=told, cluster="rg/aks")
    (open_,) = crossings(rows(web=caller, shop=GOOD))
    assert (open_.service, open_.others, open_.sure) == ("shop/api", ("shop",), False)
    (sure,) = crossings(rows(web=caller, shop=replace(GOOD, cluster="rg/aks")))
    assert sure.sure


def test_limits_are_kept_together_or_not_and_never_by_omission() -> None:
    many = replace(GOOD, resources={"operations": 2000, "products": 1})

    def fits(*found: Assessment) -> dict[str, Fits]:
        kinds = shared(tuple(Row(str(n), f) for n, f in enumerate(found)))
        on = next(s for s in kinds if s.kind.id == "operations")
        return {t.tier: t.fits for t in on.tiers}

    assert fits(many)["Developer"] is Fits.FITS
    assert fits(many, many)["Developer"] is Fits.EXCEEDS
    unknown = fits(many, many, stopped(State.LOST, "gone"))
    assert (unknown["Developer"], unknown["Premium"]) == (Fits.EXCEEDS, Fits.UNKNOWN)
    apis = next(s for s in shared(rows(a=GOOD)) if s.kind.id == "apis")
    assert {t.fits for t in apis.tiers} == {Fits.NO_LIMIT}


def test_one_gateway_saves_units_and_widens_what_one_fault_reaches() -> None:
    (found,) = sharing(rows(a=GOOD, b=GOOD, c=replace(GOOD, placements=())))
    assert found.each == Span(300.0, 300.0)
    assert found.together == Span(152.83, 300.0)
    assert (found.operations_each, found.operations_together) == (4, 8)
    assert (found.leaked_each, found.leaked_together) == (Span(0, 2), Span(0, 4))
    full = replace(GOOD, resources={"operations": 9000})
    (two,) = sharing(rows(a=full, b=full))
    assert two.gateways == 2
    assert two.together == Span(300.0, 300.0)
    (open_,) = sharing(rows(a=GOOD, b=replace(GOOD, resources=None)))
    assert open_.together is None and open_.unknown


def test_the_gravest_come_first_and_nothing_known_before_all() -> None:
    failed = replace(GOOD, placements=(replace(PLACED, failed=("x",)),))
    open_ = replace(GOOD, placements=(replace(PLACED, public_endpoints=Span(0, None)),))
    public = replace(GOOD, placements=(replace(PLACED, public_endpoints=Span(3, 3)),))
    lost = stopped(State.TIME, "late")
    given = rows(good=GOOD, public=public, open=open_, failed=failed, lost=lost)
    assert [r.label for r in by_risk(given)] == ["lost", "failed", "open", "public", "good"]
    assert gravest(public) == "public endpoints of the cluster"


def test_the_json_keeps_to_its_schema_and_no_cell_is_a_formula() -> None:
    evil = replace(GOOD, name="=1+1", left_out=("x",), decided="ingress-mtls")
    whole = together(rows(a=evil, b=GOOD, c=stopped(State.INPUT, "wrong")))
    schema = json.loads((DATA / "schemas/portfolio.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(portfolio_data(whole), schema)
    assert ",'=1+1," in portfolio_csv(whole)


# The command.


def test_the_command_writes_all_of_it_and_goes_on_from_there(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    """One good, one whose recorded option is not first, and one that is missing."""
    monkeypatch.chdir(tmp_path)
    workload(tmp_path / "good", "good", calls="http://api0.kept:80", publish=["api0"])
    workload(tmp_path / "kept", "kept", decision={"option": "public-services"})
    Path("list.txt").write_text("good\nkept\n\ngone\n")
    assert main(["portfolio", "list.txt", "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert "gone" in said and "line 4" in said and "no longer first" in said
    data = json.loads(Path("out/portfolio.json").read_text(encoding="utf-8"))
    states = {w["path"]: w["state"] for w in data["workloads"]}
    assert states == {"good": "assessed", "kept": "assessed", "gone": "input"}
    assert [(c["workload"], c["service"]) for c in data["calls_between"]] == [("good", "kept/api0")]
    page = Path("out/index.html").read_bytes()
    assert main(["portfolio", "list.txt", "--out", "out"]) == 2
    assert "2 workloads of 3 as an earlier run left them" in capsys.readouterr().err
    assert Path("out/index.html").read_bytes() == page
    Path("list.txt").write_text("kept\n")
    assert main(["portfolio", "list.txt", "--out", "out", "--quiet"]) == 1
    Path("out/mine.txt").write_text("mine")
    assert main(["portfolio", "list.txt", "--out", "out"]) == 2
    assert "mine.txt" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["no such", "tcp://127.0.0.1:PORT", "tcp://127.0.0.1:SILENT"])
def test_a_scheduler_that_is_not_there_is_told(
    address: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    """In one sentence, and at a port where nobody listens in the seconds that it may take."""
    pytest.importorskip("distributed")
    monkeypatch.setattr(command, "_CONNECTING", 0.1)
    workload(tmp_path / "good", "good")
    with socket.socket() as nobody, socket.socket() as silent:
        nobody.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = address.replace("PORT", str(nobody.getsockname()[1]))
        address = address.replace("SILENT", str(silent.getsockname()[1]))
        given = ["portfolio", str(tmp_path), "--out", str(tmp_path / "out"), "--quiet"]
        assert main([*given, "--scheduler", address]) == 3
    said = capsys.readouterr().err
    assert "tcp://" in said and len(said.splitlines()) == 1
    assert "no such" in said or "after 0.1 s" in said or "no answer" in said


def test_bundled_workloads_travel_whole() -> None:
    """Everything of them that is read, and nothing else."""
    file = find("contoso-retail")
    inside = {i.path for i in packed(file).items if i.kind == "file"}
    assert {name for name, _ in read_workload(file).digests} == inside


def cluster_of(**more: Any) -> Any:
    """Dask's scheduler and two workers on this machine, for `--scheduler`."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, **more}
    return distributed.LocalCluster(**settings)


@at_length
@pytest.mark.filterwarnings("default")
def test_a_cluster_comes_to_the_same_bytes(tmp_path: Path) -> None:
    file = workload(tmp_path / "all/shop", "shop")
    here = ran(tmp_path, Here(lambda *_: written(assessed(file))), Named("shop", file))
    with cluster_of(processes=False, protocol="tcp") as cluster:
        given = ["portfolio", str(tmp_path / "all"), "--out", str(tmp_path / "away")]
        assert main([*given, "--scheduler", cluster.scheduler_address]) == 0
    away = (tmp_path / "away/portfolio.json").read_text(encoding="utf-8")
    assert away == as_json(portfolio_data(together(here)))


@at_length
@pytest.mark.filterwarnings("default")
def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    """It is killed while it works, with the process that it has started."""
    from distributed import Client

    sent = [packed(workload(tmp_path / f"w{n}", f"w{n}")) for n in range(4)]
    here = [assess(one, Allowance()) for one in sent]
    with cluster_of(processes=True) as cluster, Client(cluster) as client:
        executor = client.get_executor()
        running = [executor.submit(assess, one, Allowance()) for one in sent]
        running[0].result()
        worker = psutil.Process(next(iter(client.run(os.getpid).values())))
        while not (started := worker.children()):
            time.sleep(0.01)
        worker.kill()
        psutil.wait_procs(started, 30)
        assert not any(p.is_running() for p in started)
        assert [r.result() for r in running] == here
