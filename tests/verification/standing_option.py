"""An option that stands whole: Azure's side and its servers together, asked as a user asks.

Only the network below TLS is replaced: Azure's hosts lead to the server of `arm_server`, the
design's names to the servers of `tls_entry`. Secrets are planted in every answer of Azure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apim_aks import __version__
from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.manifests import manifests, placeholders
from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import VALUES, deployer_values, project, unanswered
from apim_aks.remote.azure import AzureClient, Connection
from apim_aks.remote.calls import Caller, Vantage
from apim_aks.topology import Backend
from tests.support import arm_server
from tests.support.arm_server import OBJECT, SUBSCRIPTION, TENANT, Arm, Credential, serving
from tests.verification import test_live_calls as calls
from tests.verification.deployed import build, certify, designed, finish, serve
from tests.verification.tls_entry import (
    CALLER_TOKEN,
    GATEWAY_PUBLIC,
    KEY,
    Authorities,
    DeployedOption,
    http_server,
)
from tests.verification.tls_entry import standing as town_standing

WORKLOAD = "contoso-orders"
AZURE = "https://management.azure.com"
HOSTS = ("azure.net", "azure.com", "loganalytics.io")
PLANTED = {
    "primaryKey": "7c1e0f5a9b3d4e6f8a2b4c6d8e0f1a3b",
    "connectionString": "Endpoint=sb://x/;SharedAccessKey=cGxhbnRlZC1zaGFyZWQtYWNjZXNzLWtleQ==",
    "accessToken": "eyJhbGciOiJub25lIn0.eyJwbGFudGVkIjoidG9rZW4ifQ.cGxhbnRlZA",
    "tenantId": TENANT,
    "note": f"AccountKey=cGxhbnRlZC1hY2NvdW50LWtleS0xMjM0NTY3ODkw {SUBSCRIPTION}",
}
SECRETS = (
    *(PLANTED[k] for k in ("primaryKey", "accessToken")),
    "cGxhbnRlZC1zaGFyZWQtYWNjZXNzLWtleQ",
    "cGxhbnRlZC1hY2NvdW50LWtleS0xMjM0NTY3ODkw",
    TENANT,
    SUBSCRIPTION,
    OBJECT,
    KEY,
    CALLER_TOKEN,
)


@dataclass
class Whole:
    """The option, its Azure and its servers, and everything that was printed or written."""

    arm: Arm
    town: DeployedOption
    client: AzureClient
    folder: Path

    def leaked(self, *texts: str) -> set[str]:
        """The secrets that stand in these texts, or in a file that was written."""
        written = [
            f.read_text(encoding="utf-8", errors="replace")
            for f in self.folder.rglob("*")
            if f.is_file() and f.suffix != ".pem"
        ]
        said = [t.lower() for t in (*texts, *written)]
        return {s for s in SECRETS for text in said if s.lower() in text}


class ServedOption(DeployedOption):
    """A town whose gateway knows each operation's own Service."""

    def _route(self, path: str) -> tuple[Backend, str]:
        for api in self.design.mapping.apis:
            start = "/".join(("", api.path, *filter(None, (api.version,))))
            for one in api.operations:
                below = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(one.template)).rstrip("/")
                if one.method == "GET" and re.fullmatch(f"{start}{below}/?", path):
                    backend, prefix = self.placement.topology.backend(one.service)
                    return backend, prefix + one.backend_path
        raise AssertionError(f"the gateway has no operation at {path}")


def planted(answer: Any) -> Any:
    """The answer with secrets beside, under names that Azure uses."""
    if isinstance(answer, dict):
        found = {k: planted(v) for k, v in answer.items()}
        if isinstance(found.get("properties"), dict) and "provisioningState" in found["properties"]:
            found["properties"] |= {"planted": PLANTED}
        return found
    return [planted(v) for v in answer] if isinstance(answer, list) else answer


def wire(base: str, authority: str) -> Any:
    """The SDK's own transport, on whose network Azure's hosts are this machine."""
    from azure.core.pipeline.transport import RequestsTransport

    class Wire(RequestsTransport):
        def send(self, request: Any, **options: Any) -> Any:
            asked = request.url
            split = urlsplit(asked)
            if split.hostname and split.hostname.endswith(
                ("azure.net", "azure.com", "loganalytics.io")
            ):
                request.url = f"{base}{split.path}{'?' if split.query else ''}{split.query}"
            answer = super().send(request, **options)
            request.url = asked
            where = answer.headers.get("WWW-Authenticate")
            if where and split.hostname:
                domain = split.hostname.partition(".")[2]
                answer.headers["WWW-Authenticate"] = where.replace(
                    AZURE + '"', f'https://{domain}"'
                )
            return answer

    return Wire(connection_verify=authority)


@contextmanager
def internet(town: DeployedOption) -> Iterator[None]:
    """Azure's front door as every caller on the internet sees it."""
    host = urlsplit(AZURE).hostname or ""
    with http_server(lambda *_: (400, {}), town.authorities.server(host)) as port:
        town.dns[host] = ("20.1.1.1",)
        town.ports["20.1.1.1", 443] = port
        yield


@contextmanager
def whole(
    folder: Path, option: str, patch: pytest.MonkeyPatch, *, there: bool = True
) -> Iterator[Whole]:
    """The option in a subscription of its own; `there` says whether it is deployed already."""
    found = designed(WORKLOAD)
    placement = found.placement(option)
    known(patch, found, placement)
    made = project(found, placement, __version__, deployer_values())
    inside = any("azure-api.net" in n.name for n in placement.topology.names)
    at = private_address(found, placement) if inside else GATEWAY_PUBLIC
    names = {f"{made.gateway}.azure-api.net": at}
    town = ServedOption(found, placement, Authorities(), gateway_names=names)
    town.names_inside = inside
    arm = Arm(finishing=lambda arm, made: pinned(finish(arm, made)), services=set(made.services))
    arm.town = town  # type: ignore[attr-defined]
    answer = arm_server.answered
    patch.setattr(arm_server, "ROUTES", (*calls.ROUTES, *arm_server.ROUTES))
    patch.setattr(arm_server, "answered", lambda *a: hurt(answer(*a)))
    with serving(arm, folder) as base, town_standing(town), internet(town):
        arm.base = AZURE
        client = connected(arm, base, folder)
        if there:
            build(arm, made)
            for resource in arm.resources.values():
                pinned(resource)
            serve(arm, placement)
        certify(arm, made)
        calls.named(town)
        as_a_user(patch, client, town.caller(str(folder / "authority.pem")))
        yield Whole(arm, town, client, folder)
        client.connection.close()


def private_address(found: Design, placement: Placement) -> str:
    """Where `finish` puts an internal gateway."""
    subnet = address_plan(placement).range("gateway")
    assert subnet is not None
    return str(IPv4Network(subnet.prefix)[5])


def hurt(answer: Any) -> Any:
    status, body, headers = answer
    found = planted(body)
    # Every answer, whatever it is about: a list too has a page around it.
    return status, found | {"planted": PLANTED} if isinstance(found, dict) else found, headers


def pinned(made: Any) -> Any:
    """The addresses and ids under which the servers of the town are found."""
    kind = str(made.get("type")).lower()
    if kind == "microsoft.apimanagement/service":
        made["properties"]["publicIPAddresses"] = [GATEWAY_PUBLIC]
    if kind == "microsoft.operationalinsights/workspaces":
        made["properties"]["customerId"] = calls.CUSTOMER
    return made


def connected(arm: Arm, base: str, folder: Path) -> AzureClient:
    connection = Connection(
        credential=Credential(arm),
        subscription=SUBSCRIPTION,
        transport=wire(base, str(folder / "authority.pem")),
        sleep=lambda seconds: None,
    )
    return AzureClient(connection)


def as_a_user(patch: pytest.MonkeyPatch, client: AzureClient, caller: Caller) -> None:
    """Signed in, with the network of this test and nothing else changed."""

    def here(name: str = "internet", values: Any = None, control: str = "") -> Vantage:
        return Vantage(name, values or {}, control, caller)

    patch.setattr("apim_aks.remote.azure.azure", lambda *_, **__: client)
    patch.setattr("apim_aks.remote.calls.Vantage", here)
    patch.setattr("apim_aks.cli.azure.verify.Vantage", here)


def known(patch: pytest.MonkeyPatch, found: Design, placement: Placement) -> None:
    """What only the deployer knows, in the environment."""
    asked = [name for name, _, _ in unanswered(project(found, placement, __version__))]
    filled = [p.text.strip("<>") for p in placeholders(manifests(placement))]
    values = {name: f"{number}.example" for number, name in enumerate((*asked, *filled))}
    for name, value in {**values, "callerToken": CALLER_TOKEN}.items():
        patch.setenv(f"{VALUES}{name}", value)
