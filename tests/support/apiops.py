"""An APIOps folder read as its tools read it, without our writers.

After src/lib/resource-path.ts and the publishers of Azure/apiops-cli, and the samples of
Azure/apiops: a file's place says what it is, a specification brings operations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from xml.etree import ElementTree

Found = dict[str, dict[str, Any]]
"""The properties of each child by its path below the service."""

_INFORMATION = {
    "namedValueInformation.json": ("namedValues", "named values"),
    "loggerInformation.json": ("loggers", "loggers"),
    "backendInformation.json": ("backends", "backends"),
    "versionSetInformation.json": ("versionSets", "version sets"),
    "policyFragmentInformation.json": ("policyFragments", "policy fragments"),
    "apiInformation.json": ("apis", "apis"),
    "productInformation.json": ("products", "products"),
    "subscriptionInformation.json": ("subscriptions", "subscriptions"),
    "diagnosticInformation.json": ("diagnostics", "diagnostics"),
    "gatewayInformation.json": ("gateways", "gateways"),
}
_LINKS = {"products": "apiLinks", "gateways": "apis"}
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def published(files: Mapping[str, str], toolkit: bool = False) -> Found:
    """What is put into API Management, by its path there."""
    found: Found = {}
    for path, text in files.items():
        for name, properties in _of(path, text, files, toolkit):
            assert name not in found, name
            found[name] = properties
    return found


def _of(
    path: str, text: str, files: Mapping[str, str], toolkit: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    *folder, file = path.split("/")
    if file == "policy.xml":
        yield from _policy(folder, text)
    elif file == "specification.json":
        yield from _operations(folder, text)
    elif file == "apis.json":
        assert not toolkit
        for link in json.loads(text):
            yield _link(folder, link["name"])
    elif file in ("productApiInformation.json", "gatewayApiInformation.json"):
        assert toolkit and json.loads(text) == {} and folder[2] == "apis"
        yield _link(folder[:2], folder[3])
    elif file == "diagnosticInformation.json" and folder[0] == "apis":
        yield "/".join(folder), json.loads(text)["properties"]
    else:
        assert folder[:-1] == [_INFORMATION[file][toolkit]], path
        kind = {"versionSets": "apiVersionSets"}.get(_INFORMATION[file][0], _INFORMATION[file][0])
        yield f"{kind}/{folder[-1]}", _information(path, text, files)


def _information(path: str, text: str, files: Mapping[str, str]) -> dict[str, Any]:
    body = json.loads(text)
    assert body.keys() == {"properties"}
    properties: dict[str, Any] = body["properties"]
    folder = path.rpartition("/")[0]
    if path.endswith("policyFragmentInformation.json"):
        properties |= {"format": "rawxml", "value": files[f"{folder}/policy.xml"]}
    if document := files.get(f"{folder}/specification.json"):
        properties |= {"format": "openapi+json", "value": document}
    return properties


def _policy(folder: list[str], text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if folder[:1] in (["policyFragments"], ["policy fragments"]):
        return
    yield "/".join((*folder, "policies/policy")), {"format": "rawxml", "value": text}


def _operations(folder: list[str], text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """As an import makes them: the name of the operationId, the title of the summary."""
    for path, item in json.loads(text)["paths"].items():
        for method in item.keys() & _METHODS:
            operation = item[method]
            own = [p for p in operation.get("parameters", ()) if p.get("in") == "path"]
            yield (
                f"apis/{folder[-1]}/operations/{operation['operationId']}",
                {
                    "displayName": operation.get("summary", ""),
                    "method": method.upper(),
                    "urlTemplate": path,
                    "templateParameters": [
                        {"name": p["name"], "type": p["schema"].get("type"), "required": True}
                        for p in own
                    ],
                },
            )


def _link(folder: list[str], api: str) -> tuple[str, dict[str, Any]]:
    return "/".join((*folder, _LINKS[folder[0]], api)), {"apiId": f"/apis/{api}"}


def same_policy(xml: str, raw: str) -> bool:
    """Whether the raw document is the same policy: the same XML with its expressions escaped."""
    tree = ElementTree.fromstring(xml)
    said = {v for e in tree.iter() for v in (*e.attrib.values(), e.text or "")}
    for expression in sorted((s for s in said if re.match(r"\s*@[({]", s)), key=len, reverse=True):
        assert expression in raw, expression
        raw = raw.replace(expression, escape(expression))
    return ElementTree.canonicalize(raw, with_comments=True) == ElementTree.canonicalize(
        xml, with_comments=True
    )
