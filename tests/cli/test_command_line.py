"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import errno
import json
import re
from operator import itemgetter
from pathlib import Path

import pytest

from apim_aks import __main__ as command_line
from apim_aks.cli import azure as azure_commands
from apim_aks.cli.console import WIDTH, side_by_side, table
from apim_aks.columns import Column
from apim_aks.costs.snapshot import PricesNotReached
from apim_aks.errors import EXIT_CODES, BugError, ExitCode, InputError
from apim_aks.facts import DATA
from apim_aks.remote.azure import AzureRefused
from apim_aks.verification import ChecksFailed, DecisionLost
from apim_aks.workload.file import read_workload
from tests.support.designs import designed
from tests.support.places import REPOSITORY
from tests.support.report_runs import command

pytestmark = pytest.mark.usefixtures("designed_once")

SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, ports: [{port: 80}]}
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = command_line.main(list(arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


def own(folder: Path, *manifests: str, extra: str = "") -> str:
    (folder / "manifests").mkdir()
    for number, text in enumerate(manifests):
        (folder / "manifests" / f"{number}.yaml").write_text(text, encoding="utf-8")
    file = folder / "workload.yaml"
    head = "name: own\ntitle: Own\nmanifests: [manifests/]\n"
    file.write_text(head + extra, encoding="utf-8")
    return str(file)


def broken(given: object) -> command_line.ExitCode:
    raise KeyError("no such")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("map", ["Service", "orders", "APIs"]),
        ("design", ["ingress", "Public endpoints of the", "Rank"]),
        ("decide", ["Outcome", "because", "Weights that would change it", "list prices of"]),
    ],
)
def test_commands_print_tables_on_standard_output(
    name: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, name, "--workload", "contoso-orders")
    assert status == 0
    assert all(word in out for word in words)
    assert max(map(len, out.splitlines())) <= WIDTH


def test_options_that_do_not_fit_beside_each_other_stand_below() -> None:
    """Each of them once, with the name of every row."""
    heads = [f"option {n:02}" for n in range(40)]
    columns = [Column(h, str.lower) for h in heads]
    text = side_by_side(["Tier"], Column("", str), *columns)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert re.findall(r"option \d\d", text) == heads
    assert len(re.findall(r"^Tier", text, re.MULTILINE)) == text.count("\n\n") + 1


@pytest.mark.parametrize("name", ["map", "design", "decide", "verify"])
def test_json_is_the_whole_of_standard_output(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, name, "--json")
    assert json.loads(out)


def test_map_as_json_says_what_answers_every_operation(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "map", "--json")
    said = json.loads(out)
    operations = [o for api in said["apis"] for o in api["operations"]]
    assert len(operations) == 70
    assert all(o["service"] and o["port"] and o["backend_path"] for o in operations)
    assert {n["about"] for n in said["notes"]} == {
        "callers",
        "limit",
        "host",
        "not described",
        "no REST API",
        "permission",
        "ingress today",
        "web pages",
    }
    assert {f["row"] for f in said["import_findings"]} >= {"security", "version-31"}


def test_map_prints_notes_and_what_an_import_loses(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "map")
    assert "11 of 21 Services become 11 APIs with 70 operations" in out
    assert "shop/pricing: gRPC" in out
    assert "version-31" in out
    assert "Calls inside the cluster: 25 detected, not confirmed." in out
    assert "What restricts or opens access to pods: 3 objects and fields of 2 Services." in out
    assert max(map(len, out.splitlines())) <= WIDTH


CONTRACTS = DATA / "contracts" / "contoso-orders"


@pytest.mark.parametrize(
    ("after", "status", "words"),
    [
        ("after-split.json", 0, "4 operations compared: unchanged."),
        ("after-breaking.json", 1, "9 breaking, 3 unclear, 3 compatible"),
        ("after-breaking.json", 1, "the operation was removed (callers get 404 or 405)."),
    ],
)
def test_contract_ends_with_1_where_callers_break(
    after: str, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done, out, _ = run(capsys, "contract", str(CONTRACTS / "before.json"), str(CONTRACTS / after))
    assert done == status
    assert words in out
    assert max(map(len, out.splitlines())) <= WIDTH


def test_contract_as_json_has_every_change(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(CONTRACTS / f) for f in ("before.json", "after-breaking.json")]
    status, out, _ = run(capsys, "contract", *files, "--json")
    said = json.loads(out)
    assert status == 1
    assert len(said["changes"]) == said["breaking"] + said["unclear"] + said["compatible"]
    assert all(c["rule"] and c["severity"] and c["because"] for c in said["changes"])


def test_contract_reads_swagger_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = DATA / "workloads" / "contoso-retail" / "openapi" / "shipping.json"
    gone = json.loads(old.read_text(encoding="utf-8"))
    del gone["paths"]["/shipments"]["get"]
    new = tmp_path / "new.json"
    new.write_text(json.dumps(gone), encoding="utf-8")
    assert run(capsys, "contract", str(old), str(old))[0] == 0
    status, out, _ = run(capsys, "contract", str(old), str(new))
    assert status == 1
    assert "GET /shipments: the operation was removed" in out


@pytest.mark.parametrize("text", [None, "[1", "a: 1\n", '{"openapi": "4.0.0", "paths": {}}'])
def test_contract_of_no_document_is_a_sentence(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    status, out, err = run(capsys, "contract", str(CONTRACTS / "before.json"), str(file))
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "Use " in err or "Name " in err


def test_one_option_is_shown_with_what_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "design", "--option", "ingress-mtls")
    assert status == 0
    assert "Ingress with mutual TLS on" in out
    assert "create" in out


def test_verify_ends_with_3_where_live_checks_were_not_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "verify", "--option", "vnet-internal")
    assert status == 3
    assert "vnet-internal.required-rules" in out
    assert "were not run" in err


def test_an_unknown_option_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("verify", "design"):
        status, out, err = run(capsys, name, "--option", "ingres-mtls")
        assert (status, out) == (2, "")
        assert "'ingres-mtls'" in err
        assert "ingress-mtls" in err.replace("'ingres-mtls'", "")


def test_an_unknown_workload_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "design", "--workload", "no-such")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "contoso-retail" in err


def test_a_bad_document_is_said_and_the_rest_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own(tmp_path, SERVICE, "kind: [unclosed\n")
    status, out, err = run(capsys, "map", "--workload", file)
    assert status == 2
    assert "shop/web" in out
    assert "manifests/1.yaml" in err


@pytest.mark.parametrize("name", ["map", "design", "decide", "plan --offline", "verify --offline"])
def test_a_path_without_a_file_is_named_and_ends_with_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = SERVICE.replace("web", "other")
    file = own(tmp_path, SERVICE, other, extra="openapi: {web: nope.json}\n")
    status, out, err = run(capsys, *name.split(), "--workload", file)
    assert status == 2 and out
    assert "workload.yaml line 4 has the path 'nope.json', where there is nothing" in err


def test_unknown_options_of_the_file_are_named_and_the_rest_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = "placements: {vnet-extern: {tier: Premium}}\ndecision: {option: nope}\n"
    file = own(tmp_path, SERVICE, extra=extra)
    status, out, err = run(capsys, "decide", "--workload", file)
    assert status == 2
    assert "The recorded decision names 'nope'" in out
    assert "line 4 has the unknown option 'vnet-extern'. Use 'vnet-external', the" in err
    assert "line 5 has the unknown option 'nope'. Use one of public-services," in err


@pytest.mark.parametrize("name", ["plan --offline", "verify --offline", "deploy --apply"])
def test_nothing_is_asked_of_azure_for_an_unknown_decision(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own(tmp_path, SERVICE, extra="decision: {option: nope}\n")
    status, out, err = run(capsys, *name.split(), "--workload", file)
    assert (status, out) == (2, "")
    line = Path(file).read_text().splitlines().index("decision: {option: nope}") + 1
    said = "the recorded decision 'nope' is not an option; name one with --option.\n"
    assert err == f"workload.yaml line {line}: {said}"


def test_a_recorded_decision_that_is_ruled_out_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = (
        "decision: {option: public-services}\nrequirements: {no_public_cluster_endpoint: true}\n"
    )
    status, out, err = run(capsys, "decide", "--workload", own(tmp_path, SERVICE, extra=extra))
    assert status == 1
    assert "is ruled out" in err
    assert "Ruled out" in out


def test_a_recorded_decision_that_holds_ends_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    winner = designed(read_workload(own(tmp_path, SERVICE))).ranking.winner
    file = tmp_path / "workload.yaml"
    file.write_text(f"{file.read_text()}decision: {{option: {winner}}}\n", encoding="utf-8")
    assert run(capsys, "decide", "--workload", str(file))[0] == 0


def test_a_bug_is_a_sentence_and_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("broken", ())
    monkeypatch.setitem(command_line._COMMANDS, "map", (broken, *wanted))
    status, _, err = run(capsys, "map")
    assert status == 4
    assert "KeyError" in err
    assert "please report it" in err
    assert "Traceback" not in err
    assert "Traceback" in run(capsys, "map", "--debug")[2]


def test_init_writes_a_workload_that_can_be_designed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.yaml").write_text(SERVICE, encoding="utf-8")
    status, out, _ = run(capsys, "init", str(tmp_path))
    assert status == 0
    assert out.strip().endswith("workload.yaml")
    assert run(capsys, "design", "--workload", out.strip())[0] == 0
    assert run(capsys, "init", str(tmp_path))[0] == 2


def test_text_of_others_cannot_act_on_the_terminal() -> None:
    text = table(["x\x1b[31m", "y\x07\u202ez"], Column("A", str))
    assert text.isprintable() or set(text) - {"\n"} <= set(filter(str.isprintable, text))
    assert "\x1b" not in text


def test_tables_wrap_their_last_column() -> None:
    text = table(["a"], Column("Name", str), Column("Why", lambda _: "long words " * 30))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert len(text.splitlines()) > 4


def test_help_offers_what_there_is_and_lists_the_exit_codes_as_the_readme_does() -> None:
    def words(text: str) -> str:
        return " ".join(text.replace("`", "").split())

    done = command("--help")
    assert done.status == 0
    verbs = "report init map contract design decide prices verify plan deploy certificates remove"
    assert all(name in done.output for name in verbs.split())
    assert EXIT_CODES in words(done.output)
    assert EXIT_CODES in words((REPOSITORY / "README.md").read_text(encoding="utf-8"))


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys; from apim_aks.__main__ import main; sys.exit(main(['map', '--json']))"
    read = subprocess.run(
        f'{sys.executable} -c "{code}" | head -n 1', shell=True, capture_output=True, text=True
    )
    assert read.stdout.strip() == "{"
    assert "Broken" not in read.stderr
    assert "Traceback" not in read.stderr


def test_wrong_input_keeps_the_earlier_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "report", "--workload", "no-such", "--out", str(tmp_path / "out"))
    assert status == 2
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("It is wrong."), 2),
        (ChecksFailed("1 check fails: a.b."), 1),
        (DecisionLost("It is second."), 1),
        (AzureRefused("Azure refused."), 3),
        (PricesNotReached("No answer."), 3),
        (BugError("01_one.ipynb cell 4: KeyError: 'a'"), 4),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda e: type(e).__name__ if isinstance(e, BaseException) else "",
)
@pytest.mark.parametrize("name", ["map", "plan"])
def test_each_kind_of_error_has_its_exit_code_whatever_the_command(
    error: BaseException,
    code: int,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ends(_: object) -> ExitCode:
        raise error

    commands = command_line._COMMANDS if name == "map" else azure_commands._COMMANDS
    _, *rest = commands[name]
    monkeypatch.setitem(commands, name, (ends, *rest))
    status, out, err = run(capsys, name)
    assert (status, out) == (code, "")
    assert str(error) in err
    assert ("bug of the workbook" in err) == (code == 4)


def test_a_bug_shows_nothing_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "11111111-2222-3333-4444-555555555555"

    def ends(_: object) -> ExitCode:
        raise KeyError(f"/subscriptions/{secret}/resourceGroups/rg")

    monkeypatch.setitem(command_line._COMMANDS, "map", (ends, "broken", ()))
    status, _, err = run(capsys, "map", "--debug")
    assert status == 4 and "KeyError" in err
    assert secret not in err


ODD = """openapi: 3.0.3
info: {title: Web, version: "1"}
paths:
  /users/{id}: {get: {operationId: a, responses: {}}}
  /users/{name}: {get: {operationId: b, responses: {}}}
  /orders: {get: {operationId: c, responses: {}}}
  /orders/: {get: {operationId: d, responses: {}}}
  /v{version}/carts: {get: {operationId: e, responses: {}}}
  cards: {get: {operationId: f, responses: {}}}
"""
ODD_LINES = (
    "web.yaml line 5 has GET /users/{name}, which is left out",
    "web.yaml line 7 has GET /orders/, which is merged into /orders (line 6)",
    "web.yaml line 9 has the path 'cards', which is left out",
)
NO_SERVER = "openapi: 3.0.3\nservers: [{url: '/{base}'}]\npaths: {/a: {get: {responses: {}}}}\n"


@pytest.mark.parametrize("name", ["map", "design"])
def test_what_is_left_out_of_a_document_is_named_and_ends_with_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "web.yaml").write_text(ODD, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(NO_SERVER, encoding="utf-8")
    extra = "openapi: {web: web.yaml, other: other.yaml}\n"
    other = SERVICE.replace("web", "other")
    file = own(tmp_path, SERVICE, other, extra=extra)
    status, out, err = run(capsys, name, "--workload", file)
    assert status == 2 and out
    assert all(sentence in err for sentence in ODD_LINES)
    assert "other.yaml line 2 has the path '/{base}' of the server, where '{base}' has" in err


LONG = "a" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--workload", "contoso-orders", "--out", LONG),
        ("report", "--workload", "contoso-orders", "--out", "file/below"),
        ("report", "--workload", "contoso-orders", "--out", "loop"),
        ("report", "--workload", "contoso-orders", "--out", "."),
        ("report", "--workload", "contoso-orders", "--out", "/"),
        ("init", LONG),
        ("init", "file/below"),
        ("contract", LONG, LONG),
        ("map", "--workload", LONG),
        ("plan", "--offline", "--workload", "contoso-orders", "--values", LONG),
    ],
    ids=lambda a: " ".join(a).replace(LONG, "LONG"),
)
def test_what_a_file_system_refuses_is_one_sentence_and_2(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "Traceback" not in err
    assert "bug of the workbook" not in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "loop"]


def test_an_error_of_a_disk_is_no_bug_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(command_line._COMMANDS, "map", (full, "broken", ()))
    status, _, err = run(capsys, "map")
    assert status == 2
    assert "No space left on device" in err
    assert "bug" not in err


def test_map_says_why_nothing_is_published_and_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "workload.yaml").write_text("name: h2c\nmanifests: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: stock}\n"
        "spec: {ports: [{port: 80, appProtocol: kubernetes.io/h2c}]}\n"
    )
    assert command_line.main(["map", "--workload", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "HTTP/2 without TLS" in " ".join(said.out.split())
    assert "under `ports` the port on which one answers HTTP" in said.err
    (tmp_path / "workload.yaml").write_text("name: h2c\nmanifests: [a.yaml]\nports: {stock: 80}\n")
    assert command_line.main(["map", "--workload", str(tmp_path), "--json"]) == 0
    (service,) = json.loads(capsys.readouterr().out)["services"]
    assert service["published_port"] == {"number": 80, "reason": "workload.yaml names it"}


def test_a_long_first_column_leaves_room_for_the_sentences_beside_it() -> None:
    rows = [
        ("NetworkPolicy a (a.yaml line 1), NetworkPolicy b (b.yaml line 2) and " * 3, "x " * 90)
    ]
    out = table(rows, Column("Which", lambda r: r[0]), Column("What", lambda r: r[1]))
    assert max(map(len, out.splitlines())) <= WIDTH
    assert len(out.splitlines()) < 10


def test_names_with_hyphens_are_not_broken_where_they_fit() -> None:
    words = " ".join(["default/product-service"] * 20)
    assert "product-\n" not in table([words], Column("Service", lambda r: r), width=60)


def test_a_column_without_any_text_takes_no_room() -> None:
    rows = [("one", "", "a"), ("two", "", "b")]
    columns = (Column("Name", itemgetter(0)), Column("", itemgetter(1)), Column("X", itemgetter(2)))
    assert table(rows, *columns).splitlines() == [
        "Name    X",
        "----    -",
        "one     a",
        "two     b",
    ]


def test_design_says_why_an_option_has_no_rank(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = own(tmp_path, SERVICE, extra="requirements: {static_outbound_ip: true}\n")
    assert command_line.main(["design", "--workload", given]) == ExitCode.SUCCESS
    said = capsys.readouterr()
    told = " ".join(said.err.split())
    assert re.search(r"^Rank .* not .*\n +compared", said.out, re.MULTILINE)
    assert "v2 tier with outbound integration is not compared with " in told
    assert "Virtual network, internal is drawn with: Application Gateway with WAF" in told


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["decde"])
    assert ended.value.code == ExitCode.INPUT
    said = capsys.readouterr().err
    assert "'decde' is not known. Use 'decide', the nearest, or one of report, init, " in said
