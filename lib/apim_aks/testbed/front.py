"""The gateway as consumers call it: its templates and policies, carried out by the stand-in."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from apim_aks.apis.mapping import signs_in
from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.policies import named_values
from apim_aks.decision.proved import template_files
from apim_aks.facts import policy_default
from apim_aks.options.drawn import Drawn
from apim_aks.options.entra import entra_tenant, in_tenant
from apim_aks.reachability.templates import Origin, Resource, resources
from apim_aks.remote.calls import Ending
from apim_aks.testbed.exchange import Headers, Request, Response
from apim_aks.testbed.gateway import Unguarded, certificate
from apim_aks.testbed.operations import FORGED, Called, calls
from apim_aks.testbed.parties import PRINCIPAL, TENANT
from apim_aks.testbed.policies import (
    Gateway,
    Given,
    Passage,
    Sent,
    State,
    Surroundings,
    gateway_of,
    passage,
)
from apim_aks.testbed.site import Site
from apim_aks.workload.model import TokenValidation
from apim_aks.workload.names import label, names_of

KEY, FOREIGN_KEY = "key-of-the-consumer", "key-of-another-product"
CONSUMER = "192.0.2.77"
"""The consumer's address, from a documentation range (RFC 5737)."""
AUDIENCE = "api://testbed"
FRONT_DOOR = "cccccccc-dddd-4eee-8fff-000000000000"
_SERVICE = "Microsoft.ApiManagement/service/"
_OTHER = "testbed-other"
_METADATA = "/.well-known/openid-configuration"

ChangedTemplate = Callable[[str, dict[str, Any]], dict[str, Any]]
"""What a test does to what API Management is made of: a resource's type and its properties."""


def unchanged_template(type: str, held: dict[str, Any]) -> dict[str, Any]:
    """The templates as they are generated."""
    return held


@dataclass(frozen=True)
class Front:
    """The gateway of a site: `gateway` is what its templates make, `state` what it remembers."""

    site: Site = field(repr=False)
    gateway: Gateway = field(repr=False)
    state: State = field(repr=False)

    def ask(self, request: Request) -> Passage:
        """The request as the gateway carries it out."""
        return passage(request, self.gateway, self._around)

    @cached_property
    def _around(self) -> Surroundings:
        return Surroundings(
            now=time.time,
            new_id=lambda: str(uuid.uuid4()),
            chance=random.Random(0).random,
            send=self._send,
            openid=self._openid,
            identity=self._identity,
            state=self.state,
        )

    def _send(self, sent: Sent) -> Response:
        """Raises OSError where the back end does not answer."""
        url = urlsplit(sent.url)
        port = url.port or {"https": 443, "http": 80}[url.scheme]
        call = Unguarded(
            host=url.hostname or "",
            port=port,
            path=f"{url.path or '/'}{f'?{url.query}' if url.query else ''}",
            method=sent.method,
            lines=sent.headers,
            certificate=certificate(self.site) if sent.certificate else b"",
            body=sent.body,
            tls=url.scheme == "https",
            checked=sent.checked,
        )
        outcome = self.site.network.ask(call, self.site.gateway, seconds=sent.timeout)
        if outcome.ending is Ending.SILENT:
            raise TimeoutError(outcome.words)
        if not outcome.answered:
            raise ConnectionError(outcome.words)
        return Response(outcome.status, outcome.lines, outcome.body)

    def _openid(self, url: str) -> Mapping[str, Any]:
        """Every provider that a policy names publishes the same throw-away key."""
        issuer = self.site.parties.issuer
        if url.endswith(_METADATA):
            name = url.removesuffix(_METADATA)
            found: Any = json.loads(replace(issuer, name=name).metadata(f"{name}/jwks"))
        else:
            found = json.loads(issuer.keys)
        return dict(found)

    def _identity(self, resource: str) -> str:
        issuer = self.site.parties.issuer
        return issuer.token(issuer.claims(resource, oid=PRINCIPAL))

    def checks(self, host: str) -> bool:
        """The gateway checks the certificate of the back end of this host name."""
        backends = self.gateway.backends.values()
        return all(b.checked for b in backends if urlsplit(b.url).hostname == host)

    def request(self, called: Called, headers: Headers) -> Request:
        """The consumer's request for an operation, with these headers."""
        host = names_of(self.site.workload).gateway_host
        forged = ((policy_default("gateway-token-header").value, FORGED),)
        edge = (("X-Azure-FDID", FRONT_DOOR),)
        asked = called.request(host, (*headers, *forged, *edge))
        return replace(asked, client_address=_caller(called))

    def claims(self, called: Called) -> dict[str, Any]:
        """What the token of a caller says who may call this operation."""
        expected = self._expected(called)
        tenant = entra_tenant(expected.issuer)
        asked = called.api.permissions
        scope = " ".join((*asked.read, *asked.write))
        told: dict[str, Any] = {"scp": scope, "roles": [*asked.read, *asked.write], "sub": "alice"}
        name = expected.issuer
        if tenant is not None:
            name = f"https://login.microsoftonline.com/{tenant or TENANT}/v2.0"
            told |= {"tid": tenant or TENANT, "ver": "2.0"}
        audience = in_tenant(expected.audience, TENANT)
        return replace(self.site.parties.issuer, name=name).claims(audience, **told)

    def _expected(self, called: Called) -> TokenValidation:
        services = {s.id: s for s in self.site.workload.services}
        owners = (called.operation.service, *called.api.services)
        asked = (services[s].validates for s in owners)
        return next(filter(None, asked), TokenValidation("entra-id", AUDIENCE))

    def token(self, called: Called) -> Headers:
        """A right token of a caller."""
        return bearer(self.site.parties.issuer.token(self.claims(called)))

    def asks_token(self, called: Called) -> bool:
        """Callers need a token: they do not sign in by it."""
        operation = called.operation
        return not signs_in(operation, self.site.workload.service(operation.service))


def _caller(called: Called) -> str:
    """An address that is admitted today, where not every one is."""
    admitted = called.operation.handling.admitted
    return str(next(iter(ip_network(admitted[0]).hosts()))) if admitted else CONSUMER


def key(value: str = KEY) -> Headers:
    """A subscription key in its header."""
    return ((policy_default("subscription-key-header").names[0], value),)


def bearer(token: str) -> Headers:
    """A caller's token in its header."""
    return (("Authorization", f"Bearer {token}"),)


def everything(resource: Resource) -> bool:
    """All that the templates make stands there."""
    return True


def front_of(
    site: Site,
    changed: ChangedTemplate = unchanged_template,
    stands: Callable[[Resource], bool] = everything,
) -> Front:
    """The gateway that the templates of this placement make, of what of it `stands`.

    Raises:
        InputError: the templates cannot be made, or their policies hold what is not known here.
    """
    drawn = site.scene.drawn
    keys = {f"{label(drawn.workload.name)}-first": (KEY,), _OTHER: (FOREIGN_KEY,)}
    given = Given(named_values=_values(drawn), keys=keys)
    planned = filter(stands, resources(template_files(arm_templates(drawn))))
    made = (*planned, *_another_product())
    return Front(site, gateway_of((_changed(r, changed) for r in made), given), State())


def _another_product() -> Iterator[Resource]:
    """A product without APIs, with a subscription to it."""
    product = {"subscriptionRequired": True, "state": "published"}
    subscription = {"scope": f"/products/{_OTHER}", "state": "active"}
    for kind, properties in (("products", product), ("subscriptions", subscription)):
        name = f"testbed/{_OTHER}"
        yield Resource(
            id=f"{_SERVICE}{kind}/{name}",
            type=f"{_SERVICE}{kind}",
            name=name,
            maybe=None,
            origin=Origin(file="testbed", path=kind),
            held={"properties": properties}.get,
        )


def _changed(resource: Resource, changed: ChangedTemplate) -> Resource:
    if not resource.type.startswith(_SERVICE):
        return resource
    new = changed(resource.type, resource.properties)
    if new is resource.properties:
        return resource
    return replace(resource, held=lambda k: new if k == "properties" else resource.held(k))


def _values(drawn: Drawn) -> dict[str, str]:
    ends = {"tenant-id": TENANT, "api-audience": AUDIENCE, "front-door-id": FRONT_DOOR}
    return {
        value.name: known
        for value in named_values(drawn)
        for end, known in ends.items()
        if value.name.endswith(end)
    }


def meant_by(family: str, front: Front) -> tuple[Called, ...]:
    """An operation of each API that an attack of this family is about."""
    found: dict[str, Called] = {}
    for called in calls(front.site.scene.drawn.mapping):
        if _is_about(family, called, front):
            known = found.setdefault(called.api.id, called)
            if called.method == "GET" and known.method != "GET":
                found[called.api.id] = called
    return tuple(found.values())


def _is_about(family: str, called: Called, front: Front) -> bool:
    if family == "caller":
        return front.asks_token(called)
    return family != "caller-address" or bool(called.operation.handling.admitted)
