"""Envoy's configuration for the rules of an entry, with what Istio sets where they say nothing.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/api; Istio's ingress gateways normalise
paths (https://istio.io/latest/docs/ops/best-practices/security, path normalization BASE), take the
caller's address from the connection and pass no certificate of the caller's own words on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apim_aks.testbed.entries.rules import Admission, EntryRules, PathMatch, Rule, Target

Json = dict[str, Any]
Port = Callable[[str, int], int]
"""The port here behind a port of a Service."""

_TYPES = "type.googleapis.com/envoy.extensions."
_IP = re.compile(r"(?P<address>[^/]+)(?:/(?P<length>\d+))?")


def bootstrap(rules: EntryRules, port: int, files: Path, authority: Path, behind: Port) -> Json:
    """The whole configuration. `files` is the folder with its secrets, `authority` the file of the
    authority that stands for every public one."""
    listener = {
        "name": "entry",
        "address": _address(port),
        "listener_filters": [
            _part("filters.listener.proxy_protocol", "ProxyProtocol"),
            _part("filters.listener.tls_inspector", "TlsInspector"),
        ],
        "filter_chains": [
            {
                "filter_chain_match": _named_hosts(rules.hosts),
                "filters": [_connection_manager(rules)],
                "transport_socket": _downstream(rules, files),
            }
        ],
    }
    targets = {t for r in rules.rules for t in r.targets}
    clusters = [_cluster(t, behind, authority) for t in sorted(targets, key=_named)]
    return {
        "node": {"id": "entry", "cluster": "testbed"},
        "static_resources": {"listeners": [listener], "clusters": clusters},
    }


def _named_hosts(hosts: tuple[str, ...]) -> Json:
    """The names that callers have to ask for in the handshake; an asterisk alone is any."""
    return {} if "*" in hosts else {"server_names": list(hosts)}


def secrets(rules: EntryRules, files: Path) -> Mapping[str, Json]:
    """The files by which Envoy finds its certificate and the trusted authorities, and follows
    them when they change."""
    watched = {"watched_directory": {"path": str(files)}}
    own = {
        "certificate_chain": {"filename": str(files / "tls.crt")},
        "private_key": {"filename": str(files / "tls.key")},
        **watched,
    }
    trusted: Json = {"trusted_ca": {"filename": str(files / "ca.crt")}, **watched}
    if rules.names:
        names = [{"san_type": "DNS", "matcher": {"exact": n}} for n in rules.names]
        trusted["match_typed_subject_alt_names"] = names
    return {
        "server.json": _secret("server", tls_certificate=own),
        "client.json": _secret("client", validation_context=trusted),
    }


def _secret(name: str, **content: Json) -> Json:
    kind = f"{_TYPES}transport_sockets.tls.v3.Secret"
    return {"resources": [{"@type": kind, "name": name, **content}]}


def _part(path: str, kind: str, **values: Any) -> Json:
    typed = {"@type": f"{_TYPES}{path}.v3.{kind}", **values}
    return {"name": f"envoy.{path}", "typed_config": typed}


def _address(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _downstream(rules: EntryRules, files: Path) -> Json:
    common: Json = {
        "tls_params": {"tls_minimum_protocol_version": rules.minimum_tls},
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificate_sds_secret_configs": [_followed("server", files)],
    }
    if rules.authority:
        common["validation_context_sds_secret_config"] = _followed("client", files)
    return _part(
        "transport_sockets.tls",
        "DownstreamTlsContext",
        common_tls_context=common,
        require_client_certificate=rules.authority is not None,
    )


def _followed(name: str, files: Path) -> Json:
    source = {"path_config_source": {"path": str(files / f"{name}.json")}}
    return {"name": name, "sds_config": {**source, "resource_api_version": "V3"}}


def _connection_manager(rules: EntryRules) -> Json:
    filters = [_part("filters.http.router", "Router")]
    if rules.admissions is not None:
        filters.insert(0, _admitting(rules.admissions))
    return _part(
        "filters.network.http_connection_manager",
        "HttpConnectionManager",
        stat_prefix="entry",
        use_remote_address=True,
        normalize_path=True,
        forward_client_cert_details="SANITIZE_SET",
        set_current_client_cert_details={"subject": True, "cert": False, "dns": True, "uri": True},
        route_config={"name": "entry", "virtual_hosts": virtual_hosts(rules.rules)},
        http_filters=filters,
    )


def _admitting(admissions: tuple[Admission, ...]) -> Json:
    policies = {str(i): _policy(a) for i, a in enumerate(admissions)}
    return _part("filters.http.rbac", "RBAC", rules={"action": "ALLOW", "policies": policies})


def _policy(admission: Admission) -> Json:
    """`ipBlocks` are compared with where the packet comes from: what stands for the load balancer
    says that by the PROXY protocol, which Envoy takes for `remote_ip` alone. No header counts,
    since the address is taken from the connection and no proxy before it is trusted."""
    callers = [{"remote_ip": _range(r)} for r in admission.ranges]
    hosts = [{"header": {"name": ":authority", "string_match": _text(h)}} for h in admission.hosts]
    return {
        "principals": [{"or_ids": {"ids": callers}}] if callers else [{"any": True}],
        "permissions": [{"or_rules": {"rules": hosts}}] if hosts else [{"any": True}],
    }


def _range(text: str) -> Json:
    found = _IP.fullmatch(text)
    assert found
    return {"address_prefix": found["address"], "prefix_len": int(found["length"] or 32)}


def _text(pattern: str) -> Json:
    """A host name of Istio's, in which an asterisk at an end stands for anything."""
    if pattern == "*":
        return {"safe_regex": {"regex": ".*"}}
    if pattern.startswith("*"):
        return {"suffix": pattern[1:], "ignore_case": True}
    if pattern.endswith("*"):
        return {"prefix": pattern[:-1], "ignore_case": True}
    return {"exact": pattern, "ignore_case": True}


def virtual_hosts(rules: tuple[Rule, ...]) -> list[Json]:
    """The routes of each host, those of longer paths first."""
    found: dict[tuple[str, ...], list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.hosts, []).append(rule)
    return [
        {
            "name": hosts[0],
            "domains": ["*"] if "*" in hosts else [d for h in hosts for d in (h, f"{h}:*")],
            "routes": [r for rule in _longest_first(own) for r in _routes(rule)],
        }
        for hosts, own in found.items()
    ]


def _longest_first(rules: list[Rule]) -> list[Rule]:
    """Where the kinds have an order of their own, the order of the objects decides no call."""
    return sorted(rules, key=lambda r: -max(len(p.value) for p in r.paths))


def _routes(rule: Rule) -> list[Json]:
    shares = [{"name": _named(t), "weight": t.weight} for t in rule.targets]
    to: Json = {"weighted_clusters": {"clusters": shares}, "timeout": "0s"}
    return [
        {"match": _match(path), "route": {**to, **_rewritten(path, rule.replaced_by)}}
        for path in rule.paths
    ]


def _match(path: PathMatch) -> Json:
    if path.kind == "exact":
        return {"path": path.value}
    if path.kind == "below" and path.value.rstrip("/"):
        return {"path_separated_prefix": path.value.rstrip("/")}
    return {"prefix": path.value}


def _rewritten(path: PathMatch, by: str | None) -> Json:
    """What stands in the place of what matched; Istio takes care of the slash behind it."""
    if by is None:
        return {}
    if path.kind == "below" and by == "/":
        found = {"regex": f"^{re.escape(path.value.rstrip('/'))}(/?)(.*)"}
        return {"regex_rewrite": {"pattern": found, "substitution": r"/\2"}}
    return {"prefix_rewrite": by}


def _named(target: Target) -> str:
    return f"{target.service}:{target.port}"


def _cluster(target: Target, behind: Port, authority: Path) -> Json:
    endpoint = {"endpoint": {"address": _address(behind(target.service, target.port))}}
    cluster: Json = {
        "name": _named(target),
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": _named(target),
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
    if target.tls_name:
        names = [{"san_type": "DNS", "matcher": {"exact": target.tls_name}}]
        trusted = {
            "trusted_ca": {"filename": str(authority)},
            "match_typed_subject_alt_names": names,
        }
        cluster["transport_socket"] = _part(
            "transport_sockets.tls",
            "UpstreamTlsContext",
            common_tls_context={"validation_context": trusted},
            sni=target.tls_name,
        )
    return cluster
