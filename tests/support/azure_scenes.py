"""Scenes for tests that talk to the server of `arm_server`: clients, small projects, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.costs import Cost
from apim_aks.deployment import (
    Deployed,
    Piece,
    Project,
    Removal,
    Run,
    confirmation,
    deploy,
    remove,
)
from apim_aks.deployment.project import tagged
from apim_aks.remote.azure import AzureClient, Connection
from apim_aks.topology.check import State
from apim_aks.workload.documents import Parsed
from apim_aks.workload.kubernetes.object import objects_in
from tests.support.arm_server import SUBSCRIPTION, Arm, Credential, serving
from tests.support.near import near

GROUP = "rg-sample"
COSTED = "apim_aks.cli.azure.costed_project_of"
COST = Cost(lines=(), low=73, high=146, equal=(), not_priced=(), open=(), currency="USD")
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
WORD = "a1b2/aks-sample/e5f6"
"""What confirms a change of the toy below."""
TAGS = {"workload": "sample", "option": "toy", "version": "1.0", "digest": "12345678"}


OPEN: list[Connection] = []


@dataclass
class Scene:
    """A server, a client on it, a folder for the state, and everything that was told."""

    arm: Arm
    client: AzureClient
    folder: Path
    pauses: list[float]
    told: list[str] = field(default_factory=list)
    tell: Callable[[str], None] | None = None

    def run(self, **changes: Any) -> Run:
        values = {
            "folder": str(self.folder / "state"),
            "tell": self.tell or self.told.append,
            "ask": lambda host: (State.PASS, "refused in the TLS handshake"),
        }
        return Run(**(values | changes))

    def word(self, made: Project) -> str:
        """What a person would type."""
        return confirmation(self.client.identity(), made.cluster)

    def deploy(self, made: Project, **changes: Any) -> Deployed:
        given = {"confirm": self.word(made)} | changes
        return deploy(self.client, made, apply=True, run=self.run(**given))

    def remove(self, made: Project, **changes: Any) -> Removal:
        ours = {"apply": True, "purge": False, "unserved": False}
        given = {name: changes.pop(name, value) for name, value in ours.items()}
        run = self.run(**({"confirm": self.word(made)} | changes))
        return remove(self.client, made, **given, run=run)


@contextmanager
def scene(folder: Path, arm: Arm | None = None) -> Iterator[Scene]:
    held = arm or Arm()
    with serving(held, folder) as base:
        try:
            yield opened(held, base, folder)
        finally:
            while OPEN:
                OPEN.pop().close()


def opened(arm: Arm, base: str, folder: Path) -> Scene:
    """A new process: another client, the same Azure, the same folder."""
    pauses: list[float] = []
    connection = Connection(
        credential=Credential(arm),
        subscription=SUBSCRIPTION,
        base_url=base,
        scope=f"{base}/.default",
        transport=near(arm, str(folder / "authority.pem")),
        sleep=pauses.append,
    )
    OPEN.append(connection)
    return Scene(arm, AzureClient(connection), folder, pauses)


def again(found: Scene) -> Scene:
    """The same as a fresh kernel sees it."""
    return opened(found.arm, found.arm.base, found.folder)


def template(*resources: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {},
        "resources": list(resources),
        **further,
    }


def resource(type: str, name: str, taggable: bool = True, **body: Any) -> dict[str, Any]:
    tags = {"tags": {"workload": "sample"}} if taggable else {}
    found = {"type": type, "apiVersion": "2025-01-01", "name": name, "location": "westeurope"}
    return found | tags | body


NETWORK = resource("Microsoft.Network/virtualNetworks", "vnet-sample", properties={"a": "1"})
SUBNET = resource("Microsoft.Network/virtualNetworks/subnets", "vnet-sample/snet-1", False)
VAULT = resource("Microsoft.KeyVault/vaults", "kv-sample", properties={"sku": {"name": "standard"}})
ROLE = resource(
    "Microsoft.Authorization/roleAssignments", "11111111-2222-3333-4444-555555555555", False
)
GATEWAY = resource(
    "Microsoft.ApiManagement/service",
    "apim-sample",
    sku={"name": "Premium", "capacity": 1},
    properties={"virtualNetworkType": "Internal"},
)
API = resource("Microsoft.ApiManagement/service/apis", "apim-sample/orders", False)


def piece(
    stage: str, *resources: dict[str, Any], needs: tuple[str, ...] = (), **more: Any
) -> Piece:
    held = tagged(template(*resources, **more), TAGS)
    return Piece(
        stage=stage,
        deployment=f"apim-aks-sample-toy-{stage}-0000",
        group=GROUP,
        template=held,
        parameters={},
        because="because",
        needs=needs,
    )


DEPLOYMENT = {
    "kind": "Deployment",
    "apiVersion": "apps/v1",
    "metadata": {"name": "web", "namespace": "shop"},
}
ROUTE = {
    "kind": "Ingress",
    "apiVersion": "networking.k8s.io/v1",
    "metadata": {"name": "all", "namespace": "shop"},
}
SERVICE = {
    "kind": "Service",
    "apiVersion": "v1",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"ports": [{"port": 80}]},
}
FILES = (
    manifest_file("30-ingress.yaml", (DEPLOYMENT,), "The entry."),
    manifest_file("40-routes.yaml", (ROUTE,), "The routes."),
)


def toy(**changes: Any) -> Project:
    """Three stages with manifests in between: what every option comes down to."""
    output = {"gatewayUrl": {"type": "string", "value": "[reference('x').y]"}}
    values: dict[str, Any] = {
        "workload": "sample",
        "option": "toy",
        "version": "1.0",
        "digest": "12345678",
        "region": "westeurope",
        "home": GROUP,
        "gateway": "apim-sample",
        "tier": "Premium",
        "vault": "kv-sample",
        "cluster": "aks-sample",
        "cluster_group": GROUP,
        "pieces": (
            piece("10-foundation", NETWORK, SUBNET, VAULT, ROLE),
            piece("20-gateway", GATEWAY, needs=("10-foundation",), outputs=output),
            piece("30-apis-01", API, needs=("20-gateway", "manifests")),
        ),
        "files": FILES,
        "ours": frozenset({"gateway", "vault"}),
        "services": ("shop/web",),
        "objects": tuple(objects_in([Parsed(file="shop.yaml", line=1, data=SERVICE)], [])),
    }
    return Project(**(values | changes))


def id_of(made: dict[str, Any]) -> str:
    """The id of one of the resources above."""
    kinds, names = made["type"].split("/"), made["name"].split("/")
    pairs = "/".join(f"{k}/{n}" for k, n in zip(kinds[1:], names, strict=False))
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{kinds[0]}/{pairs}"


def with_cluster(arm: Arm) -> Arm:
    cluster = f"{arm.scope(GROUP)}/providers/Microsoft.ContainerService/managedClusters/aks-sample"
    arm.put(cluster, type="Microsoft.ContainerService/managedClusters", tags={}, properties={})
    return arm
