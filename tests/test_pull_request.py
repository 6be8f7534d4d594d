"""What other repositories run on a pull request: the action, the pipeline's steps, the hooks.

The commands are taken from the files themselves and run against a scratch repository. Only GitHub
and Azure Repos are stood in for, at the edge of the network.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from apim_aks.__main__ import main
from tests.support.places import REPOSITORY
from tests.support.series import at_length
from tests.support.small_workload import MANIFEST

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
PIPELINE = yaml.safe_load((REPOSITORY / "pipelines" / "apim-aks.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
BIN = Path(sys.executable).parent
runs_bash = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("bash") or not shutil.which("jq"),
    reason="there is no bash, or no jq for what stands in for gh",
)
OPENED = """---
apiVersion: v1
kind: Service
metadata: {name: admin, namespace: shop}
spec: {selector: {app: api}, type: LoadBalancer, ports: [{port: 8080, targetPort: http}]}
"""
WORKLOAD = "name: small\nmanifests: [k8s/]\npublish: [api]\n"
FOLDER = "my shop"
KEPT = "[The report with its pictures is kept with this run](%s)."
RUN = "https://github.com/contoso/shop/actions/runs/9"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The clone of a repository whose pull request opens a Service to the internet."""
    origin = tmp_path / "origin"
    (origin / FOLDER / "k8s").mkdir(parents=True)
    (origin / FOLDER / "workload.yaml").write_text(WORKLOAD, encoding="utf-8")
    manifest = origin / FOLDER / "k8s" / "a.yaml"
    git(origin, "init", "-q")
    for text in (MANIFEST, MANIFEST + OPENED):
        manifest.write_text(text, encoding="utf-8")
        git(origin, "add", "-A")
        git(origin, "commit", "-qm", "a change")
    git(origin, "branch", "-q", "change")
    git(origin, "reset", "-q", "--hard", "HEAD~1")
    git(tmp_path, "clone", "-q", "--branch", "change", str(origin), "self")
    return tmp_path / "self"


@dataclass
class Runner:
    """As much of the runner of an action as its steps need; what steps put out is kept."""

    folder: Path
    temp: Path
    inputs: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    put_out: dict[str, str] = field(default_factory=dict)

    def run(self, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """As the runner does: `bash --noprofile --norc -eo pipefail {0}`."""
        script, out = self.temp / "step.sh", self.temp / "output"
        script.write_text(step["run"], encoding="utf-8")
        out.write_text("", encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder,
            env={
                **os.environ,
                **self.environment,
                **{name: self._said(str(text)) for name, text in step.get("env", {}).items()},
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(out),
                "GITHUB_STEP_SUMMARY": str(self.temp / "page.md"),
            },
            capture_output=True,
            text=True,
        )
        for line in out.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.put_out[f"steps.{step['id']}.outputs.{name}"] = value
        return done

    def _said(self, text: str) -> str:
        known = {**{f"inputs.{name}": v for name, v in self.inputs.items()}, **self.put_out}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: known.get(found[1], ""), text)


def step(name: str) -> dict[str, Any]:
    (found,) = (s for s in ACTION["runs"]["steps"] if name in (s.get("id"), s.get("name")))
    return dict(found)


@pytest.fixture
def runner(repository: Path, tmp_path: Path) -> Runner:
    temp = tmp_path / "temp"
    temp.mkdir()
    inputs = {name: str(i.get("default", "")) for name, i in ACTION["inputs"].items()}
    base = git(repository, "rev-parse", "origin/main")
    inputs |= {"workload": FOLDER, "against": base, "token": "t"}
    return Runner(repository, temp, inputs, put_out={"steps.install.outputs.bin": str(BIN)})


@runs_bash
@pytest.mark.parametrize("deep", [True, False], ids=["whole clone", "shallow clone"])
def test_the_state_before_is_that_of_the_base(runner: Runner, tmp_path: Path, deep: bool) -> None:
    if not deep:
        shutil.rmtree(runner.folder)
        origin = (tmp_path / "origin").as_uri()
        git(tmp_path, "clone", "-q", "--depth=1", "--branch", "change", origin, "self")
    done = runner.run(step("base"))
    assert done.returncode == 0, done.stderr
    old = Path(runner.put_out["steps.base.outputs.old"])
    assert (old / "k8s" / "a.yaml").read_text(encoding="utf-8") == MANIFEST
    again = Runner(runner.folder, runner.temp, {**runner.inputs, "workload": "no such"})
    assert "::notice::" in again.run(step("base")).stdout and not again.put_out
    nowhere = Runner(runner.folder, runner.temp, {**runner.inputs, "against": ""})
    assert nowhere.run(step("base")).returncode == 0 and not nowhere.put_out


@runs_bash
def test_a_branch_that_looks_like_an_option_is_none(runner: Runner, tmp_path: Path) -> None:
    mark = tmp_path / "run"
    runner.inputs["against"] = f"--upload-pack=touch {mark}"
    assert runner.run(step("base")).returncode != 0
    assert not mark.exists()


@runs_bash
def test_one_comment_is_written_and_then_updated(runner: Runner, tmp_path: Path) -> None:
    """Of each workload its own, and never a person's, whatever that person has quoted."""
    (tmp_path / "bin").mkdir()
    stub = shutil.copy(REPOSITORY / "tests" / "support" / "gh.py", tmp_path / "bin" / "gh")
    Path(stub).chmod(0o755)
    state, summary = tmp_path / "state.json", tmp_path / "summary.md"
    state.write_text(json.dumps({"calls": [], "comments": []}), encoding="utf-8")
    path = os.pathsep.join((str(tmp_path / "bin"), str(BIN), os.environ["PATH"]))
    runner.environment = {"PATH": path, "GH_STATE": str(state)}
    runner.put_out |= {
        "github.repository": "contoso/shop",
        "github.server_url": "https://github.com",
        "github.run_id": "9",
        "github.event.pull_request.number": "7",
        "steps.report.outputs.summary": str(summary),
    }
    comment = step("Comment on the pull request, or update the comment")

    def written(text: str) -> list[dict[str, Any]]:
        summary.write_text(text, encoding="utf-8")
        done = runner.run({**comment, "id": "comment"})
        assert done.returncode == 0, done.stderr
        return list(json.loads(state.read_text(encoding="utf-8"))["comments"])

    (first,) = written("# One\n\n`é`\n\n[Picture of x](report/x/topology.svg)\n")
    assert "Picture" not in first["body"] and "`é`" in first["body"]
    person = {"id": 1, "user": {"login": "mallory", "type": "User"}, "body": first["body"]}
    others = [{"id": n, "user": person["user"], "body": "Fine."} for n in range(2, 120)]
    held = {"calls": [], "comments": [person, *others, first]}
    state.write_text(json.dumps(held), encoding="utf-8")
    *rest, second = written("# Two\n")
    assert rest == [person, *others]
    assert second["id"] == first["id"] and second["body"].splitlines()[1:] == ["# Two", KEPT % RUN]
    runner.inputs["workload"] = "another"
    assert len(written("# Three\n")) == len(rest) + 2
    calls = json.loads(state.read_text(encoding="utf-8"))["calls"]
    assert [method for method, _, _ in calls] == ["GET", "PATCH", "GET", "POST"]
    assert all(path.startswith("repos/contoso/shop/issues/") for _, path, _ in calls)


@runs_bash
@pytest.mark.parametrize("name", ["install", "report"])
def test_no_module_of_the_repository_is_imported(runner: Runner, tmp_path: Path, name: str) -> None:
    """A `secrets.py` or `pip.py` beside the manifests would run with what the step may do."""
    bin, seen = runner.temp / "apim-aks" / "bin", tmp_path / "seen"
    bin.mkdir(parents=True)
    (runner.folder / "secrets.py").write_text("print('taken')", encoding="utf-8")
    looks = f"{sys.executable} -c 'import secrets; print(secrets.__file__)' | tee -a {seen}"
    for program, does in (("python", looks), ("apim-aks", "exit 2")):
        (bin / program).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (bin / program).chmod(0o755)
    runner.put_out["steps.install.outputs.bin"] = str(bin)
    runner.environment = {"PATH": os.pathsep.join((str(bin), os.environ["PATH"]))}
    runner.run(step(name))
    asked = seen.read_text(encoding="utf-8").splitlines()
    assert asked and not [line for line in asked if not Path(line).is_absolute()], asked
    assert str(runner.folder) not in seen.read_text(encoding="utf-8")


@at_length
@runs_bash
def test_what_a_workload_is_called_is_no_command_to_the_runner(runner: Runner) -> None:
    """Both the action and the pipeline's steps, by a real run that ends with wrong input."""
    runner.inputs["workload"] = "::set-output name=code::0"
    done = runner.run(step("report"))
    before, _, after = done.stdout.partition("::stop-commands::")
    assert done.returncode == 2 and "::" not in before
    token, _, rest = after.partition("\n")
    assert len(token) == 32 and rest.endswith(f"::{token}::\n")
    given = {
        "BIN": str(BIN),
        "OLD": "",
        "WORKLOAD": "##vso[task.setvariable variable=apimAksCode]0",
        "OUT": "report",
        "FAIL_ON": "",
        "BUILD_ARTIFACTSTAGINGDIRECTORY": str(runner.temp),
    }
    done = subprocess.run(
        ["bash", "-c", of_pipeline()["Report"]],
        cwd=runner.folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "##-vso[task.setvariable" in done.stdout
    assert "##vso" not in done.stdout + done.stderr


@runs_bash
def test_the_exit_code_is_that_of_the_report(runner: Runner) -> None:
    runner.put_out["steps.report.outputs.code"] = "1"
    assert runner.run({**step("Result"), "id": "result"}).returncode == 1


@at_length
@runs_bash
def test_a_pull_request_that_opens_a_service_is_reported_and_fails(runner: Runner) -> None:
    for name in ("base", "report"):
        done = runner.run(step(name))
        assert done.returncode == 0, done.stderr
    out = {n.removeprefix("steps.report.outputs."): v for n, v in runner.put_out.items()}
    assert out["code"] == "1"
    assert out["artifact"] == out["report"] == "apim-aks-report-my-shop", "each workload its own"
    results = runner.folder / out["results"]
    assert {f.name for f in results.iterdir()} == {"summary.md", "apim-aks.sarif", "junit.xml"}
    assert "shop/admin" in (results / "summary.md").read_text(encoding="utf-8")
    page = (runner.temp / "page.md").read_text(encoding="utf-8")
    assert "shop/admin" in page and "[Picture of" not in page
    found = json.loads((results / "apim-aks.sarif").read_text(encoding="utf-8"))
    places = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for r in found["runs"][0]["results"]
    }
    assert places == {"my%20shop/k8s/a.yaml"}
    assert (runner.folder / out["report"] / "index.html").is_file()


BUILDERS = [
    "editables",
    "hatchling",
    "packaging",
    "pathspec",
    "pluggy",
    "tomlkit",
    "trove-classifiers",
]
"""What builds this package: of the lock enough to see the step install from it, in seconds."""


@at_length
@runs_bash
def test_the_action_installs_itself_from_the_lock(runner: Runner, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "lib", "data", "notebooks"):
        (tool / name).symlink_to(REPOSITORY / name)
    lock = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")
    every = re.finditer(r"^([\w.-]+)==(?:.*\\\n)+.*\n", lock, re.MULTILINE)
    few = [entry[0] for entry in every if entry[1] in BUILDERS]
    assert len(few) == len(BUILDERS)
    (tool / "requirements.txt").write_text("".join(few), encoding="utf-8")
    runner.put_out["github.action_path"] = str(tool)
    done = runner.run(step("install"))
    assert done.returncode == 0, done.stderr
    binaries = Path(runner.put_out["steps.install.outputs.bin"])
    assert (binaries / "apim-aks").is_file()
    asked = [binaries / "python", "-c", "import apim_aks; print(apim_aks.__version__)"]
    assert subprocess.run(asked, check=True, capture_output=True).stdout


def of_action() -> dict[str, str]:
    """The scripts of the action by the names of their steps."""
    return {s["name"]: s["run"] for s in ACTION["runs"]["steps"] if "run" in s}


def of_pipeline() -> dict[str, str]:
    """The scripts of the pipeline's steps by their names, those under a condition too."""
    under = [v for s in PIPELINE["steps"] for v in s.values() if isinstance(v, list)]
    steps = [*PIPELINE["steps"], *(one for held in under for one in held)]
    return {s["displayName"]: s["bash"] for s in steps if "bash" in s}


def test_no_value_of_a_pull_request_becomes_a_command() -> None:
    """Values come by the environment; zizmor looks for other ways, and for what is not pinned."""
    every = (*of_action().values(), *of_pipeline().values())
    assert len(every) == 10
    assert [text for text in every if re.search(r"\$\{\{|\$\([A-Z]", text)] == []
    audited = ["action.yml", ".github/workflows"]
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-progress", "--persona=regular", *audited],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout


class Threads(BaseHTTPRequestHandler):
    """Azure Repos, as far as the threads of one pull request go."""

    OWN, ROOT = "build-service", "/contoso/p/_apis/git/repositories/r/pullRequests/7/threads"
    threads: list[dict[str, Any]]
    calls: list[str]

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        assert self.headers["Authorization"] == "Bearer secret"
        assert query.startswith("api-version=7.1")
        size = int(self.headers["Content-Length"] or 0)
        body = json.loads(self.rfile.read(size)) if size else {}
        self.calls.append(self.command)
        text = json.dumps(self._found(path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _found(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/contoso/_apis/connectionData":
            return {"authenticatedUser": {"id": self.OWN}}
        if self.command == "GET":
            assert path == self.ROOT
            return {"value": self.threads, "count": len(self.threads)}
        if self.command == "POST":
            assert path == self.ROOT and body["status"] == "closed"
            comments = [{"id": 1, "author": {"id": self.OWN}, **c} for c in body["comments"]]
            self.threads.append({"id": len(self.threads) + 1, "comments": comments})
            return self.threads[-1]
        thread, comment = path.removeprefix(f"{self.ROOT}/").split("/comments/")
        (held,) = (t for t in self.threads if str(t["id"]) == thread)
        assert comment == "1" and set(body) == {"content"}
        held["comments"][0] |= body
        return held["comments"][0]

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@runs_bash
def test_azure_repos_gets_one_comment_that_is_updated(tmp_path: Path) -> None:
    person = {"id": 1, "comments": [{"id": 1, "author": {"id": "mallory"}, "content": "<!--"}]}
    system = {"id": 2, "comments": [{"id": 1, "author": {"id": Threads.OWN}}]}
    Threads.threads, Threads.calls = [person, system], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Threads) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = of_pipeline()["Comment on the pull request, or update the comment"]
        (tmp_path / "apim-aks").symlink_to(REPOSITORY)
        given = {
            "BIN": str(BIN),
            "RESULTS": str(tmp_path),
            "PIPELINE_WORKSPACE": str(tmp_path),
            "WORKLOAD": FOLDER,
            "SYSTEM_ACCESSTOKEN": "secret",
            "SYSTEM_COLLECTIONURI": f"http://127.0.0.1:{server.server_port}/contoso/",
            "SYSTEM_TEAMPROJECTID": "p",
            "BUILD_REPOSITORY_ID": "r",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "BUILD_BUILDID": "9",
        }
        for text in ("# One\n", "# Two\n[Picture of x](report/x/topology.svg)\n"):
            (tmp_path / "summary.md").write_text(text, encoding="utf-8")
            subprocess.run(["bash", "-c", place], env={**os.environ, **given}, check=True)
        server.shutdown()
    assert [t["id"] for t in Threads.threads] == [1, 2, 3]
    lines = Threads.threads[2]["comments"][0]["content"].splitlines()
    run = f"{given['SYSTEM_COLLECTIONURI']}p/_build/results?buildId=9"
    assert lines[1:] == ["# Two", KEPT % run]
    assert Threads.calls == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


def test_a_pipeline_may_use_the_steps_for_several_workloads() -> None:
    """A pipeline artifact is published once by one name; a build artifact takes further files."""
    published = [s for s in PIPELINE["steps"] if "publish" in s]
    assert all("parameters.workload" in s["artifact"] for s in published) and published
    (failures,) = (s for s in PIPELINE["steps"] if s.get("task") == "PublishBuildArtifacts@1")
    assert "parameters.workload" in failures["inputs"]["pathToPublish"]


@runs_bash
def test_the_pipeline_finds_the_state_before_the_change(repository: Path, tmp_path: Path) -> None:
    text = of_pipeline()["The state before the change"]
    given = {"AGAINST": "", "WORKLOAD": FOLDER, "AGENT_TEMPDIRECTORY": str(tmp_path)}
    branch = {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"}
    for further in (branch, {}):
        environment = {**os.environ, **given, **further}
        done = subprocess.run(
            ["bash", "-c", text], cwd=repository, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        old = done.stdout.strip().removeprefix("##vso[task.setvariable variable=apimAksOld]")
        assert bool(old) is bool(further)
        assert not old or (Path(old) / "k8s" / "a.yaml").read_text("utf-8") == MANIFEST


def test_hooks_are_commands_of_ours(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    entries = {hook["id"]: shlex.split(hook["entry"])[1:] for hook in HOOKS}
    assert main([*entries["apim-aks-map"], "--workload", FOLDER]) == 0
    changed = [f"{FOLDER}/k8s", "--against", FOLDER, "--fail-on", "opened"]
    assert main([*entries["apim-aks-reach"], *changed]) == 0
    assert {(h["language"], h["pass_filenames"]) for h in HOOKS} == {("python", False)}
    capsys.readouterr()


def test_what_the_recipes_name_is_there() -> None:
    text = (REPOSITORY / "docs" / "how-to.md").read_text(encoding="utf-8")
    read = [yaml.safe_load(b) or {} for b in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    (job,) = (r["jobs"]["review"] for r in read if "jobs" in r)
    assert set(job["steps"][-1]["with"]) <= set(ACTION["inputs"])
    (pipeline,) = (r["steps"] for r in read if "resources" in r)
    named = {p["name"] for p in PIPELINE["parameters"]}
    assert set(pipeline[0]["parameters"]) <= named
    (hooks,) = (r["repos"][0]["hooks"] for r in read if "repos" in r)
    assert [h["id"] for h in hooks] == [h["id"] for h in HOOKS]
    shown = yaml.safe_load((REPOSITORY / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    (checkout,) = (s["uses"] for s in job["steps"] if "checkout" in s["uses"])
    assert checkout == shown["jobs"]["linux"]["steps"][0]["uses"]
