"""APIs with their versions, operations and policies, in the order in which they can be written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import groupby

from apim_aks.api_document import ApiDocument, api_document, operation_ids, operation_name, split
from apim_aks.arm_templates.backends import child
from apim_aks.arm_templates.expressions import Json, data, parameter, resource_id, text
from apim_aks.arm_templates.resource import Resource
from apim_aks.arm_templates.site import SERVICE, Site
from apim_aks.facts import arm_setting
from apim_aks.mapping import Api, ApiOperation
from apim_aks.names import label
from apim_aks.policies import PolicyDocument

TITLE = 300
ANY = "*"
SET_TITLE = 100


def fragments(site: Site) -> Iterator[Resource]:
    """What several policies share, and the policy of the whole service where it is ours."""
    for document in _of(site, "fragment"):
        properties = {"format": "xml", "value": text(document.xml)}
        yield child("policyFragments", document.subject, properties=properties)
    for document in _of(site, "service"):
        yield child("policies", "policy", properties=policy(document))


def policy(document: PolicyDocument) -> Json:
    """A policy document as properties: well-formed XML, the expressions in it escaped."""
    return {"format": "xml", "value": text(document.xml)}


def _of(site: Site, scope: str) -> tuple[PolicyDocument, ...]:
    return tuple(d for d in site.documents if d.scope == scope)


def version_sets(site: Site) -> Iterator[Resource]:
    """One set for the versions of one path; the version is a part of the path."""
    ordered = sorted((a for a in site.design.mapping.apis if a.version), key=lambda a: a.path)
    for path, found in groupby(ordered, key=lambda a: a.path):
        title = next(found).title[:SET_TITLE] or path
        properties = {"displayName": data(title), "versioningScheme": "Segment"}
        yield child("apiVersionSets", set_name(path), properties=properties)


def set_name(path: str) -> str:
    """The name of the version set of a path."""
    return label(path, 80)


def apis(site: Site) -> Iterator[Resource]:
    """Every API, each with its operations that OpenAPI cannot hold and its policies."""
    files = {d.file: d for s in site.workload.services for d in s.documents}
    mine: dict[str, list[PolicyDocument]] = {}
    for document in site.documents:
        if document.scope in ("api", "operation"):
            mine.setdefault(document.subject.partition("/")[0], []).append(document)
    for api in site.design.mapping.apis:
        parts = split(api_document(api, files))
        yield _api(api, parts[0])
        yield from _operations(api, parts)
        anything = {operation_name(o.operation_id) for o in api.operations if o.method == ANY}
        for document in mine.get(api.id, ()):
            yield from _policies(document, anything)


def _api(api: Api, document: ApiDocument) -> Resource:
    described = bool(document.body.get("paths"))
    imported = {
        "format": "openapi+json",
        "value": text(document.text),
        "translateRequiredQueryParameters": "query",
    }
    properties = {
        "displayName": data(api.title[:TITLE]),
        "path": data(api.path),
        "protocols": ["https"],
        "subscriptionRequired": True,
        **_version(api),
        **(imported if described else {}),
    }
    return child("apis", api.id, properties=properties)


def _version(api: Api) -> Json:
    if not api.version:
        return {}
    names = (parameter("gatewayName"), set_name(api.path))
    id = resource_id(f"{SERVICE}/apiVersionSets", names)
    return {"apiVersion": data(api.version), "apiVersionSetId": id.value}


def _operations(api: Api, parts: tuple[ApiDocument, ...]) -> Iterator[Resource]:
    """Operations beside the import: an import replaces what an import before it brought."""
    ids = operation_ids(api.operations)
    imported = set(_keys(parts[0]))
    wild = {(o.method, o.template) for o in parts[0].wildcards}
    for operation in api.operations:
        key = operation.method, operation.template
        if key in wild or (operation.method.lower(), operation.template) not in imported:
            yield from _written(api, operation, operation_name(ids[key]))


def _keys(document: ApiDocument) -> Iterator[tuple[str, str]]:
    for path, item in document.body["paths"].items():
        yield from ((method, path) for method in item)


def _written(api: Api, operation: ApiOperation, name: str) -> Iterator[Resource]:
    """The operation; one for each method where it stands for any, which no operation can."""
    if operation.method != ANY:
        yield _operation(api, operation, name)
        return
    for method in methods():
        title = f"{method}: {operation.summary}" if operation.summary else ""
        one = replace(operation, method=method, summary=title)
        yield _operation(api, one, f"{name}-{method.lower()}")


def methods() -> tuple[str, ...]:
    """The methods that stand together for any."""
    return tuple(arm_setting("any-method").split())


def _operation(api: Api, operation: ApiOperation, name: str) -> Resource:
    words = operation.template.split("{")[1:]
    parameters = [
        {"name": data(w.partition("}")[0]), "type": "string", "required": True} for w in words
    ]
    properties = {
        "displayName": data(
            (operation.summary or f"{operation.method} {operation.template}")[:TITLE]
        ),
        "method": operation.method,
        "urlTemplate": data(operation.template),
        "templateParameters": parameters,
    }
    return child("apis/operations", api.id, name, properties=properties)


def _policies(document: PolicyDocument, anything: Collection[str]) -> Iterator[Resource]:
    """The policy of an API or operation; that of any method belongs to each of them."""
    api, _, operation = document.subject.partition("/")
    if not operation:
        yield child("apis/policies", api, "policy", properties=policy(document))
        return
    names = (
        [f"{operation}-{m.lower()}" for m in methods()] if operation in anything else [operation]
    )
    for name in names:
        yield child("apis/operations/policies", api, name, "policy", properties=policy(document))
