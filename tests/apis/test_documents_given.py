"""A document that was given and cannot be read never widens an API to every path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apim_aks.apis.mapping import map_services
from apim_aks.workload.file import read_workload

SERVICES = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80, "name": "http"}]},
    }
    for name in ("orders", "stock")
]
HEAD = '{"openapi": "3.0.3", "info": {"title": "Stock", "version": "1"}, '
STOCK = HEAD + '"paths": {"/stock": {"get": {"operationId": "list", "responses": {}}}}}'
GIVEN = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "bytes": "\udcff",
    "another version": STOCK.replace("3.0.3", "3.2.0"),
    "too big": STOCK + " " * 10_000_000,
    "several files": HEAD + '"paths": {"/orders": {"$ref": "paths/orders.yaml"}}}',
    "another kind": '{"asyncapi": "2.6.0", "channels": {}}',
    "no operations": HEAD + '"paths": {}}',
    "no path that can be published": HEAD + '"paths": {"/a?b": {"get": {}}}}',
    "served nowhere": STOCK.replace('"paths"', '"servers": [{"url": "/{a}"}], "paths"'),
}


@pytest.mark.parametrize("publish", [{}, {"publish": ["orders", "stock"]}])
@pytest.mark.parametrize("given", [*GIVEN, "no file"])
def test_what_cannot_be_read_publishes_nothing(
    given: str, publish: dict[str, list[str]], tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("\n---\n".join(map(json.dumps, SERVICES)))
    (tmp_path / "stock.json").write_text(STOCK)
    if given in GIVEN:
        content = GIVEN[given].encode("utf-8", "surrogateescape")
        (tmp_path / "orders.json").write_bytes(content)
    openapi = {"orders": "orders.json", "stock": "stock.json"}
    data = {"name": "shop", "manifests": ["a.yaml"], "openapi": openapi, **publish}
    (tmp_path / "workload.yaml").write_text(json.dumps(data))
    workload = read_workload(tmp_path)
    found = map_services(workload)
    assert found.published == ("default/stock",)
    assert [(o.method, o.path) for o in found.operations] == [("GET", "/stock")]
    assert any("orders.json" in str(f) for f in workload.findings)
