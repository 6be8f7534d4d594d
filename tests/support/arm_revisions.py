"""APIs with revisions in the server of `arm_server`: one is current, a release makes another it."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support import arm_server
from tests.support.arm_server import Answer, Arm, Json, error, get_resource, later, plain

API = r"(.*/service/[^/]+/apis/[^/;]+)"


def current(arm: Arm, api: str) -> str:
    found = arm.resources.get(api.lower()) or {}
    return str((found.get("properties") or {}).get("apiRevision") or "1")


def held(arm: Arm, api: str) -> dict[str, Json]:
    """Each revision by its number, the current one among them."""
    named = re.compile(re.escape(api.lower()) + r";rev=(\d+)$")
    found = {m[1]: r for id, r in arm.resources.items() if (m := named.match(id))}
    return found | {current(arm, api): arm.resources[api.lower()]}


def get_api(arm: Arm, path: str, body: Json, query: Json, api: str) -> Answer:
    found = arm.resources.get(path.lower())
    if found is None:
        return 404, error("ResourceNotFound"), {}
    if "export" not in query:
        return get_resource(arm, path, body, query)
    document = json.loads(found["properties"]["value"])
    host = "https://apim-sample.azure-api.net"
    revision = re.search(r";rev=\d+$", path)
    address = f"{host}/{found['properties']['path']}{revision[0] if revision else ''}"
    served = document | {"servers": [{"url": address}]}
    return 200, {"id": path, "format": "openapi+json", "value": served}, {}


def put_part(arm: Arm, path: str, body: Json, query: Json, api: str) -> Answer:
    """Taken, and there when the operation ends; of an API as a revision that is not current.

    An import goes on meanwhile and refuses other changes of the API; what has to be there has to
    be there (RFC 9110, If-Match).
    """
    if "If-Match" in query and path.lower() not in arm.resources:
        return 412, error("PreconditionFailed", "The entity does not exist."), {}
    if busy(arm, path):
        said = "Operation on the API is in progress"
        return 409, error("PessimisticConcurrencyConflict", said), {}
    kind = arm_server.type_in(path)
    made = arm.put(path, type=kind, **body)
    answer = later(arm, (201, made, {}), arm.polls)
    if path == revision_of(path):
        made["importedBy"] = list(arm.operations)[-1]
    return answer


def revision_of(path: str) -> str:
    return re.sub(r"(;rev=\d+)/.*", r"\1", path)


def busy(arm: Arm, path: str) -> bool:
    """Whether an import of the revision goes on; it comes further while others ask."""
    held = arm.resources.get(revision_of(path).lower()) or {}
    operation = arm.operations.get(str(held.get("importedBy")))
    if operation is None or operation["left"] < 0:
        return False
    operation["left"] -= 1
    return True


def delete_part(arm: Arm, path: str, body: Json, query: Json, api: str) -> Answer:
    if busy(arm, path):
        return (
            409,
            error("PessimisticConcurrencyConflict", "Operation on the API is in progress"),
            {},
        )
    return arm_server.delete_resource(arm, path, body, query)


def list_revisions(arm: Arm, path: str, body: Json, query: Json, api: str) -> Answer:
    if api.lower() not in arm.resources:
        return 404, error("ResourceNotFound"), {}
    rows = [
        {
            "apiId": f"{api};rev={number}",
            "apiRevision": number,
            "isCurrent": number == current(arm, api),
            "description": (r.get("properties") or {}).get("apiRevisionDescription", ""),
        }
        for number, r in sorted(held(arm, api).items())
    ]
    return arm_server.page(arm, path, rows, query)


def put_release(arm: Arm, path: str, body: Json, query: Json, api: str) -> Answer:
    target = plain(body["properties"]["apiId"])
    found = arm.resources.get(target.lower())
    if found is None:
        return 404, error("ResourceNotFound", "The revision was not found."), {}
    old = current(arm, api)
    if target.lower() == f"{api};rev={old}".lower():
        return 200, {"id": path, **body}, {}
    arm.resources[f"{api};rev={old}".lower()] = arm.resources[api.lower()]
    arm.resources[api.lower()] = found
    arm.log.append(f"RELEASED {target}")
    return 201, {"id": path, **body}, {}


ROUTES: tuple[Any, ...] = (
    ("GET", rf"{API}/revisions", list_revisions),
    ("PUT", rf"{API}/releases/[^/]+", put_release),
    ("GET", r"(.*/service/[^/]+/apis/[^/]+)", get_api),
    ("PUT", r"(.*/service/[^/]+/apis/[^/]+;rev=\d+)(?:/.*)?", put_part),
    ("DELETE", r"(.*/service/[^/]+/apis/[^/]+;rev=\d+)", delete_part),
)
