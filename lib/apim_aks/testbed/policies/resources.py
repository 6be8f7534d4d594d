"""The gateway as the templates of a deployment make it: what is run is what would be deployed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apim_aks.apis.mapping import operation_name
from apim_aks.reachability.templates import Resource, first_unknown
from apim_aks.testbed.policies.document import Document, Reader
from apim_aks.testbed.policies.gateway import (
    Api,
    Backend,
    Gateway,
    Operation,
    Product,
    Subscription,
)
from apim_aks.testbed.policies.refusal import refused
from apim_aks.testbed.policies.statement import Statement

_SERVICE = "Microsoft.ApiManagement/service/"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SCOPES = {
    "policies": "service",
    "products/policies": "product",
    "apis/policies": "api",
    "apis/operations/policies": "operation",
}
_DOCUMENT = frozenset({"format", "value"})
_KNOWN: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((*_SCOPES, "policyFragments"), _DOCUMENT),
    "apiVersionSets": frozenset({"displayName", "versioningScheme"}),
    "apis": frozenset(
        {
            *_DOCUMENT,
            "apiVersion",
            "apiVersionSetId",
            "displayName",
            "path",
            "protocols",
            "subscriptionRequired",
            "translateRequiredQueryParameters",
        }
    ),
    "apis/operations": frozenset({"displayName", "method", "templateParameters", "urlTemplate"}),
    "backends": frozenset(
        {"circuitBreaker", "pool", "protocol", "title", "tls", "type", "url"},
    ),
    "certificates": frozenset({"keyVault"}),
    "namedValues": frozenset({"displayName", "keyVault", "secret", "value"}),
    "products": frozenset(
        {
            "approvalRequired",
            "description",
            "displayName",
            "state",
            "subscriptionRequired",
            "subscriptionsLimit",
        }
    ),
    "products/apiLinks": frozenset({"apiId"}),
    "subscriptions": frozenset(
        {"allowTracing", "displayName", "primaryKey", "scope", "secondaryKey", "state"}
    ),
}
"""The kinds of resources that decide what becomes of a call, with the properties that are known."""

_BESIDE = frozenset(
    {
        "apis/diagnostics",
        "diagnostics",
        "gateways",
        "gateways/apis",
        "gateways/hostnameConfigurations",
        "loggers",
    }
)
"""Those that say what is logged and where the gateway runs, which changes no answer."""

_CHECKED = ("validateCertificateChain", "validateCertificateName")

_REFERENCES = {
    "set-backend-service": "backend-id",
    "authentication-certificate": "certificate-id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What only the deployer knows, or Azure makes: named values, and keys by subscription."""

    named_values: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


def gateway_of(resources: Iterable[Resource], given: Given) -> Gateway:
    """The gateway that these resources are, policies and all.

    Raises:
        InputError: a policy document holds what the interpreter does not know, or names a back end
            or certificate that no template makes.
    """
    made = _Made(tuple(filter(_concerns, resources)), given)
    gateway = Gateway(
        apis=tuple(made.apis()),
        products=tuple(made.products()),
        subscriptions=tuple(made.subscriptions()),
        backends={b.id: b for b in made.backends()},
        certificates=frozenset(name for name, _ in made.all("certificates")),
        documents=dict(made.documents()),
    )
    _require_references(gateway)
    return gateway


def _concerns(resource: Resource) -> bool:
    """It decides what becomes of a call; what might, and is not known, is refused."""
    kind = resource.type.removeprefix(_SERVICE)
    if kind == resource.type or kind in _BESIDE:
        return False
    place = str(resource.origin)
    if kind not in _KNOWN or resource.maybe:
        when = f" that is made only under {resource.maybe}" if resource.maybe else ""
        raise refused(place, f"{kind}{when}", f"use one of {', '.join(sorted(_KNOWN))}")
    if unknown := sorted(set(resource.properties) - _KNOWN[kind]):
        expected = f"use {', '.join(sorted(_KNOWN[kind]))}"
        raise refused(place, f"{unknown[0]} of {kind}", expected)
    return True


@dataclass(frozen=True)
class _Made:
    resources: tuple[Resource, ...]
    given: Given

    def all(self, kind: str) -> Iterator[tuple[str, Resource]]:
        """The resources of a kind, each with its name behind that of the service."""
        for resource in self.resources:
            if resource.type == _SERVICE + kind:
                yield resource.name.partition("/")[2], resource

    def apis(self) -> Iterator[Api]:
        """The APIs with their operations: imported, and written beside the import."""
        for name, resource in self.all("apis"):
            held = resource.properties
            yield Api(
                id=name,
                path=_text(resource, "path").strip("/"),
                version=self._version(resource),
                schemes=tuple(held["protocols"]),
                needs_key=bool(held["subscriptionRequired"]),
                operations=tuple(self._operations(name, resource)),
            )

    def _version(self, resource: Resource) -> str:
        """The version, which is a part of the path where its set says so."""
        if "apiVersion" not in resource.properties:
            return ""
        name = _last(resource, "apiVersionSetId")
        scheme = self._sets[name].properties["versioningScheme"]
        if scheme != "Segment":
            raise refused(str(resource.origin), f"the scheme {scheme!r}", "use Segment")
        return _text(resource, "apiVersion")

    @cached_property
    def _sets(self) -> Mapping[str, Resource]:
        return dict(self.all("apiVersionSets"))

    def _operations(self, api: str, resource: Resource) -> Iterator[Operation]:
        """What stands beside the import comes after it, and in place of one of its name."""
        found = {one.id: one for one in _imported(resource)}
        for name, made in self.all("apis/operations"):
            owner, _, id = name.partition("/")
            if owner == api:
                template = _text(made, "urlTemplate")
                found[id] = Operation(id, _text(made, "method"), template)
        yield from found.values()

    def products(self) -> Iterator[Product]:
        """The products, each with the APIs that are linked to it."""
        for name, resource in self.all("products"):
            links = self.all("products/apiLinks")
            linked = ((link.partition("/")[0], _last(made, "apiId")) for link, made in links)
            apis = frozenset(api for product, api in linked if product == name)
            yield Product(name, apis, bool(resource.properties["subscriptionRequired"]))

    def subscriptions(self) -> Iterator[Subscription]:
        """The subscriptions, with the keys that are given for them."""
        for name, resource in self.all("subscriptions"):
            product, api = _scope(resource)
            written = (resource.properties.get(k) for k in ("primaryKey", "secondaryKey"))
            yield Subscription(
                id=name,
                keys=(*self.given.keys.get(name, ()), *filter(None, written)),
                product=product,
                api=api,
                active=resource.properties["state"] == "active",
            )

    def backends(self) -> Iterator[Backend]:
        """The back ends, single ones and pools."""
        for name, resource in self.all("backends"):
            held = resource.properties
            tls = held.get("tls", {})
            members = held.get("pool", {}).get("services", ())
            yield Backend(
                id=name,
                url="" if members else _text(resource, "url"),
                checked=all(tls.get(what, True) is True for what in _CHECKED),
                members=tuple((m["id"].rpartition("/")[2], m["weight"]) for m in members),
            )

    def documents(self) -> Iterator[tuple[tuple[str, str], Document]]:
        """The policy documents by scope and by what they belong to."""
        reader = Reader(dict(self._named_values()))
        for name, resource in self.all("policyFragments"):
            reader.add_fragment(name, f"fragment {name}", _text(resource, "value"))
        for kind, scope in _SCOPES.items():
            for name, resource in self.all(kind):
                subject = name.rpartition("/")[0]
                file = f"policy of {scope} {subject}".strip()
                yield (scope, subject), reader.document(file, _text(resource, "value"))

    def _named_values(self) -> Iterator[tuple[str, str]]:
        for name, resource in self.all("namedValues"):
            value = self.given.named_values.get(name, resource.properties.get("value"))
            if isinstance(value, str):
                yield name, value


def _imported(resource: Resource) -> Iterator[Operation]:
    """The operations of an OpenAPI document as an import makes them."""
    held = resource.properties
    if "value" not in held:
        return
    if (held["format"], held["translateRequiredQueryParameters"]) != ("openapi+json", "query"):
        raise refused(str(resource.origin), "this import", "use openapi+json, with query")
    body = json.loads(_text(resource, "value"))
    for path, item in body.get("paths", {}).items():
        for method, told in item.items():
            if method in _METHODS:
                yield Operation(operation_name(told["operationId"]), method.upper(), path)


def _text(resource: Resource, key: str) -> str:
    """A property that has to be known."""
    value: Any = resource.properties.get(key)
    if unknown := first_unknown(value):
        raise refused(str(resource.origin), f"{key} {unknown}", "give it a value")
    return str(value)


def _scope(resource: Resource) -> tuple[str, str]:
    """The product or API that a subscription is for; neither where it is for all APIs.

    https://learn.microsoft.com/rest/api/apimanagement/subscription/create-or-update
    """
    scope = _text(resource, "scope")
    *_, kind, name = ("", *scope.split("/"))
    if name == "apis":
        return "", ""
    if kind not in ("products", "apis"):
        raise refused(str(resource.origin), f"the scope {scope!r}", "expected products or apis")
    return (name, "") if kind == "products" else ("", name)


def _last(resource: Resource, key: str) -> str:
    return _text(resource, key).rpartition("/")[2]


def _require_references(gateway: Gateway) -> None:
    """Every back end and certificate that a policy names is there."""
    there = {"backend-id": gateway.backends.keys(), "certificate-id": gateway.certificates}
    for statement in _statements(gateway):
        attribute = _REFERENCES.get(statement.tag, "")
        named = str(statement.attributes.get(attribute, ""))
        if attribute and named not in there[attribute]:
            choices = ", ".join(sorted(there[attribute])) or "none"
            what = f"{attribute} {named!r}"
            raise refused(statement.place, what, f"use one of {choices}")


def _statements(gateway: Gateway) -> Iterator[Statement]:
    for document in gateway.documents.values():
        for statements in document.sections.values():
            for statement in statements:
                yield from statement.walk()
