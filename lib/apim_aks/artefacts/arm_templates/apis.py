"""APIs with their versions, operations and policies, in the order in which they can be written.

The policy of an API comes last: with it in place API Management refuses operations and their
policies with `PreconditionFailed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from apim_aks.apis.document import ApiDocument, merged, operation_ids, operation_name, split
from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.apis.mapping.operation_names import OperationKey
from apim_aks.artefacts.arm_templates.backends import child
from apim_aks.artefacts.arm_templates.expressions import Json, data, parameter, resource_id, text
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.several import several
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.artefacts.policies import PolicyDocument
from apim_aks.workload.names import CHILD_NAME_LENGTH, fitting
from apim_aks.workload.url_template import parameter_names

Names = Mapping[str, Mapping[OperationKey, str]]
TITLE = 300
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
    ordered = sorted((a for a in site.drawn.mapping.apis if a.version), key=lambda a: a.path)
    for path, found in groupby(ordered, key=lambda a: a.path):
        title = next(found).title[:SET_TITLE] or path
        properties = {"displayName": data(title), "versioningScheme": "Segment"}
        yield child("apiVersionSets", set_name(path, site), properties=properties)


def set_name(path: str, site: Site) -> str:
    """The name of the version set of a path."""
    return fitting(site.own(path), CHILD_NAME_LENGTH)


def apis(site: Site) -> Iterator[Resource]:
    """Every API, each with its operations that OpenAPI cannot hold and its policies."""
    files = {d.file: d for s in site.workload.services for d in s.documents}
    mine: dict[str, list[PolicyDocument]] = {}
    for document in site.documents:
        if document.scope in ("api", "operation"):
            mine.setdefault(document.subject.partition("/")[0], []).append(document)
    for api in site.drawn.mapping.apis:
        parts = split(merged(api, files))
        ids = operation_ids(api.operations)
        wild = several(ids, bool(api.cors))
        yield _api(api, parts[0], site)
        for operation, name in _beside(api, parts, ids):
            yield from _written(site.own(api.id), operation, name, wild)
        inner_first = sorted(mine.get(api.id, ()), key=lambda d: d.scope != "operation")
        for document in inner_first:
            yield from _policies(site.own(api.id), document, wild)


def _api(api: Api, document: ApiDocument, site: Site) -> Resource:
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
        **_version(api, site),
        **(imported if described else {}),
    }
    return child("apis", site.own(api.id), properties=properties)


def _version(api: Api, site: Site) -> Json:
    if not api.version:
        return {}
    names = (parameter("gatewayName"), set_name(api.path, site))
    id = resource_id(f"{SERVICE}/apiVersionSets", names)
    return {"apiVersion": data(api.version), "apiVersionSetId": id.value}


def _beside(
    api: Api, parts: tuple[ApiDocument, ...], ids: Mapping[OperationKey, str]
) -> Iterator[tuple[ApiOperation, str]]:
    """Operations beside the import: an import replaces what an import before it brought."""
    imported = set(_keys(parts[0]))
    wild = {(o.method, o.template) for o in parts[0].wildcards}
    for operation in api.operations:
        key = operation.method, operation.template
        if key in wild or (operation.method.lower(), operation.template) not in imported:
            yield operation, operation_name(ids[key])


def _keys(document: ApiDocument) -> Iterator[tuple[str, str]]:
    for path, item in document.body["paths"].items():
        yield from ((method, path) for method in item)


def _written(api: str, operation: ApiOperation, name: str, wild: Names) -> Iterator[Resource]:
    """The operation, or all that are built for it where API Management needs several."""
    alone = {(operation.method, operation.template): name}
    for (method, template), own in wild.get(name, alone).items():
        told = operation.undescribed and operation.summary
        title = f"{method}: {operation.summary}" if told else operation.summary
        made = replace(operation, method=method, template=template, summary=title)
        yield _operation(api, made, own)


def _operation(api: str, operation: ApiOperation, name: str) -> Resource:
    names = parameter_names(operation.template)
    parameters = [{"name": data(n), "type": "string", "required": True} for n in names]
    properties = {
        "displayName": data(
            (operation.summary or f"{operation.method} {operation.template}")[:TITLE]
        ),
        "method": operation.method,
        "urlTemplate": data(operation.template),
        "templateParameters": parameters,
    }
    return child("apis/operations", api, name, properties=properties)


def _policies(api: str, document: PolicyDocument, wild: Names) -> Iterator[Resource]:
    """The policy of an API or operation; each that is built for an operation has its policy."""
    _, _, operation = document.subject.partition("/")
    if not operation:
        yield child("apis/policies", api, "policy", properties=policy(document))
        return
    for name in wild[operation].values() if operation in wild else (operation,):
        yield child("apis/operations/policies", api, name, "policy", properties=policy(document))
