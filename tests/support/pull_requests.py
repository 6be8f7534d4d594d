"""Six kinds of pull request on a small repository, and the comments that they get.

`python -m tests.support.pull_requests` writes the comments anew; the difference is then read.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest import mock

from apim_aks.decision.design import design
from apim_aks.difference import Gate, Side, difference, side_of, summary
from apim_aks.difference.difference import Difference
from apim_aks.facts.prices import PriceRow, prices
from apim_aks.options import option
from apim_aks.verification import check_all
from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY

COMMENTS = REPOSITORY / "tests" / "difference" / "comments"
_START = REPOSITORY / "data" / "workloads" / "contoso-orders"
_OPTIONS = tuple(option(id) for id in ("ingress-mtls", "v2-integration"))
"""Two of the options: the others are compared in the same way, and cost time."""

_POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: getorder, namespace: orders}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: getorder}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app.kubernetes.io/name: customers}}}]
"""

_BALANCER = """apiVersion: v1
kind: Service
metadata:
  name: {name}-outside
  namespace: orders
  annotations: {{service.beta.kubernetes.io/azure-load-balancer-internal: "{internal}"}}
spec:
  type: LoadBalancer
  selector: {{app.kubernetes.io/name: {name}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
"""

_SERVICE = """apiVersion: v1
kind: Service
metadata: {name: returns, namespace: orders}
spec:
  selector: {app: returns}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: returns, namespace: orders}
spec:
  selector: {matchLabels: {app: returns}}
  template:
    metadata: {labels: {app: returns}}
    spec: {containers: [{name: returns, image: contoso/returns, ports: [{containerPort: 8080}]}]}
"""


def repository(folder: Path) -> Path:
    """A workload with an internal load balancer and a policy, as its main branch has it."""
    shutil.copytree(_START, folder)
    _write(folder, "manifests/getorder-policy.yaml", _POLICY)
    _write(
        folder,
        "manifests/placeorder-outside.yaml",
        _BALANCER.format(name="placeorder", internal="true"),
    )
    return folder


def _write(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text, encoding="utf-8", newline="\n")


def _balance(folder: Path, name: str, internal: str) -> None:
    balancer = _BALANCER.format(name=name, internal=internal)
    _write(folder, f"manifests/{name}-outside.yaml", balancer)


def _second_load_balancer(folder: Path) -> None:
    _write(
        folder,
        "manifests/customers-outside.yaml",
        _BALANCER.format(name="customers", internal="false"),
    )


def _removed_policy(folder: Path) -> None:
    (folder / "manifests" / "getorder-policy.yaml").unlink()


def _broken_contract(folder: Path) -> None:
    file = "openapi/customers.json"
    document = json.loads((folder / file).read_text(encoding="utf-8"))
    del document["paths"]["/customers/{customerId}"]["delete"]
    _write(folder, file, json.dumps(document, indent=2) + "\n")


def _new_service(folder: Path) -> None:
    _write(folder, "manifests/returns.yaml", _SERVICE)


def _readme(folder: Path) -> None:
    _write(folder, "README.md", "# Orders\n\nWho owns what, and how to run it.\n")


def _nothing(folder: Path) -> None:
    """Prices are facts of the workbook, not files of the repository."""


KINDS: dict[str, Callable[[Path], None]] = {
    "second-load-balancer": _second_load_balancer,
    "removed-network-policy": _removed_policy,
    "broken-contract": _broken_contract,
    "new-service": _new_service,
    "price-refresh": _nothing,
    "readme": _readme,
}


def side(folder: Path) -> Side:
    """The state of a repository."""
    made = design(read_workload(folder / "workload.yaml"), _OPTIONS)
    return side_of(made, check_all(made))


@cache
def main_branch() -> Side:
    """The state before every pull request."""
    with tempfile.TemporaryDirectory() as folder:
        return side(repository(Path(folder) / "orders"))


@contextmanager
def refreshed() -> Iterator[None]:
    """Prices a tenth higher, as of a day later."""
    with mock.patch("apim_aks.costs.prices", lambda: tuple(map(_dearer, prices()))):
        yield


def _dearer(row: PriceRow) -> PriceRow:
    price = row.price and row.price * 1.1
    return replace(row, price=price, checked_on="2026-12-01")


@cache
def pull_request(kind: str) -> Difference:
    """What a pull request of this kind changes."""
    with tempfile.TemporaryDirectory() as folder:
        branch = repository(Path(folder) / "orders")
        KINDS[kind](branch)
        if kind != "price-refresh":
            return difference(main_branch(), side(branch))
        before = main_branch()
        with refreshed():
            return difference(before, side(branch))


def comment(kind: str) -> str:
    """The comment under it, with every gate closed."""
    found = pull_request(kind)
    stopped = tuple(found.stopped_by(tuple(Gate)))
    return summary(found.new, found, stopped, "v2-integration/topology.svg")


if __name__ == "__main__":
    COMMENTS.mkdir(exist_ok=True)
    for kind in KINDS:
        (COMMENTS / f"{kind}.md").write_text(comment(kind), encoding="utf-8", newline="\n")
