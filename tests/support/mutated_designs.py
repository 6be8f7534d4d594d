"""Designs whose files are changed between making and reading them, and what each change opens.

What is opened is known by how the change is made: where an address is let through at each filter
of one way, it is open. The answers of the proof before the change stand for all other places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from unittest.mock import patch

from apim_aks.artefacts.arm_templates import site_templates
from apim_aks.artefacts.manifests import manifests
from apim_aks.artefacts.manifests.file import Action, ManifestFile
from apim_aks.decision import proved
from apim_aks.decision.claimed import LEAST, Claim, claims
from apim_aks.decision.design import Design, Placement, design
from apim_aks.decision.measures import MEASURES, Subject
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY
from apim_aks.reachability.hits import Direction
from apim_aks.reachability.proof import Proof
from apim_aks.reachability.reach import ANY_POD
from apim_aks.topology import Probe
from apim_aks.topology.check import State
from apim_aks.verification.checks import settled
from apim_aks.verification.refuted import refuted
from apim_aks.verification.verdict import Verdict as CheckVerdict
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes.object import objects_in
from apim_aks.workload.model import Pin, Service
from tests.support.markdown import table
from tests.support.outside_scenes import AZURE, INTERNAL, object_, resource

INTERNET, REGION, NETWORK = "{internet}", "{region}", "{network}"
PEERED, ON_PREMISES, GATEWAY = "{peered}", "{on-premises}", "{gateway}"
ASKED = (INTERNET, REGION, NETWORK, PEERED, ON_PREMISES, ANY_POD)
WORKLOADS = ("contoso-orders", "contoso-retail")
LOCKED = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
"""Options that put an internal load balancer with source ranges before each Service."""
OPTIONS = ("public-services", "ingress-mtls", *LOCKED, "self-hosted-gateway")


@dataclass
class Made:
    """The files of an option, which a change may edit, and the Service that it is about."""

    service: Service
    files: list[list[dict[str, Any]]]
    templates: list[dict[str, Any]]
    workload: dict[str, Any]
    added: list[tuple[Action, dict[str, Any]]] = field(default_factory=list)

    def add(self, made: dict[str, Any], action: Action = Action.APPLY) -> None:
        self.added.append((action, made))

    @property
    def policies(self) -> Iterator[dict[str, Any]]:
        """The policies that the option makes for the pods of the Service."""
        for made in self.of_kind("NetworkPolicy"):
            if made["metadata"]["name"] == f"{self.service.name}-apis":
                yield made

    def of_kind(self, kind: str) -> Iterator[dict[str, Any]]:
        yield from (made for file in self.files for made in file if made["kind"] == kind)

    @property
    def balancers(self) -> Iterator[dict[str, Any]]:
        """The Service of ours that the gateway calls in the place of the Service."""
        for made in self.of_kind("Service"):
            if made["metadata"]["name"] == f"{self.service.name}-gateway":
                yield made

    @property
    def balanced(self) -> bool:
        """The option puts a load balancer before the pods of the Service."""
        return any(self.balancers)

    def resources(self, type: str) -> Iterator[dict[str, Any]]:
        for template in self.templates:
            yield from (r for r in template["resources"] if r["type"] == f"Microsoft.{type}")

    @property
    def cluster(self) -> dict[str, Any]:
        (found,) = self.resources("ContainerService/managedClusters")
        properties: dict[str, Any] = found["properties"]
        return properties

    def beside(self, spec: Any, kind: str) -> dict[str, Any]:
        """An object beside the Service."""
        version = {"NetworkPolicy": "networking.k8s.io/v1", "Service": "v1"}.get(kind, "apps/v1")
        return object_(version, kind, "more", spec, self.service.namespace)


Change = Callable[[Made], None]


def admit(*rules: Any) -> Change:
    """One more policy for the pods of the Service."""

    def change(made: Made) -> None:
        selects = {"matchLabels": dict(made.service.selector or ())}
        spec = {"podSelector": selects, "policyTypes": ["Ingress"], "ingress": list(rules)}
        made.add(made.beside(spec, "NetworkPolicy"))

    return change


def front(type: str, notes: dict[str, str] | None = None, **more: Any) -> Change:
    """One more Service before the same pods."""

    def change(made: Made) -> None:
        ports = [
            {"name": f"p{at}", "port": p.number, "targetPort": _target(p.target)}
            for at, p in enumerate(made.service.ports)
        ]
        spec = {"type": type, "selector": dict(made.service.selector or ()), "ports": ports} | more
        added = made.beside(spec, "Service")
        added["metadata"]["annotations"] = notes or {}
        made.add(added)

    return change


def _target(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def policy(edit: Callable[[dict[str, Any]], object]) -> Change:
    """The policies that the option makes for the Service, edited."""

    def change(made: Made) -> None:
        for found in made.policies:
            edit(found)

    return change


def drop_policy(made: Made) -> None:
    for file in made.files:
        file[:] = [o for o in file if all(o is not p for p in list(made.policies))]


def lose(*annotations: str, field: str = "") -> Change:
    """Annotations, or a field, of the Service that the option makes are lost."""

    def change(made: Made) -> None:
        for found in made.balancers:
            for name in annotations:
                found["metadata"]["annotations"].pop(f"{AZURE}{name}", None)
            found["spec"].pop(field, None)

    return change


def numbered(made: Made) -> None:
    for found in made.balancers:
        for at, port in enumerate(found["spec"]["ports"]):
            port["nodePort"] = 30500 + at


def network(**profile: Any) -> Change:
    return lambda made: made.cluster["networkProfile"].update(profile)


def public_nodes(made: Made, *ports: dict[str, Any]) -> None:
    for pool in made.cluster["agentPoolProfiles"]:
        pool["enableNodePublicIP"] = True
        pool["networkProfile"] = {"allowedHostPorts": list(ports)}


def allowed_ports(made: Made) -> None:
    public_nodes(made, {"portStart": 1, "portEnd": 65535, "protocol": "TCP"})


def on_nodes(made: Made) -> None:
    _patched(made, {"hostNetwork": True})


def host_ports(made: Made) -> None:
    containers = made.workload["spec"]["template"]["spec"]["containers"]
    more = [
        {
            "name": c["name"],
            "ports": [p | {"hostPort": 9000 + at} for at, p in enumerate(c["ports"])],
        }
        for c in containers
        if c.get("ports")
    ]
    _patched(made, {"containers": more})


def _patched(made: Made, spec: dict[str, Any]) -> None:
    patched = made.beside({"template": {"spec": spec}}, made.workload["kind"])
    patched["metadata"]["name"] = made.workload["metadata"]["name"]
    made.add(patched, Action.PATCH)


def peered(made: Made) -> None:
    told = {
        "remoteVirtualNetwork": {"id": "/subscriptions/x/virtualNetworks/other"},
        "remoteAddressSpace": {"addressPrefixes": ["10.99.0.0/16"]},
        "allowVirtualNetworkAccess": True,
    }
    name = "[format('{0}/other', parameters('networkName'))]"
    type = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
    _foundation(made).append(resource(type, name, **told))


def gateway_subnet(made: Made) -> None:
    name = "[format('{0}/GatewaySubnet', parameters('networkName'))]"
    type = "Microsoft.Network/virtualNetworks/subnets"
    _foundation(made).append(resource(type, name, addressPrefix="10.40.9.0/27"))


def _foundation(made: Made) -> list[dict[str, Any]]:
    networks = (
        t for t in made.templates if any("virtualNetworks" in r["type"] for r in t["resources"])
    )
    found: list[dict[str, Any]] = next(networks)["resources"]
    return found


def turned_rules(made: Made) -> None:
    for found in made.policies:
        found["spec"]["ingress"].reverse()
    for group in made.resources("Network/networkSecurityGroups"):
        group["properties"].get("securityRules", []).reverse()


def open_ingress(made: Made) -> None:
    for found in made.of_kind("Service"):
        found["metadata"].get("annotations", {}).pop(f"{AZURE}allowed-ip-ranges", None)


def open_checks(made: Made) -> None:
    for found in made.of_kind("Service"):
        found["spec"].pop(RANGES, None)


def no_certificate(made: Made) -> None:
    for found in made.of_kind("Gateway"):
        for server in found["spec"]["servers"]:
            server["tls"]["mode"] = "SIMPLE"


def elsewhere(found: dict[str, Any]) -> None:
    found["metadata"]["namespace"] = "default"


WIDE = admit({})
FROM_ANYWHERE = admit({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})
FROM_PODS = admit({"from": [{"namespaceSelector": {}}]})
NODE, PUBLIC, PRIVATE = front("NodePort"), front("LoadBalancer"), front("LoadBalancer", INTERNAL)
OUT, IN = (INTERNET, REGION, NETWORK), (NETWORK,)


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """Changes of an option's files, the places that they open to a Service, and for which options.

    `own` is opened where the option puts a load balancer before the pods themselves. `unmodelled`
    are places that nobody can call closed afterwards, of `unasked` ones nothing is said.
    With `credential` callers still need one, which checks take for an answer; places of `bare` no
    longer need the one that they needed before.
    """

    what: str
    changes: tuple[Change, ...]
    opens: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    credential: bool = False
    bare: tuple[str, ...] = ()
    only: tuple[str, ...] = OPTIONS

    @property
    def is_public(self) -> bool:
        """A frontend of the cluster, or its nodes, face the internet that did not before."""
        return bool({PUBLIC, LOST_INTERNAL, allowed_ports} & set(self.changes))

    def failing(self, opened: set[str]) -> set[str]:
        """The checks that no longer hold, by the ends of their names."""
        opened = opened | set(self.bare)
        found = {"no-public-cluster-endpoint", "one-public-endpoint"} if self.is_public else set()
        if self.credential:
            return found
        own = {"gateway-subnet-only", "gateway-pods-only", "nothing-around-the-gateway"}
        found |= own if opened else set()
        found |= {"other-subnet-refused"} if NETWORK in opened else set()
        return found | ({"cluster-unreachable-from-internet"} if INTERNET in opened else set())

    def expected(self, made: Made) -> set[str]:
        """The places that are opened."""
        return {*self.opens, *(self.own if made.balanced else ())}

    def beside(self, opened: set[str], claim: Claim) -> set[str]:
        """The places that the drawing keeps out, or asks for a certificate: not so the files."""
        asked = claim.asked and not self.credential
        farther = {z.value for z, least in LEAST.items() if asked or least > claim.reach}
        # A gateway outside the network stands where the internet does.
        outside = {GATEWAY} if INTERNET in opened else set()
        return (opened | outside) & farther | set(self.bare)


def _one(what: str, *changes: Change, **more: Any) -> Mutation:
    return Mutation(what=what, changes=changes, **more)


EVERY = (ANY_POD,)
RANGES = "loadBalancerSourceRanges"
LOST_INTERNAL = lose("load-balancer-internal", field=RANGES)
MUTATIONS = (
    _one("the policy is dropped", drop_policy, opens=EVERY),
    _one("a policy admits everybody", WIDE, opens=EVERY),
    _one("a policy admits every address", FROM_ANYWHERE),
    _one("a policy admits every pod", FROM_PODS, opens=EVERY),
    _one(
        "the policy has no `from` and no ports",
        policy(lambda p: p["spec"].update(ingress=[{}])),
        opens=EVERY,
    ),
    _one("the policy is in another namespace", policy(elsewhere), opens=EVERY),
    _one(
        "the policy is for egress",
        policy(lambda p: p["spec"].update(policyTypes=["Egress"])),
        opens=EVERY,
    ),
    _one(
        "the policy selects other pods",
        policy(lambda p: p["spec"]["podSelector"].update(matchLabels={"x": "y"})),
        opens=EVERY,
    ),
    _one("rules are reordered", turned_rules),
    _one("a second Service, public", PUBLIC),
    _one("a second Service, public, and a policy for everybody", PUBLIC, WIDE, opens=OUT + EVERY),
    _one("a second Service, internal, and a policy for everybody", PRIVATE, WIDE, opens=IN + EVERY),
    _one(
        "a second Service with node ports, and a policy for addresses",
        NODE,
        FROM_ANYWHERE,
        opens=IN,
    ),
    _one("nodes with public addresses and node ports", public_nodes, NODE, FROM_ANYWHERE, opens=IN),
    _one(
        "nodes with public addresses and allowed ports",
        allowed_ports,
        NODE,
        FROM_ANYWHERE,
        opens=OUT,
    ),
    _one("pods in the network of their node", on_nodes, opens=IN, unmodelled=EVERY),
    _one("a host port, and a policy for everybody", host_ports, WIDE, opens=IN + EVERY),
    _one(
        "nobody enforces policies",
        network(networkPolicy="none", networkDataplane="azure"),
        opens=EVERY,
    ),
    _one(
        "pods with addresses in the network",
        network(networkPluginMode=None),
        FROM_ANYWHERE,
        opens=IN,
    ),
    _one(
        "a peered network and node ports",
        peered,
        NODE,
        FROM_ANYWHERE,
        opens=(NETWORK, PEERED),
        unasked=(INTERNET, REGION),
    ),
    _one(
        "a gateway to on-premises and node ports",
        gateway_subnet,
        NODE,
        FROM_ANYWHERE,
        opens=(NETWORK, ON_PREMISES),
        unasked=(INTERNET, REGION),
    ),
    _one(
        "an external address, and a policy for everybody",
        front("ClusterIP", externalIPs=["192.0.2.9"]),
        WIDE,
        opens=EVERY,
        unmodelled=(INTERNET, REGION, NETWORK),
        unasked=(PEERED, ON_PREMISES),
    ),
    _one("the source ranges are lost", lose(field=RANGES), only=LOCKED),
    _one(
        "the annotation that denies everybody else is lost",
        lose("deny-all-except-load-balancer-source-ranges"),
        only=LOCKED,
    ),
    _one("externalTrafficPolicy is lost", lose(field="externalTrafficPolicy"), only=LOCKED),
    _one(
        "externalTrafficPolicy is lost with Azure's engine",
        lose(field="externalTrafficPolicy"),
        network(networkPolicy="azure", networkDataplane="azure"),
        unmodelled=IN,
        unasked=EVERY,
        only=LOCKED,
    ),
    _one(
        "the field that does without node ports is lost, and a policy admits every address",
        lose(field="allocateLoadBalancerNodePorts"),
        FROM_ANYWHERE,
        own=IN,
        only=LOCKED,
    ),
    _one(
        "a port of the nodes by number, and a policy admits every address",
        numbered,
        FROM_ANYWHERE,
        own=IN,
        only=LOCKED,
    ),
    _one(
        "externalTrafficPolicy is lost, and a policy admits every address",
        lose(field="externalTrafficPolicy"),
        FROM_ANYWHERE,
        unmodelled=IN,
        only=LOCKED,
    ),
    _one(
        "the frontend is public, without ranges, and a policy admits addresses",
        LOST_INTERNAL,
        FROM_ANYWHERE,
        own=OUT,
        only=LOCKED,
    ),
    _one(
        "the frontend is public, and policies keep everybody out",
        LOST_INTERNAL,
        only=LOCKED,
    ),
    _one(
        "the entry of the cluster loses its ranges",
        open_ingress,
        opens=OUT,
        credential=True,
        only=("ingress-mtls",),
    ),
    _one(
        "the entry of the cluster asks for no certificate",
        no_certificate,
        bare=(NETWORK, GATEWAY),
        only=("ingress-mtls",),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A mutation of one option of one workload."""

    mutation: Mutation
    workload: str
    option: str

    @property
    def name(self) -> str:
        return f"{self.mutation.what}, {self.option} of {self.workload}"


CASES = tuple(
    Case(mutation=mutation, workload=workload, option=option)
    for workload in WORKLOADS
    for mutation in MUTATIONS
    for option in mutation.only
)


@cache
def targets(placement_of: tuple[str, str]) -> tuple[Service, ...]:
    """The published Services for whose pods the policy of the option is the only one."""
    placement, found = _placement(*placement_of), _placement(*placement_of).proved.proof
    assert found
    reach, ingress = found.reach, Direction.INGRESS
    policies = {
        service.id: {
            reach.sides.policies[at].name
            for pod, _ in reach.behind(service)
            for at in reach.sides.asked(pod, ingress).policies
        }
        for service in found.site.scene.services
    }
    return tuple(
        service
        for service in found.site.scene.services
        if service.id in placement.mapping.published
        and policies[service.id] == {f"{service.name}-apis"}
    )


def _asks(placement: Placement, service: Service) -> bool:
    """Nobody gets to it without the gateway's own token, whatever is opened."""
    parts = placement.topology.service(service.id)
    return any(link.pinned for c in parts for link in placement.topology.links_to(c.id))


@cache
def designed(workload: str) -> Design:
    """The bundled workload with addresses of Services, which the changes are about."""
    pins = tuple((id, Pin(entry="per-service")) for id in LOCKED)
    return design(replace(read_workload(workload), pins=pins))


def _placement(workload: str, option: str) -> Placement:
    return designed(workload).placement(option)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the proof says of a Service before and after a mutation, by place."""

    case: Case
    service: str
    expected: frozenset[str]
    before: dict[str, str]
    after: dict[str, str]
    failing: frozenset[str]
    """Checks of the option that fail after it and did not before, by the ends of their names."""
    should_fail: frozenset[str]
    beside: frozenset[str]
    """Places where the files do not agree with what is drawn of the Service."""
    should_differ: frozenset[str]

    @property
    def falsely_closed(self) -> set[str]:
        """Places that are opened, or of which nobody knows, and are called closed."""
        told = self.expected | set(self.case.mutation.unmodelled)
        return {place for place in told if self.after[place] == "closed"}

    @property
    def missed(self) -> set[str]:
        """Places that are opened and not called open."""
        return {place for place in self.expected if self.after[place] != "open"}

    @property
    def changed(self) -> set[str]:
        """Places that have another answer, although the mutation opens them to nobody."""
        mutation = self.case.mutation
        told = {*self.expected, *mutation.unmodelled, *mutation.unasked}
        return {p for p in ASKED if p not in told and self.before[p] != self.after[p]}


def outcome(case: Case) -> Outcome:
    """The proof of the mutated files beside that of the files as they are made."""
    placement = _placement(case.workload, case.option)
    found = targets((case.workload, case.option))
    at = MUTATIONS.index(case.mutation) % len(found)
    service = next(s for s in (*found[at:], *found) if not _asks(placement, s))
    made = _made(placement, service)
    for change in case.mutation.changes:
        change(made)
    before, after = placement.proved.proof, _proof(placement, made)
    assert before
    told = replace(placement.proved.told, proof=after)
    mutated = replace(placement, proved=proved.Proved.known(told, placement.topology))
    failed = _failing(case, placement)
    expected, claim = case.mutation.expected(made), claims(placement)[service.id]
    ends = {e.id.partition(".")[2] for e in placement.topology.expectations}
    return Outcome(
        case=case,
        service=service.id,
        expected=frozenset(expected),
        failing=frozenset(_failing(case, mutated) - failed),
        should_fail=frozenset(case.mutation.failing(expected) & ends - failed),
        beside=_beside(after, service, claim),
        should_differ=frozenset(case.mutation.beside(expected, claim)),
        before=_asked(before, service.id),
        after=_asked(after, service.id),
    )


def around(workload: str, option: str, change: Change) -> float:
    """The measure of who gets around the gateway, of the mutated files."""
    placement = _placement(workload, option)
    made = _made(placement, targets((workload, option))[0])
    change(made)
    told = replace(placement.proved.told, proof=_proof(placement, made))
    subject = Subject.of(placement, proved.Proved.known(told))
    return MEASURES[AROUND_THE_GATEWAY](subject).low


def _beside(of: Proof, service: Service, claim: Claim) -> frozenset[str]:
    verdicts = (v for v in of.verdicts if v.service == service.id)
    return frozenset(v.source for v in verdicts if claim.broken_by(v))


def _failing(case: Case, placement: Placement) -> set[str]:
    made, topology = designed(case.workload), placement.topology
    verdicts = ((e, settled(made, placement, e)) for e in topology.expectations)
    found = ((e, v or _refuted(placement, e.test)) for e, v in verdicts)
    return {e.id.partition(".")[2] for e, v in found if v and v.state is State.FAIL}


def _refuted(placement: Placement, test: object) -> CheckVerdict | None:
    return refuted(placement, test) if isinstance(test, Probe) else None


def _made(placement: Placement, service: Service) -> Made:
    wanted = set(service.selector or ())
    (workload,) = (
        o.data
        for o in objects_in(placement.workload.documents, [])
        if "template" in o.data.get("spec", {})
        and wanted <= set(o.data["spec"]["template"]["metadata"]["labels"].items())
        and o.data["metadata"]["namespace"] == service.namespace
    )
    return Made(
        service=service,
        files=[deepcopy(list(f.objects)) for f in manifests(placement)],
        templates=[deepcopy(s.template) for s in site_templates(placement)],
        workload=workload,
    )


def _proof(placement: Placement, made: Made) -> Proof:
    """What the files prove as they are now, read as any others."""
    kept = zip(manifests(placement), made.files, strict=True)
    files = [replace(file, objects=tuple(objects)) for file, objects in kept]
    files += [_file(action, added) for action, added in made.added]
    stages = zip(site_templates(placement), made.templates, strict=True)
    told = tuple(replace(stage, template=template) for stage, template in stages)
    with (
        patch.object(proved, "manifests", lambda _: tuple(files)),
        patch.object(proved, "site_templates", lambda _: told),
    ):
        found = proved.Proofs(placement.workload).of(placement).told
    assert found.proof and not found.refused
    return found.proof


def _file(action: Action, added: dict[str, Any]) -> ManifestFile:
    name = f"99-{added['kind']}.yaml".lower()
    return ManifestFile(name=name, objects=(added,), because="", action=action)


def _asked(of: Proof, service: str) -> dict[str, str]:
    """The strongest answer of each place, over the ports of a Service."""
    found = dict.fromkeys(ASKED, "closed")
    order = ("closed", "unknown", "open")
    for verdict in of.verdicts:
        if verdict.service == service and verdict.source in found:
            answers = (found[verdict.source], verdict.answer.value)
            found[verdict.source] = max(answers, key=order.index)
    return found


def as_markdown() -> str:
    """Every mutation with the options that it was tried for and the places that it opens."""
    rows = (
        (
            m.what,
            "all" if m.only == OPTIONS else ", ".join(m.only),
            "; ".join(filter(None, (_places(m.opens), _bare(m)))),
            _places(m.own) if m.own else "as elsewhere",
            _places(m.unmodelled),
        )
        for m in MUTATIONS
    )
    heads = ("mutation", "options", "opens", "besides, behind a load balancer", "unknown at best")
    told = (
        f"{len(CASES)} mutations of the files of {len(OPTIONS)} options and {len(WORKLOADS)} "
        "workloads, made between writing and reading them. In each the proof calls every place "
        "open that the mutation opens, no other place has another answer, what is not modelled is "
        "not called closed, exactly those checks fail that no longer hold, and what the drawing "
        "claims differs from the files at exactly the places that the mutation opens beside it."
    )
    return f"{told}\n\n{table(heads, rows)}"


def _bare(mutation: Mutation) -> str:
    return f"{_places(mutation.bare)} without the certificate" if mutation.bare else ""


def _places(names: tuple[str, ...]) -> str:
    return ", ".join(name.strip("{}") for name in names) or "nobody"
