"""A second reading of who gets in from outside, as formulas for z3: independent of the engine.

A world is generated from a seed, written as manifests and templates for the engine, and read here
from its own values. The formulas say for every address at once whether a way lets it through; what
no file says is a free variable, and an answer has to hold whichever value that has.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, ip_network
from json import dumps
from typing import Any

import z3

from apim_aks.reachability.proof import prove
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.verdicts import Verdict
from apim_aks.workload.documents import parse
from tests.support.outside_scenes import (
    AZURE,
    GATEWAY_RANGE,
    INTERNAL,
    NET,
    ZONES,
    Network,
    object_,
    peering,
    resource,
    rule,
    service,
)

SPACE, NODES, SECOND, PEER = "10.1.0.0/16", "10.1.0.0/24", "10.1.4.0/24", "10.9.0.0/16"
PARTNER, OFFICE = "198.51.100.0/24", "10.1.3.0/25"
PRIVATE = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
)
SOURCES = (
    *("*", "Internet", "VirtualNetwork", "AzureLoadBalancer", "AzureCloud", "AzureFrontDoor"),
    *(PARTNER, GATEWAY_RANGE, OFFICE, PEER, "0.0.0.0/0"),
)
RANGES = (PARTNER, GATEWAY_RANGE, OFFICE, "0.0.0.0/0")
NODE_PORTS = (30000, 32767)
MINE = "[resourceId('Microsoft.Network/routeTables', 'rt')]"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a subnet's security group."""

    priority: int
    allows: bool
    source: str
    destination: str = "*"
    ports: tuple[int, int] = (0, 65535)
    protocol: str = "*"


@dataclass(frozen=True, kw_only=True)
class Front:
    """A Service with one port."""

    name: str
    type: str
    app: str
    number: int
    target: int
    node_port: int = 0
    ranges: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    """What else it asks for, by the names in `_front`."""


@dataclass(frozen=True, kw_only=True)
class Admits:
    """A NetworkPolicy that admits these ranges less what is excepted, on these ports."""

    app: str
    blocks: tuple[tuple[str, str], ...] = ()
    everybody: bool = False
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pods:
    """The pods of a Deployment; each listens on 8080, named `web`, and on 9090."""

    app: str
    host_network: bool = False
    host_port: bool = False


@dataclass(frozen=True, kw_only=True)
class Around:
    """The network of the nodes as templates say it."""

    rules: tuple[Rule, ...] | None = None
    second: tuple[Rule, ...] | None = None
    mode: str = "overlay"
    public_nodes: bool = False
    host_ports: tuple[int, int] | None = None
    peers: str = ""
    made: bool = True
    gateway: str = "injected"
    route: str = ""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that decides who reaches the first Service."""

    services: tuple[Front, ...]
    pods: tuple[Pods, ...] = (Pods(app="api"),)
    policies: tuple[Admits, ...] = ()
    around: Around | None = field(default_factory=Around)
    engine: Engine | None = Engine.CILIUM


def generated(seed: int) -> World:
    """A small world in which every row of the rules can appear."""
    dice = random.Random(seed)
    pods = [Pods(app="api", host_network=dice.random() < 0.1, host_port=dice.random() < 0.1)]
    pods += [Pods(app="site")] if dice.random() < 0.3 else []
    return World(
        services=tuple(_front(dice, i) for i in range(dice.choice((1, 1, 2)))),
        pods=tuple(pods),
        policies=tuple(_policy(dice) for _ in range(dice.choice((0, 0, 1, 2)))),
        around=_around(dice) if dice.random() < 0.95 else None,
        engine=dice.choice((*Engine, Engine.CILIUM, None)),
    )


def _some(dice: random.Random, values: Sequence[str], chance: float) -> tuple[str, ...]:
    return tuple(dice.sample(values, dice.randint(1, 2))) if dice.random() < chance else ()


def _front(dice: random.Random, at: int) -> Front:
    chances = {"internal": 0.5, "denies": 0.4, "ruleless": 0.08, "node-addressed": 0.15}
    chances |= {"local": 0.4, "no-node-ports": 0.3, "other": 0.04, "link": 0.08, "external": 0.05}
    chances |= {"held": 0.5}
    kinds = ("ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer", "LoadBalancer")
    invalid = ("partner",) if dice.random() < 0.1 else ()
    allowed = _some(dice, RANGES, 0.2)
    return Front(
        name=f"s{at}",
        type=dice.choice(kinds),
        app="api" if not at or dice.random() < 0.7 else "site",
        number=dice.choice((80, 443)),
        target=dice.choice((8080, 8080, 9090)),
        node_port=dice.choice((0, 0, 30500 + at, 31000 + at)),
        ranges=_some(dice, RANGES, 0.3),
        allowed=(*allowed, *invalid) if allowed else (),
        tags=_some(dice, ("AzureCloud.westeurope", "AzureFrontDoor.Backend"), 0.1),
        flags=frozenset(f for f, chance in chances.items() if dice.random() < chance),
    )


def _policy(dice: random.Random) -> Admits:
    blocks = [
        (outer, dice.choice(("", "", "10.1.2.0/28"))) if outer != PARTNER else (outer, "")
        for outer in _some(dice, (GATEWAY_RANGE, PARTNER, "0.0.0.0/0", "10.0.0.0/8"), 0.7)
    ]
    ports = dice.choice(((), (), (8080,), (9090,), (8080, 9090)))
    app, everybody = dice.choice(("api", "")), dice.random() < 0.1
    return Admits(app=app, blocks=tuple(blocks), everybody=everybody, ports=ports)


def _rules(dice: random.Random) -> tuple[Rule, ...] | None:
    if dice.random() < 0.4:
        return None
    priorities = sorted(dice.sample(range(100, 120), dice.randint(0, 4)))
    return tuple(_rule(dice, priority) for priority in priorities)


def _rule(dice: random.Random, priority: int) -> Rule:
    spans = ((0, 65535), (0, 65535), (80, 80), (443, 443), (30000, 30999), (8080, 9090), (1, 31500))
    return Rule(
        priority=priority,
        allows=dice.random() < 0.5,
        source=dice.choice(SOURCES),
        destination=dice.choice(("*", "*", "*", "VirtualNetwork", NODES, SPACE, SECOND)),
        ports=dice.choice(spans),
        protocol=dice.choice(("*", "*", "Tcp", "Udp")),
    )


def _around(dice: random.Random) -> Around:
    public = dice.random() < 0.3
    return Around(
        rules=_rules(dice),
        second=_rules(dice) if dice.random() < 0.2 else None,
        mode=dice.choice(("overlay", "overlay", "flat", "kubenet")),
        public_nodes=public,
        host_ports=dice.choice((None, (1, 65535), (30000, 30800))) if public else None,
        peers=dice.choice(("", "", "on", "off", "perhaps", "lends")),
        made=dice.random() < 0.9,
        gateway=dice.choice(("injected", "injected", "integrated", "outside")),
        route=dice.choice(("", "", "", "nodes-default", "gateway-nodes", "gateway-default")),
    )


def documents(world: World) -> list[dict[str, Any]]:
    """The manifests of a world."""
    made: list[dict[str, Any]] = [{"apiVersion": "v1", "kind": "Namespace"}]
    made[0]["metadata"] = {"name": "shop"}
    made += map(_deployment, world.pods)
    made += map(_service, world.services)
    return made + [_network_policy(p, at) for at, p in enumerate(world.policies)]


def _deployment(pods: Pods) -> dict[str, Any]:
    web: dict[str, Any] = {"name": "web", "containerPort": 8080}
    web |= {"hostPort": 9000} if pods.host_port else {}
    container = {"name": "c", "image": "i", "ports": [web, {"containerPort": 9090}]}
    spec = {"containers": [container]} | ({"hostNetwork": True} if pods.host_network else {})
    template = {"metadata": {"labels": {"app": pods.app}}, "spec": spec}
    return object_("apps/v1", "Deployment", pods.app, {"template": template})


def _service(front: Front) -> dict[str, Any]:
    flags = front.flags
    notes = dict(INTERNAL) if "internal" in flags else {}
    named = {
        "denies": "deny-all-except-load-balancer-source-ranges",
        "ruleless": "disable-load-balancer-nsg-rule",
        "node-addressed": "disable-load-balancer-floating-ip",
        "link": "pls-create",
    }
    notes |= {f"{AZURE}{name}": "true" for flag, name in named.items() if flag in flags}
    notes |= {f"{AZURE}allowed-ip-ranges": ",".join(front.allowed)} if front.allowed else {}
    notes |= {f"{AZURE}allowed-service-tags": ",".join(front.tags)} if front.tags else {}
    target: Any = "web" if front.target == 8080 else front.target
    port: dict[str, Any] = {"port": front.number, "targetPort": target}
    port |= {"nodePort": front.node_port} if front.node_port and front.type != "ClusterIP" else {}
    more: dict[str, Any] = {"selector": {"app": front.app}, "ports": [port]}
    more |= {"loadBalancerSourceRanges": list(front.ranges)} if front.ranges else {}
    more |= {"externalTrafficPolicy": "Local"} if "local" in flags else {}
    more |= {"allocateLoadBalancerNodePorts": False} if "no-node-ports" in flags else {}
    more |= {"loadBalancerClass": "x/y"} if "other" in flags else {}
    more |= {"externalIPs": ["192.0.2.1"]} if "external" in flags else {}
    made = service(front.type, notes, front.name, **more)
    made["metadata"] |= {"uid": "6f1c"} if "held" in flags else {}
    return made


def _network_policy(policy: Admits, at: int) -> dict[str, Any]:
    peers: list[Any] = [{"podSelector": {"matchLabels": {"app": "site"}}}]
    peers += [
        {"ipBlock": {"cidr": outer} | ({"except": [inner]} if inner else {})}
        for outer, inner in policy.blocks
    ]
    told: dict[str, Any] = {} if policy.everybody else {"from": peers}
    told |= {"ports": [{"port": p} for p in policy.ports]} if policy.ports else {}
    selects = {"matchLabels": {"app": policy.app}} if policy.app else {}
    spec = {"podSelector": selects, "ingress": [told]}
    return object_("networking.k8s.io/v1", "NetworkPolicy", f"p{at}", spec)


def network(around: Around) -> Network:
    """The templates of a world."""
    modes = {"overlay": {}, "flat": {"networkPluginMode": None}}
    kubenet = {"networkPlugin": "kubenet", "networkPluginMode": None}
    held = around.host_ports
    told = {"portStart": held[0], "portEnd": held[1], "protocol": "TCP"} if held else {}
    pool = {"enableNodePublicIP": True} if around.public_nodes else {}
    pool |= {"networkProfile": {"allowedHostPorts": [told]}} if told else {}
    table = {"routeTable": {"id": MINE}}
    return Network(
        rules=_written(around.rules),
        second=_written(around.second),
        nodes=table if around.route == "nodes-default" else {},
        gates=table if around.route.startswith("gateway") else {},
        cluster=modes.get(around.mode, kubenet),
        pool=pool,
        more=(*_peerings(around), *_routes(around)),
        made=around.made,
        tier={"injected": "Premium", "integrated": "StandardV2"}.get(around.gateway, "Basic"),
        gateway={"virtualNetworkType": "None"} if around.gateway == "outside" else {},
    )


def _written(rules: tuple[Rule, ...] | None) -> list[dict[str, Any]] | None:
    if rules is None:
        return None
    return [
        rule(
            f"r{r.priority}",
            r.priority,
            "Allow" if r.allows else "Deny",
            r.source,
            destinationAddressPrefix=r.destination,
            destinationPortRange="*" if r.ports == (0, 65535) else f"{r.ports[0]}-{r.ports[1]}",
            protocol=r.protocol,
        )
        for r in rules
    ]


def _peerings(around: Around) -> Iterator[dict[str, Any]]:
    more: dict[str, dict[str, Any]] = {
        "off": {"allowVirtualNetworkAccess": False},
        "perhaps": {"allowVirtualNetworkAccess": "[parameters('nobody')]"},
        "lends": {"useRemoteGateways": True},
    }
    if around.peers and around.made:
        yield peering(**more.get(around.peers, {}))


def _routes(around: Around) -> Iterator[dict[str, Any]]:
    if around.route:
        prefix = NODES if around.route == "gateway-nodes" else "0.0.0.0/0"
        hop = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.1.3.4"}
        route = {"name": "r", "properties": {"addressPrefix": prefix} | hop}
        yield resource(f"{NET}/routeTables", "rt", routes=[route])


Formula = Any
ADDRESS = z3.BitVec("address", 32)


@cache
def within(*prefixes: str) -> Formula:
    """The address of the caller is in one of these ranges."""
    ranges = (ip_network(p) for p in prefixes)
    return z3.Or(*(z3.And(z3.UGE(ADDRESS, int(r[0])), z3.ULE(ADDRESS, int(r[-1]))) for r in ranges))


class Oracle:
    """The formulas of the ways from one zone to the pods behind the first Service."""

    def __init__(self, world: World, zone: str) -> None:
        self.world, self.zone = world, zone
        self.free: list[Formula] = []
        around = world.around
        self.blurred = around is None or not around.made or around.route == "nodes-default"
        self.blurred |= around is not None and around.peers in ("on", "perhaps", "lends")
        self.sure, self.may, self.inside = self._place()
        self.tagged: dict[str, Formula] = {}

    def unknown(self, name: str) -> Formula:
        found = z3.Bool(f"{name} {len(self.free)}")
        self.free.append(found)
        return found

    def _place(self) -> tuple[Formula, Formula, Formula]:
        """The addresses of the zone for certain, those that may be, and whether inside Azure's."""
        yes, no, around = z3.BoolVal(True), z3.BoolVal(False), self.world.around
        public = z3.Not(within(*PRIVATE))
        if self.zone in ("internet", "region"):
            known = no if self.blurred or self.zone == "region" else public
            return known, public, no
        if self.zone == "gateway":
            return self._gateway(public)
        if around is None or not around.made:
            return no, yes, yes
        if self.zone == "network":
            apart = [GATEWAY_RANGE] if around.gateway != "outside" else []
            apart += [NODES] + ([SECOND] if around.second is not None else [])
            own = z3.And(within(SPACE), z3.Not(within(*apart)))
            return own, own, yes
        if self.zone == "peered":
            found = within(PEER) if around.peers else no
            return found, found, yes
        return no, z3.BoolVal(around.peers == "lends"), yes

    def _gateway(self, public: Formula) -> tuple[Formula, Formula, Formula]:
        yes, no, around = z3.BoolVal(True), z3.BoolVal(False), self.world.around
        if around is None:
            return no, yes, self.unknown("inside")
        if around.gateway == "outside":
            return no, public, no
        if not around.made:
            return no, yes, yes
        own = within(GATEWAY_RANGE)
        return own, own if around.gateway == "injected" else within(SPACE), yes

    def ways(self) -> Iterator[Formula]:
        """What each way to a pod behind the first Service lets through."""
        asked = self.world.services[0]
        for pods in self.world.pods:
            if pods.app == asked.app:
                for front in self.world.services:
                    if front.app == pods.app and front.target == asked.target:
                        yield from self._of_service(front, pods)
                yield from self._of_pod(pods, asked.target)

    def _of_service(self, front: Front, pods: Pods) -> Iterator[Formula]:
        policies = self._policies(pods, front.target, "local" in front.flags)
        if "external" in front.flags:
            yield z3.And(self.unknown("external address"), policies)
        if front.type == "LoadBalancer":
            yield z3.And(self._frontend(front), policies)
            if "link" in front.flags and self.zone == "region":
                yield self.unknown("private endpoint")
        if front.type != "ClusterIP":
            there = self._there(front)
            yield z3.And(there, self._node_port(front), policies)

    def _there(self, front: Front) -> Formula:
        """A port of the nodes without a number may be there from before, or for a probe.

        A cluster shows the ports that it has: where it shows none and no probe needs one, none is.
        """
        if "no-node-ports" not in front.flags or front.node_port:
            return z3.BoolVal(True)
        probed = "local" not in front.flags or "node-addressed" in front.flags
        if "held" in front.flags and not probed and front.type == "LoadBalancer":
            return z3.BoolVal(False)
        return self.unknown("node port")

    def _frontend(self, front: Front) -> Formula:
        if "other" in front.flags or (front.ranges and front.allowed):
            return self.unknown("frontend")
        internal = "internal" in front.flags
        parts = [self._private() if internal else z3.BoolVal(True)]
        parts.append(self._forwarded("private" if internal else "public"))
        to = "private" if internal else "public"
        if "node-addressed" in front.flags:
            to = "node"
        ports = [self._number_of(front)] if to == "node" else [(front.number, front.number)]
        rules = self._written_by_aks(front) + (self._allowed_ports() if to == "node" else ())
        for first, last in ports:
            parts.append(self._filtered(first, last, rules, to))
        if front.ranges:
            listed = within(*front.ranges)
            certain = "denies" in front.flags
            parts.append(listed if certain else z3.Or(listed, self.unknown("ranges on nodes")))
        return z3.And(*parts)

    def _number_of(self, front: Front) -> tuple[int, int]:
        return (front.node_port, front.node_port) if front.node_port else NODE_PORTS

    def _node_port(self, front: Front) -> Formula:
        own = front.type == "LoadBalancer" and "node-addressed" in front.flags
        own = own and "other" not in front.flags
        return self._at_node(*self._number_of(front), self._written_by_aks(front) if own else ())

    def _allowed_ports(self) -> tuple[Rule, ...]:
        """What `allowedHostPorts` of the node pools writes for the addresses of nodes."""
        held = self.world.around.host_ports if self.world.around else None
        if held is None:
            return ()
        return (Rule(priority=400, allows=True, source="Internet", ports=held, protocol="Tcp"),)

    def _at_node(self, first: int, last: int, rules: Sequence[Rule]) -> Formula:
        return z3.And(
            self._public_nodes(),
            self._forwarded("private"),
            self._filtered(first, last, (*rules, *self._allowed_ports()), "node"),
        )

    def _public_nodes(self) -> Formula:
        around = self.world.around
        if around is not None and around.public_nodes and not self._forwards:
            return z3.BoolVal(True)
        if around is None:
            return z3.Or(self.inside, self.unknown("public nodes"))
        return self._private()

    @property
    def _forwards(self) -> bool:
        """An appliance may send anything on to the nodes."""
        around = self.world.around
        return around is not None and around.made and around.route == "nodes-default"

    def _private(self) -> Formula:
        """Who reaches private addresses at all."""
        return z3.Or(self.inside, self.unknown("appliance")) if self._forwards else self.inside

    def _forwarded(self, to: str) -> Formula:
        """A route of the gateway's subnet leads what leaves it, and nothing else, elsewhere."""
        around = self.world.around if self.zone != "on-premises" else None
        routes = {"gateway-nodes": "private", "gateway-default": "public"}
        if around is None or not around.made or routes.get(around.route) != to:
            return z3.BoolVal(True)
        return z3.Or(z3.Not(within(GATEWAY_RANGE)), self.unknown("firewall"))

    def _of_pod(self, pods: Pods, port: int) -> Iterator[Formula]:
        if pods.host_network:
            yield z3.And(self._at_node(port, port, ()), self._on_host(pods, port))
            return
        yield z3.And(
            self._to_pods(),
            self._private(),
            self._forwarded("private"),
            self._of_subnets(port, "pod"),
            self.unknown("no group") if self._apart else z3.BoolVal(True),
            self._policies(pods, port, True),
        )
        if pods.host_port and port == 8080:
            admitted = z3.Or(self._admitted(pods, port), self._unseen())
            yield z3.And(self._at_node(9000, 9000, ()), admitted)

    def _unseen(self) -> Formula:
        enforced = self.world.engine is not Engine.NONE
        return self.unknown("host port") if enforced else z3.BoolVal(True)

    def _on_host(self, pods: Pods, port: int) -> Formula:
        """Of Cilium it is documented that policies do not apply to these pods."""
        if self.world.engine in (Engine.CILIUM, Engine.NONE):
            return z3.BoolVal(True)
        return z3.Or(self._admitted(pods, port), self.unknown("host network"))

    def _to_pods(self) -> Formula:
        mode = self.world.around.mode if self.world.around else "?"
        known = {"overlay": z3.BoolVal(False), "flat": z3.BoolVal(True)}
        return known[mode] if mode in known else self.unknown("addresses of pods")

    def _policies(self, pods: Pods, port: int, sees_caller: bool) -> Formula:
        engine, admitted = self.world.engine, self._admitted(pods, port)
        if engine is Engine.NONE or (engine is Engine.AZURE and not sees_caller):
            return z3.BoolVal(True)
        if pods.host_network:
            return self._on_host(pods, port)
        if engine is None or not (sees_caller or engine is Engine.CILIUM):
            return z3.Or(admitted, self.unknown("what policies see"))
        return admitted

    def _admitted(self, pods: Pods, port: int) -> Formula:
        chosen = [p for p in self.world.policies if p.app in ("", pods.app)]
        if not chosen:
            return z3.BoolVal(True)
        return z3.Or(
            *(
                z3.BoolVal(True) if p.everybody else z3.Or(*map(self._block, p.blocks))
                for p in chosen
                if not p.ports or port in p.ports
            )
        )

    def _block(self, block: tuple[str, str]) -> Formula:
        outer, inner = block
        return z3.And(within(outer), z3.Not(within(inner)) if inner else True)

    def _written_by_aks(self, front: Front) -> tuple[Rule, ...]:
        """REACHABILITY 6, row by row; ports and destination are those of the frontend."""
        if "ruleless" in front.flags:
            return ()
        given = (*front.ranges, *front.allowed)
        good = [g for g in given if "/" in g]
        rules = [Rule(priority=500, allows=True, source=s) for s in (*good, *front.tags)]
        if not given and not front.tags and "internal" not in front.flags:
            rules.append(Rule(priority=500, allows=True, source="Internet"))
        if given and ("denies" in front.flags or len(good) < len(given)):
            rules.append(Rule(priority=4095, allows=False, source="*"))
        return tuple(rules)

    def _filtered(self, first: int, last: int, rules: Sequence[Rule], to: str) -> Formula:
        """The group of the nodes and those of their subnets, for whichever of these ports it is."""
        found = [
            z3.And(self._group(rules, port, to, "nodes"), self._of_subnets(port, to))
            for port in self._numbers(first, last, rules)
        ]
        return found[0] if first == last else _whichever(found, self)

    def _numbers(self, first: int, last: int, rules: Iterable[Rule]) -> list[int]:
        around = self.world.around or Around()
        every = (*rules, *(around.rules or ()), *(around.second or ()))
        ends = {first, *(r.ports[0] for r in every), *(r.ports[1] + 1 for r in every)}
        return sorted(e for e in ends if first <= e <= last)

    def _of_subnets(self, port: int, to: str) -> Formula:
        """Where nodes stand in two subnets, which of them gets the packet is not known."""
        around = self.world.around
        if around is None or not around.made:
            return z3.BoolVal(True)
        groups = [self._subnet(around.rules, port, to, NODES)]
        if around.second is not None:
            groups.append(self._subnet(around.second, port, to, SECOND))
        return groups[0] if len(groups) == 1 else _whichever(groups, self)

    def _subnet(self, rules: tuple[Rule, ...] | None, port: int, to: str, own: str) -> Formula:
        return z3.BoolVal(True) if rules is None else self._group(rules, port, to, own)

    def _tagged(self, group: str) -> Formula:
        """Whether an address counts as the network's, where the tag may hold anything."""
        if group not in self.tagged:
            more = self.unknown("tagged") if self.blurred else z3.BoolVal(False)
            own = z3.BoolVal(False) if self._apart else self.inside
            self.tagged[group] = z3.Or(own, more)
        return self.tagged[group]

    @property
    def _apart(self) -> bool:
        """The peering does not put its addresses into the tag, or nobody knows whether it does."""
        around = self.world.around
        told = around is not None and around.made and around.peers in ("off", "perhaps")
        return self.zone == "peered" and told

    def _group(self, rules: Sequence[Rule], port: int, to: str, group: str) -> Formula:
        """The first rule that matches decides; then the three that every group ends with."""
        tagged = self._tagged(group)
        result = z3.Or(tagged, within("168.63.129.16/32"))
        for one in sorted(rules, key=lambda r: -r.priority):
            fits = one.ports[0] <= port <= one.ports[1] and one.protocol in ("*", "Tcp")
            if fits:
                hit = z3.And(self._source(one.source, tagged), self._aimed(one.destination, to))
                result = z3.If(hit, z3.BoolVal(one.allows), result)
        return result

    def _source(self, source: str, tagged: Formula) -> Formula:
        if source == "*":
            return z3.BoolVal(True)
        if source == "VirtualNetwork":
            return tagged
        if source == "Internet":
            return z3.Not(tagged)
        if source == "AzureLoadBalancer":
            return within("168.63.129.16/32")
        if source.startswith("AzureCloud"):
            return self._cloud()
        if source[0].isalpha():
            return self.unknown(source)
        return within(source)

    def _cloud(self) -> Formula:
        """A gateway outside the network has an address of Azure, taken to be of that region."""
        if self.zone in ("internet", "region"):
            return z3.BoolVal(self.zone == "region")
        outside = z3.Not(self.inside) if self.zone == "gateway" else z3.BoolVal(False)
        return z3.Or(outside, self.unknown("AzureCloud"))

    def _aimed(self, destination: str, to: str) -> Formula:
        """Whether a rule is for the address that packets go to, of which the subnet is known."""
        if destination in ("*", "VirtualNetwork"):
            return z3.BoolVal(True)
        if to == "public":
            return z3.BoolVal(False)
        around = self.world.around
        two = around is not None and around.second is not None
        if destination == SPACE:
            return z3.BoolVal(True)
        if two:
            return self.unknown("which subnet")
        return z3.BoolVal(destination == NODES)


def _whichever(found: Sequence[Formula], oracle: Oracle) -> Formula:
    """One of these, and nobody knows which."""
    result = found[0]
    for other in found[1:]:
        result = z3.If(oracle.unknown("which"), other, result)
    return result


def answers(world: World) -> Iterator[tuple[str, str, Oracle, Formula]]:
    """For each zone the answer, with what surely passes as a formula."""
    for zone in ZONES:
        oracle = Oracle(world, zone)
        ways = list(oracle.ways())
        sure = z3.Or(*(_surely(way, oracle.free) for way in ways))
        yield zone, _answer(oracle, z3.Or(*ways), sure), oracle, sure


def _answer(oracle: Oracle, possible: Formula, sure: Formula) -> str:
    if not _holds(oracle.may, possible):
        return "closed"
    every = _holds(oracle.may) and not _holds(oracle.may, z3.Not(sure))
    return "open" if _holds(oracle.sure, sure) or every else "unknown"


def _holds(*formulas: Formula) -> bool:
    solver = z3.Solver()
    solver.add(*formulas)
    return bool(solver.check() == z3.sat)


def _surely(way: Formula, free: Iterable[Formula]) -> Formula:
    """The way whatever the free variables are."""
    for one in free:
        way = z3.And(
            z3.simplify(z3.substitute(way, (one, z3.BoolVal(True)))),
            z3.simplify(z3.substitute(way, (one, z3.BoolVal(False)))),
        )
        way = z3.simplify(way)
    return way


def said(world: World) -> dict[str, Verdict]:
    """What the engine says of the first Service, by zone."""
    text = "\n---\n".join(map(dumps, documents(world)))
    site = Site(
        scene=scene_of(parse(text.encode(), "a.yaml").documents),
        azure=network(world.around).read() if world.around else None,
        engine=world.engine,
    )
    found = prove(site)
    first = next(s for s in site.scene.services if s.name == world.services[0].name)
    return {verdict.source.strip("{}"): verdict for verdict in found.of(first)}


def differences(world: World) -> Iterator[str]:
    """Where the engine and this reading give different answers, or a packet does not pass."""
    engine = said(world)
    for zone, answer, oracle, sure in answers(world):
        verdict = engine[zone]
        if verdict.answer.value != answer:
            yield f"{zone}: {verdict.answer.value} instead of {answer}: {verdict.because}"
        elif verdict.packet:
            source = int(IPv4Address(verdict.packet.source))
            if not _holds(source == ADDRESS, oracle.may, sure):
                yield f"{zone}: {verdict.packet} does not pass for sure"
