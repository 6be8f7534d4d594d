"""Charts rendered by Helm's own engine and read by us. Needs the extra `oracle` (244 MB)."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_aks.workload.file import read_workload
from apim_aks.workload.rendering import programs
from tests.support.programs import Standin, needs_posix

pytestmark = [
    needs_posix,
    pytest.mark.skipif(not find_spec("helm_python"), reason="pip install -e .[oracle] for Helm"),
]
_VALUES = """\
service: {type: LoadBalancer, port: 8081}
ingress:
  enabled: true
  className: nginx
  hosts: [{host: shop.example, paths: [{path: /shop, pathType: Prefix}]}]
"""


@pytest.fixture
def helm() -> Any:
    return importlib.import_module("helm_python")


def rendered(helm: Any, chart: Path, values: str, release: str, namespace: str) -> str:
    """What `helm template` prints: each template's name in a comment before it."""
    found = helm.Chart.load(chart).render(yaml.safe_load(values), name=release, namespace=namespace)
    shown = (f"---\n# Source: {name}\n{text}\n" for name, text in sorted(found.items()))
    return "".join(text for text in shown if "/tests/" not in text and "kind:" in text)


@pytest.mark.parametrize("values", ["", _VALUES])
def test_helms_own_chart_is_read_as_helm_renders_it(
    helm: Any, values: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "system"
    folder.mkdir()
    helm.Chart.create("shop", folder)
    (folder / "shop" / "more.yaml").write_text(values, encoding="utf-8")
    text = rendered(helm, folder / "shop", values, "first", "web")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: str(tmp_path / "bin"))
    Standin(tmp_path / "bin", "helm", {"": text})
    entry = "{helm: shop, release: first, namespace: web, values: [shop/more.yaml]}"
    (folder / "workload.yaml").write_text(f"name: shop\nrender:\n  - {entry}\n", encoding="utf-8")

    documents = [d for d in yaml.safe_load_all(text) if d]
    told = next(d for d in documents if d["kind"] == "Service")
    (service,) = read_workload(folder).services
    assert service.id == f"web/{told['metadata']['name']}" == "web/first-shop"
    assert [p.number for p in service.ports] == [p["port"] for p in told["spec"]["ports"]]
    assert service.file == "shop as release web/first, rendered from templates/service.yaml"
    routes = [r for r in service.routes if r.host == "shop.example"]
    assert bool(routes) == any(d["kind"] == "Ingress" for d in documents) == bool(values)
