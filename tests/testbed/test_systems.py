"""Other people's systems, run: every operation arrives at the Service that owns it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apim_aks.apis.draft import write_workload_file
from apim_aks.decision.design import design
from apim_aks.options import option
from apim_aks.testbed.trial import trial
from apim_aks.topology.check import State
from apim_aks.workload.file import read_workload
from tests.support.places import CORPORA
from tests.support.programs import needs_proxies
from tests.support.series import at_length

pytestmark = [
    needs_proxies,
    pytest.mark.skipif(not CORPORA.is_dir(), reason=f"{CORPORA} is not there"),
]
LARGE = CORPORA / "openapi" / "messy" / "orthanc-no-operationids-3.0.0.json"
ALONE = """
apiVersion: v1
kind: Service
metadata: {name: big, namespace: big}
spec: {selector: {app: big}, ports: [{name: http, port: 80, targetPort: 8080}]}
"""


def check(file: str | Path, id: str, operations: int) -> None:
    made = design(read_workload(file), (option(id),))
    found = trial(made.placement(id))
    assert [c.id for c in found.checks if c.state is State.FAIL] == []
    arrived = next(c for c in found.checks if c.id.endswith("operations-arrive"))
    assert arrived.observed == f"{operations} of {operations} did"


SYSTEMS = {
    "agic-examples": 2,
    "aks-store-demo": 3,
    "bookinfo": 4,
    "drone-delivery": 2,
    "ingress-nginx": 2,
    "live-cluster-objects": 1,
    "opentelemetry-demo": 1,
    "retail-store": 18,
    "sock-shop": 5,
}
"""Operations of those of which anything is published as it is."""
NOT_TRANSLATED = ("bookinfo", "ingress-mtls")
"""Its own DestinationRule wants the mesh's mutual TLS between ingress and pods."""


@at_length
@pytest.mark.parametrize("id", ["ingress-mtls", "public-services", "vnet-internal"])
@pytest.mark.parametrize(("name", "operations"), SYSTEMS.items())
def test_operations_of_systems_arrive(name: str, operations: int, id: str, tmp_path: Path) -> None:
    if (name, id) == NOT_TRANSLATED:
        pytest.skip("not translated")
    copy = Path(shutil.copytree(CORPORA / "microservices" / name, tmp_path / name))
    check(write_workload_file(copy), id, operations)


@at_length
@pytest.mark.parametrize("id", ["ingress-mtls", "public-services", "vnet-external"])
def test_operations_of_the_larger_workload_arrive(id: str) -> None:
    check("contoso-retail", id, 70)


@at_length
def test_operations_of_a_large_document_arrive(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(ALONE)
    shutil.copy(LARGE, tmp_path / "big.json")
    file = tmp_path / "workload.yaml"
    file.write_text("name: big\nmanifests: [service.yaml]\nopenapi: {big: big.json}\n")
    check(file, "ingress-mtls", 299)
