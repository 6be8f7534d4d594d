"""Envoy's configuration for one token check: TLS, the gateway's token, then the Service."""

from __future__ import annotations

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import stands_for, tls_name
from apim_aks.artefacts.manifests.scene import Routed
from apim_aks.facts import manifest_defaults, policy_default
from apim_aks.workload.names import cluster_host

TLS_PORT, HEALTH_PORT = 8443, 8081
CERTIFICATE = "server.pem"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_TYPES = "type.googleapis.com/envoy.extensions."
_JWT = "envoy.filters.http.jwt_authn"


def bootstrap(hop: Routed, audience: str) -> Object:
    """The whole configuration: without certificate or signing keys nobody is admitted."""
    routes = [
        _everything({"cluster": "service", "timeout": manifest_defaults().token_check_timeout})
    ]
    secured = _listener("https", TLS_PORT, [_token(audience), _gateway_only()], routes)
    secured["filter_chains"][0]["transport_socket"] = _server_tls()
    health = _listener("health", HEALTH_PORT, [_alive()], [])
    return {
        "node": {"id": hop.service.id, "cluster": "token-check"},
        "static_resources": {
            "listeners": [secured, health],
            "clusters": [_service(hop), _issuer()],
        },
    }


def secret_files() -> Object:
    """Where the certificate lies, read again whenever the volume changes."""
    file = {"filename": f"/etc/tls/{CERTIFICATE}"}
    return {
        "resources": [
            {
                "@type": f"{_TYPES}transport_sockets.tls.v3.Secret",
                "name": "server",
                "tls_certificate": {
                    "certificate_chain": file,
                    "private_key": dict(file),
                    "watched_directory": {"path": "/etc/tls"},
                },
            }
        ]
    }


def _listener(name: str, port: int, filters: list[Object], routes: list[Object]) -> Object:
    hosts = [{"name": name, "domains": ["*"], "routes": routes}]
    return {
        "name": name,
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
        "filter_chains": [
            {
                "filters": [
                    _filter(
                        "network.http_connection_manager",
                        "HttpConnectionManager",
                        stat_prefix=name,
                        use_remote_address=True,
                        normalize_path=True,
                        merge_slashes=True,
                        route_config={"name": name, "virtual_hosts": hosts},
                        http_filters=[*filters, _filter("http.router", "Router")],
                    )
                ]
            }
        ],
    }


def _filter(path: str, kind: str, **values: object) -> Object:
    typed = {"@type": f"{_TYPES}filters.{path}.v3.{kind}", **values}
    return {"name": f"envoy.filters.{path}", "typed_config": typed}


def _everything(target: Object) -> Object:
    return {"match": {"prefix": "/"}, "route": target}


def _server_tls() -> Object:
    source = {"path_config_source": {"path": "/etc/envoy/sds.yaml"}, "resource_api_version": "V3"}
    return _tls(
        "DownstreamTlsContext",
        {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": ["http/1.1"],
            "tls_certificate_sds_secret_configs": [{"name": "server", "sds_config": source}],
        },
    )


def _tls(kind: str, common: Object, **values: object) -> Object:
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPES}transport_sockets.tls.v3.{kind}",
            "common_tls_context": common,
            **values,
        },
    }


def _token(audience: str) -> Object:
    """Refuses with 401 what has no valid token for this audience; takes the token off."""
    host, path = manifest_defaults().token_keys_host, manifest_defaults().token_keys_path
    keys = {"uri": f"https://{host}{path}", "cluster": "issuer", "timeout": "5s"}
    provider = {
        "issuer": manifest_defaults().token_issuer,
        "audiences": [audience],
        "require_expiration": True,
        "forward": False,
        "from_headers": [
            {"name": policy_default("gateway-token-header").value, "value_prefix": "Bearer "}
        ],
        "payload_in_metadata": "gateway",
        "remote_jwks": {
            "http_uri": keys,
            "cache_duration": manifest_defaults().token_check_refresh,
            "async_fetch": {"fast_listener": False},
        },
    }
    rule = {"match": {"prefix": "/"}, "requires": {"provider_name": "gateway"}}
    return _filter(
        "http.jwt_authn", "JwtAuthentication", providers={"gateway": provider}, rules=[rule]
    )


def _gateway_only() -> Object:
    """Any identity of the directory can get a token for an audience: only the gateway's passes."""
    claim = {
        "filter": _JWT,
        "path": [{"key": "gateway"}, {"key": manifest_defaults().token_claim}],
        "value": {"string_match": {"exact": stands_for("gateway-principal")}},
    }
    principal = {"sourced_metadata": {"metadata_matcher": claim, "metadata_source": "DYNAMIC"}}
    policy = {"permissions": [{"any": True}], "principals": [principal]}
    return _filter("http.rbac", "RBAC", rules={"action": "ALLOW", "policies": {"gateway": policy}})


def _alive() -> Object:
    asked = {"name": ":path", "string_match": {"exact": "/healthz"}}
    return _filter("http.health_check", "HealthCheck", pass_through_mode=False, headers=[asked])


def _service(hop: Routed) -> Object:
    cluster = _cluster("service", cluster_host(hop.service), hop.port)
    if hop.tls:
        cluster["transport_socket"] = _client_tls(tls_name(hop.service))
    return cluster


def _issuer() -> Object:
    host = manifest_defaults().token_keys_host
    return _cluster("issuer", host, 443) | {"transport_socket": _client_tls(host)}


def _cluster(name: str, host: str, port: int) -> Object:
    address = {"socket_address": {"address": host, "port_value": port}}
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_ONLY",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }


def _client_tls(name: str) -> Object:
    trusted = {
        "trusted_ca": {"filename": AUTHORITIES},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": name}}],
    }
    return _tls("UpstreamTlsContext", {"validation_context": trusted}, sni=name)
