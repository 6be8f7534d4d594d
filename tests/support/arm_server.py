"""A small Resource Manager on this machine: TLS, long-running operations, paging, error bodies.

It speaks the protocol, not our functions: the real SDK clients call it. What it holds lives in
`Arm`, where tests put resources, faults and secrets. Nothing here waits.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import ssl
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import trustme

from apim_aks.reachability.templates import Declared, Unknown, declared, evaluation
from tests.support.cluster_model import ModelCluster

SUBSCRIPTION = "5ec2e7aa-1111-4222-8333-94445555a1b2"
TENANT = "7e4a47bb-1111-4222-8333-94445555c3d4"
OBJECT = "0b1ec7cc-1111-4222-8333-94445555e5f6"

Json = dict[str, Any]
Answer = tuple[int, Json | None, dict[str, str]]


def error(code: str, message: str = "", **further: Any) -> Json:
    return {"error": {"code": code, "message": message or f"{code} happened.", **further}}


@dataclass
class Fault:
    """What goes wrong with requests that match: an answer, or the line cut. `times` bounds it."""

    method: str
    path: str
    status: int = 0
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after: int = 0
    cut: bool = False
    done_first: bool = False
    hit: int = 0

    def matches(self, method: str, path: str) -> bool:
        if self.method != method or not re.search(self.path, path, re.I) or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        self.hit += 1
        return True


@dataclass
class Arm:
    """What the subscription holds, what goes wrong, and what was asked."""

    groups: dict[str, Json] = field(default_factory=dict)
    resources: dict[str, Json] = field(default_factory=dict)
    deployments: dict[str, Json] = field(default_factory=dict)
    operations: dict[str, Any] = field(default_factory=dict)
    deleted: dict[str, Json] = field(default_factory=dict)
    registered: set[str] = field(default_factory=lambda: {"*"})
    permissions: list[Json] = field(
        default_factory=lambda: [{"actions": ["*"], "notActions": [], "dataActions": []}]
    )
    skus: list[Json] = field(default_factory=list)
    kubernetes: list[Json] = field(default_factory=list)
    revisions: list[Json] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    queries: list[tuple[str, str]] = field(default_factory=list)
    writes: dict[str, int] = field(default_factory=dict)
    commands: list[Json] = field(default_factory=list)
    services: set[str] = field(default_factory=lambda: {"shop/web"})
    looks: list[Any] = field(default_factory=list)
    command_results: list[Json] = field(default_factory=list)
    failing: dict[str, Json] = field(default_factory=dict)
    polls: int = 2
    secret: str = ""
    outputs: Json = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    expired: set[str] = field(default_factory=set)
    base: str = ""
    gone: list[str] = field(default_factory=list)
    certificates: dict[str, Json] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    cluster: list[Json] = field(default_factory=list)
    model: ModelCluster | None = None
    admin_rules: list[Json] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    longest_logs: int = 512_000
    kubeconfig: str = "users: [{name: u, user: {exec: {command: kubelogin}}}]"
    requests: list[tuple[float, str, int]] = field(default_factory=list)
    kill_at: int = 0
    killed_after: bool = False
    moved_on: Callable[[], None] = lambda: None
    wrote: Callable[[], None] = lambda: None
    finishing: Callable[[Arm, Json], Json] = field(default=lambda arm, resource: resource)

    def count(self, method: str, path: str) -> int:
        return sum(
            line.startswith(f"{method} ") and bool(re.search(path, line, re.I)) for line in self.log
        )

    def scope(self, group: str) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"

    def put(self, id: str, **body: Any) -> Json:
        self.resources[id.lower()] = {"id": id, "name": id.split("/")[-1], **body}
        return self.resources[id.lower()]

    # Deployments

    def start(self, id: str, body: Json) -> Json:
        properties = body["properties"]
        group = id.split("/")[4]
        found = {
            "id": id,
            "name": id.split("/")[-1],
            "type": "Microsoft.Resources/deployments",
            "tags": body.get("tags") or {},
            "properties": {
                "provisioningState": "Accepted",
                "mode": properties["mode"],
                "correlationId": str(uuid.uuid4()),
                "outputs": {},
                "parameters": properties.get("parameters") or {},
            },
            "left": self.polls if properties["template"].get("resources") else 1,
            "plan": self.resources_of(properties, group),
            "wanted_outputs": properties["template"].get("outputs") or {},
            "operations": [],
        }
        self.deployments[id.lower()] = found
        return found

    def resources_of(self, properties: Json, group: str) -> list[Declared]:
        template, parameters = properties["template"], properties.get("parameters") or {}
        known = {**FUNCTIONS, "reference": self.reference}
        seen = evaluation(
            template, parameters, group=group, subscription=SUBSCRIPTION, functions=known
        )
        return list(declared(template, seen))

    def reference(self, id: str, version: str = "", full: str = "") -> Any:
        """What the service knows of another resource by now."""
        found = self.resources.get(str(id).lower())
        if found is None:
            return Unknown("reference")
        return found if full else found.get("properties") or {}

    def planned(self, resource: Declared) -> Json:
        id = resource.id(SUBSCRIPTION)
        body = {
            k: resource.seen.value(v)
            for k, v in resource.body.items()
            if k in ("location", "tags", "sku", "properties", "kind", "zones", "identity")
        }
        return {"id": id, "type": resource.type, "name": resource.name.split("/")[-1], **body}

    def advance(self, deployment: Json) -> None:
        state = deployment["properties"]["provisioningState"]
        if state not in ("Accepted", "Running"):
            return
        deployment["properties"]["provisioningState"] = "Running"
        deployment["left"] -= 1
        share = len(deployment["plan"]) if deployment["left"] <= 0 else 1
        for resource in deployment["plan"][:share]:
            if not self.made(deployment, self.planned(resource)):
                return
        deployment["plan"] = deployment["plan"][share:]
        if deployment["left"] <= 0 and not deployment["plan"]:
            deployment["properties"]["provisioningState"] = "Succeeded"
            deployment["properties"]["outputs"] = {
                name: {"type": "String", "value": self.outputs.get(name, f"value-of-{name}")}
                for name in deployment["wanted_outputs"]
            }

    def made(self, deployment: Json, resource: Json) -> bool:
        id = resource["id"]
        refusal = next((b for p, b in self.failing.items() if re.search(p, id, re.I)), None)
        state = "Failed" if refusal else "Succeeded"
        operation = {
            "id": f"{deployment['id']}/operations/{hashlib.sha1(id.encode()).hexdigest()[:16]}",
            "operationId": hashlib.sha1(id.encode()).hexdigest()[:16],
            "properties": {
                "provisioningOperation": "Create",
                "provisioningState": state,
                "statusCode": "Conflict" if refusal else "OK",
                "targetResource": {
                    "id": id,
                    "resourceType": resource["type"],
                    "resourceName": resource["name"],
                },
            },
        }
        if refusal:
            operation["properties"]["statusMessage"] = refusal
            deployment["properties"] |= {
                "provisioningState": "Failed",
                "error": {
                    "code": "DeploymentFailed",
                    "message": "At least one resource deployment operation failed.",
                    "details": [{"code": "Conflict", "message": json.dumps(refusal)}],
                },
            }
            for pattern in [p for p in self.failing if re.search(p, id, re.I)]:
                if self.failing[pattern].get("once"):
                    del self.failing[pattern]
        else:
            self.writes[id.lower()] = self.writes.get(id.lower(), 0) + 1
            secret = {"secretNote": self.secret} if self.secret else {}
            self.resources[id.lower()] = self.finishing(self, resource | {"systemData": secret})
            self.wrote()
        deployment["operations"].append(operation)
        return not refusal

    def what_if(self, id: str, body: Json) -> Json:
        group = id.split("/")[4]
        changes = [
            self.change(self.planned(p)) for p in self.resources_of(body["properties"], group)
        ]
        return {"status": "Succeeded", "properties": {"changes": changes}}

    def change(self, after: Json) -> Json:
        before = self.resources.get(after["id"].lower())
        if before is None:
            return {"resourceId": after["id"], "changeType": "Create", "after": after}
        delta = list(delta_of(before, after))
        found = {"resourceId": after["id"], "before": before, "after": after}
        if not delta:
            return found | {"changeType": "NoChange"}
        return found | {"changeType": "Modify", "delta": delta}

    def remove(self, id: str) -> None:
        below = f"{id.lower()}/"
        found = self.resources.pop(id.lower(), None)
        for other in [r for r in self.resources if r.startswith(below)]:
            del self.resources[other]
        self.gone.append(id)
        kind = str((found or {}).get("type", "")).lower()
        if kind in ("microsoft.apimanagement/service", "microsoft.keyvault/vaults"):
            protected = ((found or {}).get("properties") or {}).get("enablePurgeProtection")
            was = "vaultId" if kind.endswith("vaults") else "serviceId"
            self.deleted[id.split("/")[-1].lower()] = {
                "id": id,
                "name": id.split("/")[-1],
                "type": kind,
                "properties": {
                    "scheduledPurgeDate": "2026-12-01T00:00:00Z",
                    "deletionDate": "2026-11-23T00:00:00Z",
                    was: id,
                    **({"tags": (found or {}).get("tags") or {}} if was == "vaultId" else {}),
                    "purgeProtectionEnabled": bool(protected),
                },
            }


def delta_of(before: Json, after: Json, path: str = "") -> Iterator[Json]:
    for key, value in after.items():
        if key in ("id", "type", "name") and not path:
            continue
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            children = list(delta_of(old, value, key))
            if children:
                yield {"path": key, "propertyChangeType": "Modify", "children": children}
        elif old != value:
            kind = "Create" if key not in before else "Modify"
            yield {"path": key, "propertyChangeType": kind, "before": old, "after": value}
    for key in before:
        if key not in after and (path or key not in ("systemData", "id", "name", "type")):
            yield {"path": key, "propertyChangeType": "Delete", "before": before[key]}


FUNCTIONS = {
    "guid": lambda *parts: str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(map(str, parts)))),
    "uniquestring": lambda *parts: hashlib.sha1("|".join(map(str, parts)).encode()).hexdigest()[
        :13
    ],
}

Route = tuple[str, str, Callable[..., Answer]]


class Handler(BaseHTTPRequestHandler):
    """One request at a time, answered from `Arm`."""

    arm: Arm
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        found = respond(self.arm, self.command, self.path, self.headers, body)
        if isinstance(found, Fault):
            self._faulty(found)
        else:
            self._send(*found)

    def _faulty(self, fault: Fault) -> None:
        if fault.cut:
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self._send(fault.status, fault.body, fault.headers)

    def _send(self, status: int, answer: Json | None, headers: dict[str, str]) -> None:
        held = b"" if answer is None else json.dumps(answer, default=str).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(held)))
        self.end_headers()
        self.wfile.write(held)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = _handle


BOOKKEEPING = r"lease\.internal|/deployments/[^/?]*-(?:record|held-[^/?]*)(?:\?|$)"
"""Addresses of the lease and of what is kept beside a deployment."""
PRECONDITIONS = ("If-Match", "If-None-Match")


def respond(
    arm: Arm, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Answer | Fault:
    """The answer to a request, or what goes wrong with it."""
    split = urlsplit(target)
    path = plain(split.path)
    given = json.loads(body or b"{}")
    arm.log.append(f"{method} {path}")
    query = parse_qs(split.query) | {
        name: [headers[name]] for name in PRECONDITIONS if headers.get(name)
    }
    told = " ".join(f"{k}={v[0]}" for k, v in query.items() if k != "api-version")
    arm.queries.append((f"{method} {path}", told))
    token = str(headers.get("Authorization") or "").removeprefix("Bearer ")
    if not token:
        # A vault says where to sign in before anybody sends a token.
        where = f'Bearer authorization="{arm.base}/{TENANT}", resource="{arm.base}"'
        return 401, error("Unauthorized"), {"WWW-Authenticate": where}
    if token in arm.expired or (arm.tokens and token not in arm.tokens):
        return 401, error("ExpiredAuthenticationToken", "The access token expired."), {}
    fault = next((f for f in arm.faults if f.matches(method, path)), None)
    if fault and (fault.cut or fault.status) and not fault.done_first:
        return fault
    answer = answered(arm, method, path, given, query)
    if method not in ("GET", "HEAD"):
        arm.wrote()
    return fault or answer


def plain(path: str) -> str:
    """A path as the service understands it."""
    return re.sub("/{2,}", "/", unquote(path)).rstrip("/")


def later(arm: Arm, result: Answer, polls: int = 1, how: str = "Location") -> Answer:
    """A 202 whose answer comes at another address after some polls."""
    name = f"op{len(arm.operations)}"
    arm.operations[name] = {"left": polls, "result": result, "how": how}
    address = f"{arm.base}/subscriptions/{SUBSCRIPTION}/operationresults/{name}?api-version=x&t=1"
    return 202, None, {how: address, "Retry-After": "7"}


def polled(arm: Arm, path: str) -> Answer:
    operation = arm.operations[path.split("/")[-1]]
    operation["left"] -= 1
    if operation["how"] == "Azure-AsyncOperation":
        running = operation["left"] >= 0
        status, body, _ = operation["result"]
        if running:
            return 200, {"status": "InProgress"}, {"Retry-After": "7"}
        if status >= 400:
            return 200, {"status": "Failed", **(body or {})}, {}
        return 200, {"status": "Succeeded", "properties": body}, {}
    if operation["left"] >= 0:
        return 202, None, {"Location": f"{arm.base}{path}", "Retry-After": "7"}
    result: Answer = operation["result"]
    return result


def answered(arm: Arm, method: str, path: str, body: Json, query: Json) -> Answer:
    from tests.support import arm_revisions

    for wanted, pattern, answer in (*arm_revisions.ROUTES, *ROUTES):
        if wanted == method and (found := re.fullmatch(pattern, path, re.I)):
            return answer(arm, path, body, query, *found.groups())
    return 404, error("NotFound", f"No route for {method} {path}"), {}


def page(arm: Arm, path: str, rows: list[Json], query: Json, size: int = 2) -> Answer:
    """Two rows a page: lists that are longer go on at `nextLink`."""
    at = int((query.get("at") or ["0"])[0])
    answer: Json = {"value": rows[at : at + size]}
    if at + size < len(rows):
        answer["nextLink"] = f"{arm.base}{path}?api-version=x&at={at + size}"
    return 200, answer, {}


def get_group(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    found = arm.groups.get(name.lower())
    if found is None:
        return (
            404,
            error("ResourceGroupNotFound", f"Resource group '{name}' could not be found."),
            {},
        )
    return 200, found, {}


def put_group(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    arm.groups[name.lower()] = {"id": path, "name": name, "properties": {}, **body}
    return 201, arm.groups[name.lower()], {}


def delete_group(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    arm.groups.pop(name.lower(), None)
    return later(arm, (200, None, {}))


def list_group(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    inside = f"{arm.scope(name)}/providers/".lower()
    rows = [r for id, r in arm.resources.items() if id.startswith(inside) and id.count("/") == 8]
    return page(arm, path, rows, query)


def get_deployment(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    found = arm.deployments.get(path.lower())
    if found is None:
        return 404, error("DeploymentNotFound", "Deployment could not be found."), {}
    arm.advance(found)
    return 200, shown(found), {}


def shown(deployment: Json) -> Json:
    return {k: deployment[k] for k in ("id", "name", "type", "tags", "properties")}


def put_deployment(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    group = path.split("/")[4]
    if group.lower() not in arm.groups:
        return 404, error("ResourceGroupNotFound"), {}
    found = arm.deployments.get(path.lower())
    if found and found["properties"]["provisioningState"] in ("Accepted", "Running"):
        return 409, error("DeploymentActive", "The deployment is still active."), {}
    made = arm.start(path, body)
    address = f"{arm.base}{path}/operationStatuses/1?api-version=x"
    return 201, shown(made), {"Azure-AsyncOperation": address, "Retry-After": "15"}


def delete_deployment(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    arm.deployments.pop(path.lower(), None)
    return later(arm, (204, None, {}))


def list_deployments(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    rows = [shown(d) for id, d in arm.deployments.items() if id.startswith(path.lower())]
    return page(arm, path, rows, query)


def list_operations(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    # The SDK leaves the provider out of this path; the service takes both.
    parts = path.split("/")
    id = f"{arm.scope(parts[4])}/providers/Microsoft.Resources/deployments/{parts[-2]}"
    found = arm.deployments.get(id.lower())
    if found is None:
        return 404, error("DeploymentNotFound"), {}
    return page(arm, path, found["operations"], query)


def validate(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return 200, {"properties": {"provisioningState": "Succeeded"}}, {}


def what_if(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return later(arm, (200, arm.what_if(path, body), {}))


def get_resource(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    found = arm.resources.get(path.lower())
    if found is None and is_list(path):
        return list_children(arm, path, body, query)
    if found is None:
        return 404, error("ResourceNotFound", f"The Resource '{path}' was not found."), {}
    if re.search(r"/virtualnetworks/[^/]+$", path, re.I):
        return 200, with_parts(arm, found), {}
    if path.lower().endswith("/policies/policy") or "/policyfragments/" in path.lower():
        return 200, in_form(found, (query.get("format") or ["xml"])[0]), {}
    return 200, found, {}


def with_parts(arm: Arm, network: Json) -> Json:
    """A network is answered with its subnets and peerings in it."""
    if not isinstance(network.get("properties"), dict):
        return network
    held = {}
    for kind in ("subnets", "virtualNetworkPeerings"):
        below = f"{network['id']}/{kind}".lower()
        parts = [r for id, r in arm.resources.items() if id.rpartition("/")[0] == below]
        held |= {kind: parts} if parts else {}
    return network | {"properties": {**network["properties"], **held}}


def is_list(path: str) -> bool:
    """The path ends in a type: a list of what is there of it."""
    return len(path.rpartition("/providers/")[2].split("/")) % 2 == 0


def type_in(id: str) -> str:
    parts = id.rpartition("/providers/")[2].split("/")
    return "/".join((parts[0], *parts[1::2]))


def list_children(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    """What is directly below; nothing where the list's owner is not there."""
    above = path.lower().rpartition("/")[0]
    if path.lower() in arm.lists:
        return 200, arm.lists[path.lower()], {}
    if re.fullmatch(rf"{SUB}/providers/[^/]+/[^/]+", path, re.I):
        kind = path.lower().rpartition("/providers/")[2]
        return page(arm, path, [r for id, r in arm.resources.items() if type_in(id) == kind], query)
    provider, kinds = above.rpartition("/providers/")[::2]
    owner = above if "/" in kinds else provider
    if "/providers/" in owner and owner not in arm.resources:
        return 404, error("ParentResourceNotFound"), {}
    found = [r for id, r in arm.resources.items() if id.rpartition("/")[0] == path.lower()]
    return page(arm, path, found, query)


def said(found: Json, name: str) -> str:
    """A property as text; nothing where a test has put something else in place of properties."""
    held = found.get("properties")
    return str(held.get(name, "")) if isinstance(held, dict) else ""


def list_roles(arm: Arm, path: str, body: Json, query: Json, scope: str) -> Answer:
    """Those of one principal at, above and below a scope, or all at and above it."""
    wanted = (query.get("$filter") or [""])[0]
    principal = re.fullmatch(r"principalId eq '([^']+)'", wanted)
    found = []
    for id, assignment in arm.resources.items():
        at = said(assignment, "scope").lower()
        if "/microsoft.authorization/roleassignments/" not in id:
            continue
        if principal and said(assignment, "principalId") != principal[1]:
            continue
        if f"{scope.lower()}/".startswith(f"{at}/") or (principal and at.startswith(scope.lower())):
            found.append(assignment)
    return page(arm, path, found, query)


def products_of(arm: Arm, path: str, body: Json, query: Json, api: str) -> Answer:
    """The products that an API is linked to."""
    links = [
        id.rpartition("/apilinks/")[0]
        for id, link in arm.resources.items()
        if "/apilinks/" in id and said(link, "apiId").lower() == api.lower()
    ]
    return page(arm, path, [arm.resources[p] for p in links if p in arm.resources], query)


def in_form(policy: Json, form: str) -> Json:
    """A policy as API Management answers it: its own indentation, in raw form nothing escaped."""
    text = said(policy, "value")
    if not text.lstrip().startswith("<"):
        return policy
    root = ElementTree.fromstring(text)
    for element in root.iter():
        element.attrib = dict(reversed(list(element.attrib.items())))
    ElementTree.indent(root, "\t")
    text = "<!-- Policies run in order. -->\n" + ElementTree.tostring(root, encoding="unicode")
    if form == "rawxml":
        text = html.unescape(text)
    properties = {**policy["properties"], "format": form, "value": text.replace("\n", "\r\n")}
    return policy | {"properties": properties}


def put_zone(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    """As recorded of private DNS: accepted, and a condition that fails is said at the end."""
    if path.lower() in arm.resources and "If-None-Match" in query:
        said = f"The Zone {path.split('/')[-1]} exists already and hence cannot be created again."
        return later(arm, (412, error("PreconditionFailed", said), {}), how="Azure-AsyncOperation")
    made = arm.put(path, type="Microsoft.Network/privateDnsZones", etag=str(uuid.uuid4()), **body)
    return later(arm, (200, made, {}), how="Azure-AsyncOperation")


def put_record(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    """A record set, as zones take it: an etag that is not the last one is refused."""
    held = arm.resources.get(path.lower())
    zone = path.rpartition("/")[0].rpartition("/")[0].lower()
    if "/privatednszones/" in zone and zone not in arm.resources:
        return 404, error("ParentResourceNotFound", "The zone was not found."), {}
    if refusal := unmatched(query, held):
        return refusal
    if not re.search(BOOKKEEPING, path):
        arm.writes[path.lower()] = arm.writes.get(path.lower(), 0) + 1
    etag = str(uuid.uuid4())
    return 201 if held is None else 200, arm.put(path, type=type_in(path), etag=etag, **body), {}


def delete_record(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    held = arm.resources.get(path.lower())
    if held is None:
        return 204, None, {}
    if refusal := unmatched(query, held):
        return refusal
    if re.search(BOOKKEEPING, path):
        del arm.resources[path.lower()]
    else:
        arm.remove(path)
    return 200, None, {}


def unmatched(query: Json, held: Json | None) -> Answer | None:
    wanted = query.get("If-Match", [""])[0]
    if "If-None-Match" in query and held is not None:
        return 412, error("PreconditionFailed", "The record set exists already."), {}
    if not wanted or (wanted == "*" and held is None) or (held and held["etag"] == wanted):
        return None
    return 412, error("PreconditionFailed", "The record set has another etag."), {}


def metrics(arm: Arm, path: str, body: Json, query: Json, id: str) -> Answer:
    """The values of one metric in a span, a series for each value of its dimension."""
    start, end = (datetime.fromisoformat(m).timestamp() for m in query["timespan"][0].split("/"))
    dimension = query["$filter"][0].split(" ")[0]
    series = [
        {
            "metadatavalues": [{"name": {"value": dimension.lower()}, "value": kind}],
            "data": [
                {"timeStamp": at, "total": float(number)}
                for at, own, number in arm.requests
                if own == kind and start <= at < end
            ],
        }
        for kind in sorted({kind for _, kind, _ in arm.requests})
    ]
    name = query["metricnames"][0]
    return 200, {"value": [{"name": {"value": name}, "timeseries": series}]}, {}


def delete_resource(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    if path.lower() not in arm.resources:
        return 204, None, {}
    arm.remove(path)
    return later(arm, (200, None, {}), how="Azure-AsyncOperation")


def provider(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    there = "*" in arm.registered or name.lower() in {n.lower() for n in arm.registered}
    state = "Registered" if there else "NotRegistered"
    return 200, {"id": path, "namespace": name, "registrationState": state}, {}


def permissions(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return page(arm, path, arm.permissions, query)


def untag(arm: Arm, path: str, body: Json, query: Json, id: str) -> Answer:
    assert body["operation"] == "Delete"
    held = arm.resources[id.lower()].setdefault("tags", {})
    for name in body["properties"]["tags"]:
        held.pop(name, None)
    return 200, {"id": path, "properties": {"tags": held}}, {}


def skus(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return page(arm, path, arm.skus, query)


def kubernetes(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return 200, {"values": arm.kubernetes}, {}


def revisions(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return 200, {"name": "istio", "properties": {"meshRevisions": arm.revisions}}, {}


def name_free(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    free = body["name"].lower() not in arm.taken
    reason = {"reason": "Valid"} if free else {"reason": "AlreadyExists", "message": "taken"}
    return 200, {"nameAvailable": free, **reason}, {}


def dns_free(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return 200, {"available": query["domainNameLabel"][0] not in arm.taken}, {}


def get_deleted(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    found = arm.deleted.get(name.lower())
    if found is None:
        return 404, error("NotFound", f"{name} was not found."), {}
    return 200, found, {}


def purge(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    found = arm.deleted.get(name.lower()) or {}
    if (found.get("properties") or {}).get("purgeProtectionEnabled"):
        return 403, error("Forbidden", "Purge protection is on."), {}
    arm.deleted.pop(name.lower(), None)
    return later(arm, (200, None, {}))


def kubeconfig(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    assert query["format"] == ["exec"]
    held = base64.b64encode(arm.kubeconfig.encode()).decode()
    return 200, {"kubeconfigs": [{"name": "clusterUser", "value": held}]}, {}


def run_command(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    cluster = arm.resources.get(path.rpartition("/")[0].lower()) or {}
    profile = (cluster.get("properties") or {}).get("apiServerAccessProfile") or {}
    if profile.get("disableRunCommand"):
        return 400, error("BadRequest", "Run command is disabled on this cluster."), {}
    if arm.model is not None:
        (arm.looks if "kubectl get" in body["command"] else arm.commands).append(body)
        code, logs = arm.model.run(body)
        result = {"exitCode": code, "logs": logs[: arm.longest_logs]}
        return later(arm, (200, {"id": "c3", "properties": result | DONE}, {}))
    if "--filename=" in body["command"]:
        arm.looks.append(body["command"])
        result = {"exitCode": 0, "logs": found_by_name(arm, body)[: arm.longest_logs]}
        return later(arm, (200, {"id": "c4", "properties": result | DONE}, {}))
    if body["command"].startswith(("kubectl api-resources", "echo '== ")):
        arm.looks.append(body["command"])
        logs = (listed_kinds if "api-resources" in body["command"] else listed)(arm, body)
        result = {"exitCode": 0, "logs": logs[: arm.longest_logs], "provisioningState": "Succeeded"}
        return later(arm, (200, {"id": "c2", "properties": result}, {}))
    if body["command"].startswith("kubectl get services "):
        arm.looks.append(body["command"])
        spaces = re.findall(r"--namespace (\S+)", body["command"])
        held = [id for id in sorted(arm.services) if id.partition("/")[0] in spaces]
        result = {"exitCode": 0, "logs": "\n".join(held), "provisioningState": "Succeeded"}
        return later(arm, (200, {"id": "c0", "properties": result}, {}))
    arm.commands.append(body)
    result = {"exitCode": 0, "logs": "applied", "provisioningState": "Succeeded"}
    if arm.command_results:
        result |= arm.command_results.pop(0)
    return later(arm, (200, {"id": "c1", "properties": result}, {}))


DONE = {"provisioningState": "Succeeded"}


def identity_of(found: Json) -> tuple[str, str, str]:
    where = found["metadata"]
    return found["kind"], where.get("namespace", "default"), where["name"]


def found_by_name(arm: Arm, body: Json) -> str:
    """As kubectl and jq print each list; a cluster that a test says nothing of lets nobody look."""
    packed = zipfile.ZipFile(io.BytesIO(base64.b64decode(body["context"])))
    lines = []
    for name in re.findall(r"--filename=(\S+)", body["command"]):
        asked = {identity_of(o) for o in json.loads(packed.read(name))["items"]}
        held = {"items": [o for o in arm.cluster if identity_of(o) in asked]}
        hidden = not arm.cluster or any(kind in arm.hidden for kind, _, _ in asked)
        said = "Error from server (Forbidden): it is forbidden" if hidden else json.dumps(held)
        lines += [f"== {name.removesuffix('.json')}", said]
    return "\n".join([*lines, "== end"])


KINDS = """
configmaps v1 ConfigMap
namespaces v1 Namespace
pods v1 Pod
secrets v1 Secret
services v1 Service
deployments apps/v1 Deployment
daemonsets apps/v1 DaemonSet
statefulsets apps/v1 StatefulSet
replicasets apps/v1 ReplicaSet
cronjobs batch/v1 CronJob
endpointslices discovery.k8s.io/v1 EndpointSlice
ingresses networking.k8s.io/v1 Ingress
ingressclasses networking.k8s.io/v1 IngressClass
networkpolicies networking.k8s.io/v1 NetworkPolicy
gatewayclasses gateway.networking.k8s.io/v1 GatewayClass
gateways gateway.networking.k8s.io/v1 Gateway
httproutes gateway.networking.k8s.io/v1 HTTPRoute
gateways networking.istio.io/v1 Gateway
virtualservices networking.istio.io/v1 VirtualService
authorizationpolicies security.istio.io/v1 AuthorizationPolicy
peerauthentications security.istio.io/v1 PeerAuthentication
ciliumendpoints cilium.io/v2 CiliumEndpoint
ciliumnetworkpolicies cilium.io/v2 CiliumNetworkPolicy
gates example.com/v1 Gate
"""


def served() -> Iterator[tuple[str, str, str]]:
    """What the cluster serves: full name, API version, kind."""
    for line in KINDS.split("\n"):
        if line:
            name, version, kind = line.split()
            group = version.rpartition("/")[0]
            yield (f"{name}.{group}" if group else name), version, kind


def listed_kinds(arm: Arm, body: Json) -> str:
    """As `kubectl api-resources --no-headers` prints them, short names left out."""
    return "\n".join(
        f"{name.partition('.')[0]:30} {version:30} true {kind}" for name, version, kind in served()
    )


def listed(arm: Arm, body: Json) -> str:
    """As kubectl and jq print each list, whole; what they leave out is tested beside it."""
    known = {name: (version.rpartition("/")[0], kind) for name, version, kind in served()}
    lines = []
    for name in re.findall(r"kubectl get (\S+) ", body["command"]):
        lines.append(f"== {name}")
        if name in arm.hidden:
            lines.append(f'Error from server (Forbidden): {name} is forbidden: User "x"')
            continue
        if name not in known:
            lines.append(f'error: the server doesn\'t have a resource type "{name}"')
            continue
        items = [
            o
            for o in arm.cluster
            if (str(o.get("apiVersion")).rpartition("/")[0], o["kind"]) == known[name]
        ]
        lines.append(json.dumps({"items": items}))
    return "\n".join([*lines, "== end"])


def admin_rules(arm: Arm, path: str, body: Json, query: Json) -> Answer:
    return 200, {"value": arm.admin_rules, "skipToken": ""}, {}


def certificate(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    found = arm.certificates.get(name)
    if found is None or "cer" not in found:
        return 404, error("CertificateNotFound", f"{name} was not found."), {}
    return 200, found, {}


def pending(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    found = arm.certificates.get(name)
    if found is None:
        return 404, error("PendingCertificateNotFound", "Nothing is pending."), {}
    return 200, {"id": f"{arm.base}{path}", "status": "inProgress", "csr": found["csr"]}, {}


def create_certificate(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    assert body["policy"]["issuer"] == {"name": "Unknown"}
    csr = base64.b64encode(b"a request for " + name.encode()).decode()
    arm.certificates[name] = {"csr": csr, "policy": body["policy"]}
    return 202, {"id": f"{arm.base}/certificates/{name}/pending", "csr": csr}, {}


def merge_certificate(arm: Arm, path: str, body: Json, query: Json, name: str) -> Answer:
    version = f"{arm.base}/certificates/{name}/0123"
    attributes = {"enabled": True, "exp": 1_830_000_000, "nbf": 1_790_000_000}
    cer = body["x5c"][0]
    arm.certificates[name] |= {"id": version, "cer": cer, "attributes": attributes}
    return 201, {k: v for k, v in arm.certificates[name].items() if k != "csr"}, {}


SUB = r"/subscriptions/[^/]+"
GROUP = rf"{SUB}/resourcegroups/([^/]+)"
DEPLOYMENTS = rf"{SUB}/resourcegroups/[^/]+/providers/Microsoft\.Resources/deployments"
RECORDS = r"(?:dnsZones|privateDnsZones)/[^/]+/(?:A|AAAA|CNAME|TXT)/[^/]+"
ROUTES: tuple[Route, ...] = (
    ("GET", r"/certificates/([^/]+)/pending", pending),
    ("POST", r"/certificates/([^/]+)/create", create_certificate),
    ("POST", r"/certificates/([^/]+)/pending/merge", merge_certificate),
    ("GET", r"/certificates/([^/]+)", certificate),
    ("GET", rf"{SUB}/operationresults/[^/]+", lambda arm, path, *_: polled(arm, path)),
    ("GET", GROUP, get_group),
    ("PUT", GROUP, put_group),
    ("DELETE", GROUP, delete_group),
    ("GET", rf"{GROUP}/resources", list_group),
    ("GET", rf"{DEPLOYMENTS}", list_deployments),
    ("GET", rf"{DEPLOYMENTS}/[^/]+", get_deployment),
    ("PUT", rf"{DEPLOYMENTS}/[^/]+", put_deployment),
    ("DELETE", rf"{DEPLOYMENTS}/[^/]+", delete_deployment),
    ("GET", rf"{SUB}/resourcegroups/[^/]+/(?:.*/)?deployments/[^/]+/operations", list_operations),
    ("POST", rf"{DEPLOYMENTS}/[^/]+/validate", validate),
    (
        "POST",
        rf"({DEPLOYMENTS}/[^/]+)/whatIf",
        lambda arm, path, body, query, id: what_if(arm, id, body, query),
    ),
    ("GET", r".*/providers/Microsoft\.Authorization/permissions", permissions),
    ("GET", rf"{SUB}/providers/Microsoft\.ApiManagement/skus", skus),
    ("GET", r".*/locations/[^/]+/kubernetesVersions", kubernetes),
    ("GET", r".*/locations/[^/]+/meshRevisionProfiles/istio", revisions),
    ("POST", r".*/checkNameAvailability", name_free),
    ("GET", r".*/CheckDnsNameAvailability", dns_free),
    ("GET", r".*/locations/[^/]+/deletedservices/([^/]+)", get_deleted),
    ("DELETE", r".*/locations/[^/]+/deletedservices/([^/]+)", purge),
    ("GET", r".*/locations/[^/]+/deletedVaults/([^/]+)", get_deleted),
    ("POST", r".*/locations/[^/]+/deletedVaults/([^/]+)/purge", purge),
    ("POST", r".*/managedClusters/[^/]+/runCommand", run_command),
    ("POST", r".*/managedClusters/[^/]+/listClusterUserCredential", kubeconfig),
    ("POST", r".*/listNetworkManagerEffectiveSecurityAdminRules", admin_rules),
    ("GET", r"(.*)/providers/Microsoft\.Insights/metrics", metrics),
    ("PUT", rf".*/{RECORDS}", put_record),
    ("DELETE", rf".*/{RECORDS}", delete_record),
    ("GET", rf"{SUB}/providers/([^/]+)", provider),
    ("GET", r"(.*)/providers/Microsoft\.Authorization/roleAssignments", list_roles),
    ("GET", r"(.*/service/[^/]+/apis/[^/]+)/products", products_of),
    ("PUT", r".*/privateDnsZones/[^/]+", put_zone),
    ("PATCH", r"(.*)/providers/Microsoft\.Resources/tags/default", untag),
    ("GET", r".*/providers/.*", get_resource),
    ("DELETE", r".*/providers/.*", delete_resource),
)


class Credential:
    """Hands out tokens like those of Entra ID; the newest is the one that Azure takes."""

    def __init__(self, arm: Arm) -> None:
        self.arm = arm
        self.issued: list[str] = []

    def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.credentials import AccessToken

        token = forged(len(self.issued))
        self.issued.append(token)
        self.arm.tokens.add(token)
        return AccessToken(token, 4_102_444_800)


def forged(number: int) -> str:
    held = {"oid": OBJECT, "tid": TENANT, "idtyp": "user", "upn": "user@example.com", "n": number}
    parts = ({"alg": "none"}, held)
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join((*texts, "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"))


@contextmanager
def serving(arm: Arm, folder: Path) -> Iterator[str]:
    """The server at an address, and the file of the authority that signed its certificate."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    handler = type("ArmHandler", (Handler,), {"arm": arm})
    server = ThreadingHTTPServer(("localhost", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    arm.base = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.002,), daemon=True)
    thread.start()
    try:
        yield arm.base
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
