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
    """Taken, and there when the operation ends; of an API as a revision that is not current."""
    kind = arm_server.type_in(path)
    made = arm.put(path, type=kind, **body)
    return later(arm, (201, made, {}))


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
    arm.resources[f"{api};rev={old}".lower()] = arm.resources[api.lower()]
    arm.resources[api.lower()] = found
    arm.log.append(f"RELEASED {target}")
    return 201, {"id": path, **body}, {}


ROUTES: tuple[Any, ...] = (
    ("GET", rf"{API}/revisions", list_revisions),
    ("PUT", rf"{API}/releases/[^/]+", put_release),
    ("GET", r"(.*/service/[^/]+/apis/[^/]+)", get_api),
    ("PUT", r"(.*/service/[^/]+/apis/[^/]+;rev=\d+)(?:/.*)?", put_part),
)
