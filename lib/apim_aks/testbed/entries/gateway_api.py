"""A Gateway of the Gateway API and its routes, as rules.

Source: https://gateway-api.sigs.k8s.io/reference/spec (v1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.testbed.entries.rules import (
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

_GROUP = "gateway.networking.k8s.io/"
_SPACE = "kubernetes.io/metadata.name"


def rules_of(objects: Sequence[Object], namespace: str) -> EntryRules:
    """What the Gateway in this namespace does.

    Raises:
        NotStarted: something of it is not translated.
    """
    own = [o for o in objects if o["apiVersion"].startswith(_GROUP)]
    gateways = [o for o in own if o["kind"] == "Gateway" and _space(o) == namespace]
    gateway = the_one(gateways, namespace)
    listener = _listener(gateway)
    (reference,) = listener["tls"]["certificateRefs"]
    only(reference, called(gateway), "group", "kind", "name")
    return EntryRules(
        hosts=(listener["hostname"],),
        secret=(namespace, reference["name"]),
        authority=_authority(gateway, namespace),
        names=(),
        minimum_tls="TLSv1_2",
        admissions=None,
        rules=tuple(_rules(own, gateway, _spaces(listener, called(gateway)))),
    )


def _space(object: Object) -> str:
    return str(object["metadata"].get("namespace", ""))


def _listener(gateway: Object) -> Object:
    spec, what = gateway["spec"], called(gateway)
    # What infrastructure says is about the load balancer before it.
    only(spec, what, "gatewayClassName", "infrastructure", "tls", "listeners")
    if len(spec["listeners"]) != 1:
        raise NotStarted(f"{what} has {len(spec['listeners'])} listeners, and one is translated")
    listener: Object = spec["listeners"][0]
    only(listener, what, "name", "hostname", "port", "protocol", "tls", "allowedRoutes")
    one_of(listener["protocol"], f"{what}: protocol", "HTTPS")
    only(listener["tls"], what, "mode", "certificateRefs")
    one_of(listener["tls"]["mode"], f"{what}: tls.mode", "Terminate")
    return listener


def _authority(gateway: Object, namespace: str) -> tuple[str, str, str] | None:
    if "tls" not in gateway["spec"]:
        return None
    what = called(gateway)
    only(gateway["spec"]["tls"], what, "frontend")
    only(gateway["spec"]["tls"]["frontend"], what, "default")
    validation = gateway["spec"]["tls"]["frontend"]["default"]["validation"]
    only(validation, what, "mode", "caCertificateRefs")
    one_of(validation.get("mode", "AllowValidOnly"), f"{what}: mode", "AllowValidOnly")
    (reference,) = validation["caCertificateRefs"]
    one_of(reference["kind"], f"{what}: caCertificateRefs", "ConfigMap")
    return namespace, reference["name"], "ca.crt"


def _spaces(listener: Object, what: str) -> tuple[str, ...]:
    """The namespaces whose routes it takes."""
    only(listener["allowedRoutes"], what, "namespaces")
    allowed = listener["allowedRoutes"]["namespaces"]
    only(allowed, what, "from", "selector")
    one_of(allowed["from"], f"{what}: allowedRoutes", "Selector")
    only(allowed["selector"], what, "matchExpressions")
    ((chosen),) = allowed["selector"]["matchExpressions"]
    one_of((chosen["key"], chosen["operator"]), f"{what}: selector", (_SPACE, "In"))
    return tuple(chosen["values"])


def _rules(own: Sequence[Object], gateway: Object, spaces: tuple[str, ...]) -> Iterator[Rule]:
    tls = dict(_tls_names(own))
    parent = {"name": gateway["metadata"]["name"], "namespace": _space(gateway)}
    for route in own:
        if route["kind"] != "HTTPRoute" or parent not in _parents(route):
            continue
        if _space(route) not in spaces:
            continue
        spec, what = route["spec"], called(route)
        only(spec, what, "parentRefs", "hostnames", "rules")
        for rule in spec["rules"]:
            yield _rule(rule, tuple(spec["hostnames"]), _space(route), what, tls)


def _parents(route: Object) -> list[Object]:
    references = route["spec"].get("parentRefs", ())
    return [{"name": r["name"], "namespace": r.get("namespace", _space(route))} for r in references]


def _rule(
    rule: Object, hosts: tuple[str, ...], space: str, what: str, tls: dict[tuple[str, str], str]
) -> Rule:
    only(rule, what, "matches", "filters", "backendRefs")
    paths = []
    for match in rule.get("matches", [{"path": {"type": "PathPrefix", "value": "/"}}]):
        only(match, what, "path")
        one_of(match["path"]["type"], f"{what}: path.type", "PathPrefix")
        paths.append(PathMatch("below", match["path"]["value"]))
    replaced = None
    for filter in rule.get("filters", ()):
        only(filter, what, "type", "urlRewrite")
        only(filter["urlRewrite"], what, "path")
        path = filter["urlRewrite"]["path"]
        one_of(path["type"], f"{what}: urlRewrite", "ReplacePrefixMatch")
        replaced = path["replacePrefixMatch"]
    targets = tuple(_target(r, space, what, tls) for r in rule["backendRefs"])
    return Rule(hosts, tuple(paths), replaced, targets)


def _target(reference: Object, space: str, what: str, tls: dict[tuple[str, str], str]) -> Target:
    only(reference, what, "group", "kind", "name", "namespace", "port", "weight")
    if reference.get("namespace", space) != space:
        raise NotStarted(f"{what} leads to another namespace, which is not translated for Envoy")
    name = reference["name"]
    weight = reference.get("weight", 1)
    return Target(f"{space}/{name}", reference["port"], weight, tls.get((space, name), ""))


def _tls_names(own: Sequence[Object]) -> Iterator[tuple[tuple[str, str], str]]:
    for policy in own:
        if policy["kind"] != "BackendTLSPolicy":
            continue
        spec, what = policy["spec"], called(policy)
        only(spec, what, "targetRefs", "validation")
        only(spec["validation"], what, "wellKnownCACertificates", "hostname")
        for target in spec["targetRefs"]:
            only(target, what, "group", "kind", "name", "sectionName")
            yield (_space(policy), target["name"]), spec["validation"]["hostname"]
