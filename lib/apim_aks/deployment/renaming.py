"""APIs and operations that Azure holds under another name; there a new name is a new resource."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from apim_aks.apis.mapping import operation_name
from apim_aks.deployment.project import Piece
from apim_aks.facts import api_version
from apim_aks.reachability.templates import Declared
from apim_aks.remote.azure import AzureClient, AzureRefused, Json
from apim_aks.workload.url_template import template_key

_API = "Microsoft.ApiManagement/service/apis"
_SHOWN = 3

Names = dict[tuple[str, str], tuple[str, str]]
"""By method and template as Azure compares them: operation name, and both in words."""


def renamed(client: AzureClient, piece: Piece) -> tuple[str, ...]:
    """A sentence for each API of the stage that is renamed, or whose operations are.

    What Azure does not show is reported in the same way.
    """
    resources = piece.declared()
    apis = [r for r in resources if r.type == _API]
    try:
        return tuple(s for a in apis for s in _sentences(client, a, resources))
    except AzureRefused as refused:
        if not refused.fault.code and not refused.fault.status:
            raise
        return (f"Names could not be compared: {refused}",)


def _sentences(client: AzureClient, api: Declared, declared: tuple[Declared, ...]) -> Iterator[str]:
    id, name = api.id(client.subscription), api.name.rpartition("/")[2]
    if other := _other_name(client, api, id):
        yield (
            f"API {name}: Azure has its path under the name {other}. To Azure that is another API, "
            "and two with one path are refused. Give the API the old name under `apis` in "
            "workload.yaml, or remove the old one with its subscriptions and metrics first."
        )
    there = _listed(client, f"{id}/operations")
    ours = dict(_imported(api)) | dict(_written(f"{api.name}/", declared))
    old = {_key(o): str(o.get("name")) for o in there}
    changed = [(o, *ours[k]) for k, o in old.items() if k in ours and ours[k][0] != o]
    if changed:
        yield f"API {name}: {_words(changed)}."


def _words(changed: list[tuple[str, str, str]]) -> str:
    each = [f"{told} is called {old} in Azure and {new} here" for old, new, told in changed]
    more = f", and {len(each) - _SHOWN} more are renamed" if len(each) > _SHOWN else ""
    return (
        f"{', '.join(each[:_SHOWN])}{more}; a renamed operation is deleted and created again; "
        "its metrics and settings made by hand are lost"
    )


def _other_name(client: AzureClient, api: Declared, id: str) -> str:
    name, place = api.name.rpartition("/")[2], _place(api.body)
    for found in _listed(client, id.rpartition("/")[0]):
        other = str(found.get("name"))
        current = (found.get("properties") or {}).get("isCurrent") is not False
        if current and _place(found) == place and other.lower() != name.lower():
            return other
    return ""


def _place(api: Mapping[str, object]) -> tuple[str, str]:
    properties = api.get("properties")
    held = properties if isinstance(properties, Mapping) else {}
    return str(held.get("path") or "").strip("/").lower(), str(held.get("apiVersion") or "").lower()


def _listed(client: AzureClient, path: str) -> tuple[Json, ...]:
    kind = _API if path.endswith("/apis") else f"{_API}/operations"
    return client.members(path, api_version(kind), f"List of {path.rpartition('/')[2]}") or ()


def _imported(api: Declared) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The operations of the document in the API, with the names that an import gives them."""
    text = (api.body.get("properties") or {}).get("value")
    for path, item in (json.loads(text)["paths"] if text else {}).items():
        for method, told in item.items():
            own = operation_name(told["operationId"])
            yield (method.upper(), template_key(path)), (own, f"{method.upper()} {path}")


def _written(
    above: str, declared: tuple[Declared, ...]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for found in declared:
        if found.type == f"{_API}/operations" and found.name.startswith(above):
            held = found.body["properties"]
            told = f"{held['method']} {held['urlTemplate']}"
            yield _key(found.body), (found.name.rpartition("/")[2], told)


def _key(operation: Json) -> tuple[str, str]:
    held = operation.get("properties") or {}
    return str(held.get("method")).upper(), template_key(str(held.get("urlTemplate")))
