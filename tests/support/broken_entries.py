"""Ways to break manifests and policies on purpose, each with the checks that have to turn red."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.testbed.contents import DECOY, ChangedVault, Files, Vault, unchanged_vault
from apim_aks.testbed.front import ChangedTemplate, unchanged_template
from apim_aks.testbed.parties import Parties
from apim_aks.workload.documents import dump, parse

Object = dict[str, Any]
MTLS, TOKENS, INSIDE = "ingress-mtls", "public-services", "vnet-external"
CORS = (
    "<cors><allowed-origins><origin>*</origin></allowed-origins>"
    "<allowed-methods><method>*</method></allowed-methods></cors>"
)
_ANY = '<address-range from="0.0.0.0" to="255.255.255.255" />'
_DELETED = '<set-header name="{}" exists-action="delete" />'
CERTIFICATES = frozenset(
    (
        "self-signed-certificate",
        "foreign-authority",
        "expired-certificate",
        "certificate-not-yet-valid",
    )
)
CALLERS = frozenset(
    f"caller-{end}"
    for end in (
        "no-token",
        "expired",
        "not-yet-valid",
        "other-audience",
        "other-issuer",
        "foreign-key",
        "unsigned",
        "confused-algorithm",
        "tampered",
    )
)


@dataclass(frozen=True)
class Broken:
    """What is done to which option, and the checks that turn red."""

    name: str
    option: str
    red: frozenset[str]
    files: Callable[[Files], Files] = lambda files: files
    template: ChangedTemplate = unchanged_template
    vault: ChangedVault = unchanged_vault
    controller: str = ""
    workload: str = "contoso-orders"


def each(kind: str, change: Callable[[Object], object], name: str = "") -> Callable[[Files], Files]:
    """Every object of a kind changed, or the one whose name begins so."""

    def changed(files: Files) -> Files:
        return tuple(replace(f, objects=tuple(_objects(f))) for f in files)

    def _objects(file: ManifestFile) -> Iterator[Object]:
        for object in file.objects:
            if object["kind"] == kind and object["metadata"]["name"].startswith(name):
                object = copy.deepcopy(object)
                change(object)
            yield object

    return changed


def both(*changes: Callable[[Files], Files]) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        for change in changes:
            files = change(files)
        return files

    return changed


def replaced(old: str, new: str) -> ChangedTemplate:
    """The text of every policy, with this in the place of that."""

    def changed(type: str, held: Object) -> Object:
        text = held.get("value")
        return {**held, "value": text.replace(old, new)} if _is_policy(type) and text else held

    return changed


def _is_policy(type: str) -> bool:
    return type.lower().endswith(("policies", "policyfragments"))


def _unchecked(type: str, held: Object) -> Object:
    """The fragment that checks the caller's token, empty."""
    checks = _is_policy(type) and "<validate-azure-ad-token" in held["value"]
    return {**held, "value": "<fragment />"} if checks else held


def _keyless(type: str, held: Object) -> Object:
    return {**held, "subscriptionRequired": False} if "subscriptionRequired" in held else held


def resource(kind: str, **properties: Any) -> ChangedTemplate:
    """Every resource of a kind, with these properties."""

    def changed(type: str, held: Object) -> Object:
        return {**held, **properties} if type.endswith(f"service/{kind}") else held

    return changed


def _catching_all(type: str, held: Object) -> Object:
    """One more operation in every API, which takes every path."""
    if not type.endswith("service/apis") or "value" not in held:
        return held
    document = json.loads(held["value"])
    document["paths"]["/{*rest}"] = {"get": {"operationId": "everything"}}
    return {**held, "value": json.dumps(document)}


def _foreign_too(vault: Vault, parties: Parties) -> Vault:
    trusted = vault["client-authority"]
    assert isinstance(trusted, bytes)
    return {**vault, "client-authority": trusted + parties.foreign.certificate}


def _pinned(provider: Object) -> None:
    """The gateway's certificate itself is trusted, not whoever signed it."""
    parameters, old, new = provider["spec"]["parameters"], "client-authority", "client-gateway"
    parameters["objects"] = parameters["objects"].replace(old, new)
    for secret in provider["spec"]["secretObjects"]:
        for data in secret["data"]:
            data["objectName"] = data["objectName"].replace(old, new)


def _read_once(chain: Object) -> None:
    """Envoy names the files themselves, and follows nothing that changes."""
    common = chain["transport_socket"]["typed_config"]["common_tls_context"]
    del common["tls_certificate_sds_secret_configs"]
    file = {"filename": "/etc/tls/server.pem"}
    common["tls_certificates"] = [{"certificate_chain": file, "private_key": file}]


def _simple(gateway: Object) -> None:
    tls = gateway["spec"]["servers"][0]["tls"]
    tls["mode"] = "SIMPLE"
    del tls["subjectAltNames"]


def _envoy(change: Callable[[Object], object]) -> Callable[[Object], None]:
    """The configuration of a token check changed."""

    def changed(config: Object) -> None:
        found = parse(config["data"]["envoy.yaml"].encode(), "envoy.yaml").documents[0].data
        change(found["static_resources"]["listeners"][0]["filter_chains"][0])
        config["data"]["envoy.yaml"] = dump(found)

    return changed


def _plain_too(config: Object) -> None:
    """The same without TLS, on the same port."""
    found = parse(config["data"]["envoy.yaml"].encode(), "envoy.yaml").documents[0].data
    listener = found["static_resources"]["listeners"][0]
    kind = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
    (secured,) = listener["filter_chains"]
    plain = {**copy.deepcopy(secured), "filter_chain_match": {"transport_protocol": "raw_buffer"}}
    del plain["transport_socket"]
    listener["listener_filters"] = [{"name": "tls", "typed_config": {"@type": kind}}]
    listener["filter_chains"] = [secured, plain]
    config["data"]["envoy.yaml"] = dump(found)


def _filters(chain: Object) -> list[Object]:
    found: list[Object] = chain["filters"][0]["typed_config"]["http_filters"]
    return found


def _provider(chain: Object) -> Object:
    found: Object = _filters(chain)[0]["typed_config"]["providers"]["gateway"]
    return found


def _roomy(chain: Object) -> None:
    chain["filters"][0]["typed_config"]["max_request_headers_kb"] = 8192


def _to_decoy(route: Object) -> None:
    """One more rule, to a Service that nobody publishes."""
    namespace, name = DECOY
    host = f"{name}.{namespace}.svc.cluster.local"
    route["spec"]["http"].append(
        {
            "match": [{"uri": {"prefix": f"/{namespace}/{name}"}}],
            "route": [{"destination": {"host": host, "port": {"number": 80}}}],
        }
    )


def _set(path: str, value: Any) -> Callable[[Object], None]:
    def changed(object: Object) -> None:
        *parents, last = path.split(".")
        for part in parents:
            object = object[int(part)] if part.isdecimal() else object[part]
        object[last] = value

    return changed


def _drop(path: str) -> Callable[[Object], None]:
    def changed(object: Object) -> None:
        *parents, last = path.split(".")
        for part in parents:
            object = object[int(part)] if part.isdecimal() else object[part]
        del object[last]

    return changed


BROKEN = (
    Broken(
        "no client certificate is demanded",
        MTLS,
        CERTIFICATES
        | {"no-certificate", "other-subject", "authority-rolled-over", "entry-restarted"},
        each("Gateway", _simple),
    ),
    Broken(
        "the name in the certificate is not compared",
        MTLS,
        frozenset({"other-subject"}),
        each("Gateway", _drop("spec.servers.0.tls.subjectAltNames")),
    ),
    Broken(
        "any client certificate is accepted",
        MTLS,
        CERTIFICATES | {"authority-rolled-over"},
        each("TLSOption", _set("spec.clientAuth.clientAuthType", "RequireAnyClientCert")),
        controller="traefik",
    ),
    Broken(
        "the client certificate is optional",
        MTLS,
        frozenset({"no-certificate", "entry-restarted"}),
        each("TLSOption", _set("spec.clientAuth.clientAuthType", "VerifyClientCertIfGiven")),
        controller="traefik",
    ),
    Broken(
        "TLS 1.1 is accepted",
        MTLS,
        frozenset({"old-tls"}),
        each("TLSOption", _set("spec.minVersion", "VersionTLS10")),
        controller="traefik",
    ),
    Broken(
        "no address is listed",
        MTLS,
        frozenset({"other-address", "forged-forwarding"}),
        each("AuthorizationPolicy", _drop("spec.rules.0.from")),
    ),
    Broken(
        "every address is listed",
        MTLS,
        frozenset({"other-address", "forged-forwarding"}),
        each("Middleware", _set("spec.ipAllowList.sourceRange", ["0.0.0.0/0"]), "apis-callers"),
        controller="traefik",
    ),
    Broken(
        "calls to every host are routed",
        MTLS,
        frozenset({"other-host"}),
        both(
            each("AuthorizationPolicy", _set("spec.rules.0.to.0.operation.hosts", ["*"])),
            each("VirtualService", _set("spec.hosts", ["*"])),
        ),
    ),
    Broken(
        "a prefix is misspelt",
        MTLS,
        frozenset({"operations-arrive", "service-down"}),
        each("VirtualService", _set("spec.http.0.match.0.uri.prefix", "/orders/place/"), "place"),
    ),
    Broken(
        "a prefix is not removed",
        MTLS,
        frozenset({"operations-arrive"}),
        each("VirtualService", _drop("spec.http.0.rewrite"), "placeorder"),
    ),
    Broken(
        "a prefix is matched without its end",
        MTLS,
        frozenset({"beside-the-prefix"}),
        each("VirtualService", _set("spec.http.0.match.0.uri.prefix", "/orders/getorder"), "geto"),
    ),
    Broken(
        "a route to one more Service is added",
        MTLS,
        frozenset({"unpublished-service", "outside-the-prefix"}),
        each("VirtualService", _to_decoy, "customers"),
    ),
    Broken(
        "every identity of the directory is admitted",
        TOKENS,
        frozenset({"other-identity"}),
        each("ConfigMap", _envoy(lambda chain: _filters(chain).pop(1))),
    ),
    Broken(
        "a token for any audience is admitted",
        TOKENS,
        frozenset({"other-audience"}),
        each("ConfigMap", _envoy(lambda chain: _provider(chain).pop("audiences"))),
    ),
    Broken(
        "a token of any issuer is admitted",
        TOKENS,
        frozenset({"other-issuer"}),
        each("ConfigMap", _envoy(lambda chain: _provider(chain).pop("issuer"))),
    ),
    Broken(
        "no token is required",
        TOKENS,
        frozenset(
            {
                "no-token",
                "expired-token",
                "token-not-yet-valid",
                "other-audience",
                "other-issuer",
                "foreign-key",
                "unsigned-token",
                "confused-algorithm",
                "tampered-token",
                "other-identity",
                "callers-token",
                "smuggled-request",
                "entry-restarted",
            }
        ),
        each("ConfigMap", _envoy(lambda chain: [_filters(chain).pop(0) for _ in range(2)])),
    ),
    Broken(
        "another authority is trusted too",
        MTLS,
        frozenset({"foreign-authority"}),
        vault=_foreign_too,
    ),
    Broken(
        "the gateway's certificate is trusted instead of its authority",
        MTLS,
        frozenset({"client-certificate-rotated", "authority-rolled-over"}),
        each("SecretProviderClass", _pinned),
    ),
    Broken(
        "plain HTTP is accepted too",
        TOKENS,
        frozenset({"plain-http"}),
        each("ConfigMap", _plain_too),
    ),
    Broken(
        "the certificate is read only once",
        TOKENS,
        frozenset({"certificate-rotated", "expired-server-certificate"}),
        each("ConfigMap", _envoy(_read_once)),
    ),
    Broken(
        "the gateway checks no certificate",
        TOKENS,
        frozenset({"expired-server-certificate"}),
        template=resource("backends", tls={"validateCertificateChain": False}),
    ),
    Broken(
        "headers of any size are accepted",
        TOKENS,
        frozenset({"oversized-headers"}),
        each("ConfigMap", _envoy(_roomy)),
    ),
    Broken(
        "addresses that no route admits are admitted",
        INSIDE,
        frozenset({"caller-elsewhere"}),
        template=replaced('<ip-filter action="allow">', f'<ip-filter action="allow">{_ANY}'),
        workload="contoso-retail",
    ),
    Broken(
        "no caller's token is checked",
        INSIDE,
        CALLERS,
        template=_unchecked,
    ),
    Broken(
        "no subscription key is required",
        INSIDE,
        frozenset({"no-key"}),
        template=_keyless,
    ),
    Broken(
        "a known key is accepted",
        INSIDE,
        frozenset({"wrong-key"}),
        template=resource("subscriptions", primaryKey="invented"),
    ),
    Broken(
        "every subscription is for all APIs",
        INSIDE,
        frozenset({"other-products-key"}),
        template=resource("subscriptions", scope="/apis"),
    ),
    Broken(
        "every path is passed on, and a route to one more Service is added",
        MTLS,
        frozenset({"climbing-path", "unpublished-service", "outside-the-prefix"}),
        each("VirtualService", _to_decoy, "customers"),
        _catching_all,
    ),
    Broken(
        "pages of every origin may call",
        INSIDE,
        frozenset({"foreign-origin"}),
        template=replaced("<inbound>\n        <set-variable", f"<inbound>{CORS}<set-variable"),
    ),
    Broken(
        "the key is passed on to the Service",
        INSIDE,
        frozenset({"operations-arrive"}),
        template=replaced(
            '<set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />', ""
        ),
    ),
    Broken(
        "a forged token of the gateway is passed on",
        INSIDE,
        frozenset({"operations-arrive"}),
        template=replaced(
            '<set-header name="X-Gateway-Authorization" exists-action="delete" />', ""
        ),
    ),
    Broken(
        "the path is not rewritten",
        INSIDE,
        frozenset({"operations-arrive"}),
        template=replaced('<include-fragment fragment-id="rewrite-path" />', ""),
    ),
    Broken(
        "the call goes to another Service",
        INSIDE,
        frozenset({"operations-arrive"}),
        template=replaced("placeorder-orders", "customers-orders"),
    ),
)
