"""Each recording driven through the real SDK clients, and what our reading of it says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from azure.core.credentials import AccessToken

from apim_aks.deployment.waiting import state_of
from apim_aks.deployment.what_if import changes_of, count
from apim_aks.remote.azure import AzureClient, AzureRefused, Connection, Deployments, type_of
from apim_aks.remote.azure.answers import absent_as_none, as_json
from apim_aks.remote.azure.connection import refusing
from tests.support.arm_replay import Exchange, Replay, exchanges, recordings
from tests.support.places import CORPORA

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
LIMIT = 400


class Credential:
    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("recorded-token", 4_102_444_800)


@dataclass(frozen=True)
class Reading:
    """What was asked, how it ended, and the sentences that were printed."""

    name: str
    ended: tuple[tuple[str, int], ...]
    lines: tuple[str, ...]
    pauses: tuple[float, ...]
    unanswered: int

    @property
    def summary(self) -> str:
        return ", ".join(f"{n} {word}" for word, n in self.ended)


@dataclass
class Scene:
    client: AzureClient
    replay: Replay

    @property
    def deployments(self) -> Any:
        return Deployments(self.client)._sdk().deployments


def scene(path: Path, pauses: list[float]) -> Scene:
    replay = Replay(exchanges(path))
    connection = Connection(
        credential=Credential(), subscription=SUBSCRIPTION, transport=replay, sleep=pauses.append
    )
    return Scene(AzureClient(connection), replay)


@cache
def reading(path: Path) -> Reading:
    """The recording from its first to its last request, each asked once."""
    pauses: list[float] = []
    held = scene(path, pauses)
    ended: Counter[str] = Counter()
    lines: list[str] = []
    for exchange in held.replay.recorded[:LIMIT]:
        ask = asked_of(exchange)
        if ask is None or exchange.key not in held.replay.queues or already(held, exchange):
            continue
        word, line = outcome(held, exchange, ask)
        ended[word] += 1
        lines.append(line)
    missing = sum(1 for wanted in held.replay.asked if wanted not in held.replay.queues)
    if not lines and all("graph." in e.uri for e in held.replay.recorded):
        lines.append("only Microsoft Graph, which is never asked")
    shown = tuple(dict.fromkeys(line for line in lines if line))
    return Reading(path.stem, tuple(sorted(ended.items())), shown, tuple(pauses), missing)


def already(held: Scene, exchange: Exchange) -> bool:
    """A poller has asked this one already."""
    queue = held.replay.queues[exchange.key]
    return exchange.method == "GET" and exchange not in queue


Ask = Callable[[Scene, Exchange], Any]


def asked_of(exchange: Exchange) -> Ask | None:
    """The call of the SDK for a request; None for polls, which the SDK makes by itself."""
    path = exchange.path.lower()
    last = path.rstrip("/").split("/")[-1]
    polls = ("operationresults", "operationstatuses", "azureasyncoperation", "locations/")
    if "graph." in exchange.uri:
        return None
    if "/subscriptions/" not in path and not path.startswith("/subscriptions"):
        return scoped(exchange, last)
    if any(p in path for p in polls) and exchange.method == "GET" and "deleted" not in path:
        return None
    if "/deployments/" in path:
        return deployment_call(exchange, last)
    if exchange.method == "POST":
        version = (parse_qs(urlsplit(exchange.uri).query).get("api-version") or [""])[0]
        body = loaded(exchange.body)
        return lambda s, e: s.client.send("POST", e.path, version, body)[1] or None
    if exchange.method in ("HEAD", "PATCH"):
        return lambda s, e: s.client.send(e.method, e.path, "2024-05-01", loaded(e.body))[1] or None
    if "/providers/" not in path:
        return group_call(exchange)
    return resource_call(exchange)


def scoped(exchange: Exchange, last: str) -> Ask | None:
    """Deployments of a tenant or a management group."""
    path = exchange.path.lower()
    if "/deployments/" not in path or "graph.microsoft.com" in exchange.uri:
        return None
    return deployment_call(exchange, last)


def deployment_call(exchange: Exchange, last: str) -> Ask | None:
    body = loaded(exchange.body)
    scope = exchange.path.split("/providers/Microsoft.Resources/deployments")[0].lstrip("/")
    name = exchange.path.split("/deployments/")[-1].split("/")[0]
    parts = scope.split("/")
    group = parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""
    if exchange.method == "POST" and last == "whatif":
        return lambda s, e: what_if(s, parts, group, name, body)
    if exchange.method == "POST" and last == "validate":
        return lambda s, e: s.deployments.begin_validate_at_scope(scope, name, body).result()
    if exchange.method == "PUT":
        return lambda s, e: (
            s.deployments.begin_create_or_update_at_scope(scope, name, body, polling=False),
            None,
        )[1]
    if exchange.method == "GET" and last == "operations":
        operations = lambda s: Deployments(s.client)._sdk().deployment_operations  # noqa: E731
        return lambda s, e: list(operations(s).list_at_scope(scope, name))
    if exchange.method == "GET" and "/deployments/" in exchange.path and last == name.lower():
        return lambda s, e: s.deployments.get_at_scope(scope, name)
    return None


def what_if(s: Scene, parts: list[str], group: str, name: str, body: Any) -> Any:
    sdk = s.deployments
    if group:
        return sdk.begin_what_if(group, name, body).result()
    if parts[0].lower() == "subscriptions":
        return sdk.begin_what_if_at_subscription_scope(name, body).result()
    if "managementgroups" in [p.lower() for p in parts]:
        return sdk.begin_what_if_at_management_group_scope(parts[-1], name, body).result()
    return sdk.begin_what_if_at_tenant_scope(name, body).result()


def group_call(exchange: Exchange) -> Ask | None:
    parts = exchange.path.strip("/").split("/")
    if len(parts) != 4 or parts[2].lower() != "resourcegroups":
        return None
    name, body = parts[3], loaded(exchange.body)
    groups = lambda s: s.client.resources().resource_groups  # noqa: E731
    calls: dict[str, Ask] = {
        "GET": lambda s, e: groups(s).get(name),
        "PUT": lambda s, e: groups(s).create_or_update(name, body),
        "DELETE": lambda s, e: groups(s).begin_delete(name).result(),
    }
    return calls.get(exchange.method)


def resource_call(exchange: Exchange) -> Ask | None:
    version = (parse_qs(urlsplit(exchange.uri).query).get("api-version") or ["2024-05-01"])[0]
    rest = exchange.path.split("/providers/")[-1].strip("/").split("/")
    if len(rest) < 2:
        return None
    id, body = exchange.path, loaded(exchange.body)
    if len(rest) % 2 == 0 and exchange.method == "GET":
        return lambda s, e: s.client.members(id, version, "List")
    typed = typed_call(exchange, rest)
    if typed:
        return typed
    generic = lambda s: s.client.resources().resources  # noqa: E731
    calls: dict[str, Ask] = {
        "GET": lambda s, e: generic(s).get_by_id(id, api_version=version),
        "PUT": lambda s, e: (
            generic(s).begin_create_or_update_by_id(id, body, api_version=version).result()
        ),
        "DELETE": lambda s, e: generic(s).begin_delete_by_id(id, api_version=version).result(),
    }
    return calls.get(exchange.method)


def typed_call(exchange: Exchange, rest: list[str]) -> Ask | None:
    """API Management, clusters and networks through their own clients."""
    parts = exchange.path.strip("/").split("/")
    if len(rest) != 3 or len(parts) < 8:
        return None
    group, name, body = parts[3], parts[-1], loaded(exchange.body)
    kind = "/".join(rest[:2]).lower()
    clients: dict[str, Callable[[Scene], Any]] = {
        "microsoft.apimanagement/service": lambda s: s.client.gateways().api_management_service,
        "microsoft.containerservice/managedclusters": lambda s: (
            s.client.clusters().managed_clusters
        ),
        "microsoft.network/virtualnetworks": lambda s: s.client.network().virtual_networks,
        "microsoft.network/networksecuritygroups": lambda s: (
            s.client.network().network_security_groups
        ),
        "microsoft.network/routetables": lambda s: s.client.network().route_tables,
        "microsoft.network/publicipaddresses": lambda s: s.client.network().public_ip_addresses,
    }
    made = clients.get(kind)
    if made is None:
        return None
    calls: dict[str, Ask] = {
        "GET": lambda s, e: made(s).get(group, name),
        "PUT": lambda s, e: made(s).begin_create_or_update(group, name, body).result(),
        "DELETE": lambda s, e: made(s).begin_delete(group, name).result(),
    }
    return calls.get(exchange.method)


def loaded(text: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {}


def outcome(held: Scene, exchange: Exchange, ask: Ask) -> tuple[str, str]:
    """How it ended in one word, and the line that we would print."""
    kind = type_of(exchange.path).split("/")[-1]
    try:
        with refusing(f"{exchange.method} {kind}"):
            found = absent_as_none(lambda: ask(held, exchange))
    except AzureRefused as refused:
        return "refused", str(refused)
    if found is None:
        return ("absent", "") if exchange.status == 404 else ("done", f"{kind}: done")
    if isinstance(found, (list, tuple)):
        return "lists", f"{len(found)} {kind}"
    if not isinstance(found, dict) and not hasattr(found, "as_dict"):
        return "done", f"{kind}: done"
    answer = as_json(found)
    if "changes" in (answer.get("properties") or {}):
        return "what-ifs", f"what-if: {count(changes_of(answer))}"
    if answer.get("error"):
        from apim_aks.remote.azure import innermost

        return "refused", innermost(answer).sentence
    state = state_of(answer)
    return "answers", f"{kind}: {state or 'no state'}"


__all__ = ["Path", "Reading", "reading", "recordings"]


def table(corpora: Path) -> str:
    """Every recording and what our reading of it printed."""
    rows = []
    for path in recordings(corpora):
        found = reading(path)
        waited = f", waited {len(found.pauses)} times" if found.pauses else ""
        rows.append(f"{path.stem}: {found.summary}{waited}")
        rows += [f"    {line}" for line in found.lines]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(CORPORA))
