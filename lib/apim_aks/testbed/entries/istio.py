"""Istio's objects of an ingress gateway, as rules. Istio's own gateway is Envoy too.

Source: https://istio.io/latest/docs/reference/config/networking and …/security.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.testbed.entries.rules import (
    Admission,
    EntryRules,
    Object,
    PathMatch,
    Rule,
    Target,
    called,
    one_of,
    only,
    the_one,
)
from apim_aks.testbed.processes import NotStarted

_KINDS = (
    "Gateway",
    "VirtualService",
    "DestinationRule",
    "AuthorizationPolicy",
    "PeerAuthentication",
)
_VERSIONS = {"TLSV1_2": "TLSv1_2", "TLSV1_3": "TLSv1_3", None: "TLSv1_2"}


def rules_of(objects: Sequence[Object], namespace: str) -> EntryRules:
    """What the gateway in this namespace does.

    Raises:
        NotStarted: something of it is not translated.
    """
    gateways = [o for o in _istio(objects) if o["kind"] == "Gateway" and _in(o, namespace)]
    server, picked = _server(the_one(gateways, namespace))
    admissions = [
        o for o in _istio(objects) if o["kind"] == "AuthorizationPolicy" and _in(o, namespace)
    ]
    name = f"{namespace}/{gateways[0]['metadata']['name']}"
    tls = server["tls"]
    return EntryRules(
        hosts=tuple(server["hosts"]),
        secret=(namespace, tls["credentialName"]),
        authority=_authority(tls, namespace),
        names=tuple(tls.get("subjectAltNames", ())),
        minimum_tls=one_of(
            _VERSIONS.get(tls.get("minProtocolVersion")), "TLS", "TLSv1_2", "TLSv1_3"
        ),
        admissions=_admissions(admissions, picked, server["port"]["number"]),
        rules=tuple(_rules(objects, name)),
    )


def _istio(objects: Sequence[Object]) -> Iterator[Object]:
    for object in objects:
        if ".istio.io/" in object["apiVersion"]:
            one_of(object["kind"], f"{called(object)}: its kind", *_KINDS)
            yield object


def _in(object: Object, namespace: str) -> bool:
    return bool(object["metadata"].get("namespace") == namespace)


def _server(gateway: Object) -> tuple[Object, dict[str, str]]:
    spec, what = gateway["spec"], called(gateway)
    only(spec, what, "selector", "servers")
    if len(spec["servers"]) != 1:
        raise NotStarted(f"{what} has {len(spec['servers'])} servers, and one is translated")
    (server,) = spec["servers"]
    only(server, what, "port", "hosts", "tls")
    only(server["port"], what, "number", "name", "protocol")
    one_of(server["port"]["protocol"], f"{what}: protocol", "HTTPS")
    tls = server["tls"]
    only(tls, what, "mode", "credentialName", "minProtocolVersion", "subjectAltNames")
    one_of(tls["mode"], f"{what}: tls.mode", "MUTUAL", "SIMPLE")
    return server, spec["selector"]


def _authority(tls: Object, namespace: str) -> tuple[str, str, str] | None:
    """Istio takes it from the Secret beside the one with the certificate."""
    if tls["mode"] == "SIMPLE":
        return None
    return namespace, f"{tls['credentialName']}-cacert", "ca.crt"


def _admissions(
    policies: list[Object], picked: dict[str, str], port: int
) -> tuple[Admission, ...] | None:
    """None where nothing says whom the gateway admits."""
    found: list[Admission] = []
    for policy in policies:
        spec, what = policy["spec"], called(policy)
        only(spec, what, "selector", "action", "rules")
        one_of(spec["selector"], f"{what}: selector", {"matchLabels": picked})
        action = one_of(spec.get("action", "ALLOW"), f"{what}: action", "ALLOW", "DENY")
        found += [_left(spec, what, port)] if action == "DENY" else _admitted(spec, what)
    return tuple(found) if policies else None


def _left(spec: Object, what: str, port: int) -> Admission:
    """Whom rules leave that refuse all but some hosts and all but some addresses on its port."""
    ranges: list[str] = []
    hosts: list[str] = []
    for rule in spec["rules"]:
        only(rule, what, "from", "to")
        ((source, operation),) = zip(rule.get("from", [{}]), rule["to"], strict=True)
        only(source.get("source", {}), what, "notIpBlocks")
        only(operation["operation"], what, "ports", "notHosts")
        one_of(operation["operation"]["ports"], f"{what}: ports", [str(port)])
        ranges += source.get("source", {}).get("notIpBlocks", ())
        hosts += operation["operation"].get("notHosts", ())
        if bool(source) is ("notHosts" in operation["operation"]):
            raise NotStarted(f"{what} joins conditions of one rule, which is not translated")
    return Admission(tuple(ranges), tuple(hosts))


def _admitted(spec: Object, what: str) -> Iterator[Admission]:
    for rule in spec["rules"]:
        only(rule, what, "from", "to")
        ranges: list[str] = []
        for source in rule.get("from", ()):
            only(source["source"], what, "ipBlocks")
            ranges += source["source"]["ipBlocks"]
        hosts: list[str] = []
        for to in rule.get("to", ()):
            only(to["operation"], what, "hosts")
            hosts += to["operation"]["hosts"]
        yield Admission(tuple(ranges), tuple(hosts))


def _rules(objects: Sequence[Object], gateway: str) -> Iterator[Rule]:
    tls = dict(_tls_names(objects, gateway.partition("/")[0]))
    for route in objects:
        if route["kind"] != "VirtualService" or gateway not in route["spec"].get("gateways", ()):
            continue
        spec, what = route["spec"], called(route)
        only(spec, what, "hosts", "gateways", "http")
        for http in spec["http"]:
            yield _rule(http, tuple(spec["hosts"]), what, tls)


def _rule(http: Object, hosts: tuple[str, ...], what: str, tls: dict[tuple[str, int], str]) -> Rule:
    only(http, what, "match", "rewrite", "route")
    paths = [PathMatch("prefix", "/")] if "match" not in http else []
    for match in http.get("match", ()):
        only(match, what, "uri")
        ((kind, value),) = match["uri"].items()
        paths.append(PathMatch(one_of(kind, f"{what}: uri", "prefix", "exact"), value))
    only(http.get("rewrite", {}), what, "uri")
    targets = tuple(_target(r, what, tls, len(http["route"])) for r in http["route"])
    return Rule(hosts, tuple(paths), http.get("rewrite", {}).get("uri"), targets)


def _target(route: Object, what: str, tls: dict[tuple[str, int], str], of: int) -> Target:
    only(route, what, "destination", "weight")
    only(route["destination"], what, "host", "port")
    host, port = route["destination"]["host"], route["destination"]["port"]["number"]
    name, namespace, *rest = host.split(".")
    one_of(".".join(rest), f"{what}: the domain of {host}", "svc.cluster.local")
    weight = route.get("weight", 100 if of == 1 else 0)
    return Target(f"{namespace}/{name}", port, weight, tls.get((host, port), ""))


def _exported(rule: Object, namespace: str) -> bool:
    """Whether a rule is visible in a namespace, `.` being its own (Istio, DestinationRule)."""
    own = rule["metadata"].get("namespace")
    to = rule["spec"].get("exportTo", ["*"])
    return any(one in ("*", namespace) or (one == "." and own == namespace) for one in to)


def _tls_names(objects: Sequence[Object], namespace: str) -> Iterator[tuple[tuple[str, int], str]]:
    """The name that each back end by TLS shows to the gateway here, by its host and port."""
    for rule in objects:
        if rule["kind"] != "DestinationRule" or not _exported(rule, namespace):
            continue
        spec, what = rule["spec"], called(rule)
        # No route that is translated names a subset.
        only(spec, what, "host", "exportTo", "trafficPolicy", "subsets")
        policy = spec.get("trafficPolicy", {})
        only(policy, what, "portLevelSettings")
        for setting in policy.get("portLevelSettings", ()):
            only(setting, what, "port", "tls")
            tls = setting["tls"]
            only(tls, what, "mode", "caCertificates", "sni", "subjectAltNames")
            one_of((tls["mode"], tls["caCertificates"]), f"{what}: tls", ("SIMPLE", "system"))
            one_of(tls["subjectAltNames"], f"{what}: names", [tls["sni"]])
            yield (spec["host"], setting["port"]["number"]), tls["sni"]
