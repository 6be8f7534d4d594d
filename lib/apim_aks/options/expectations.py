"""The expectations that all options have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from apim_aks.facts.criterion_ids import PUBLIC_ENDPOINTS
from apim_aks.options.option import Setting
from apim_aks.topology import (
    EDGE_KINDS,
    Aspect,
    Derived,
    DesignRule,
    EveryService,
    Expectation,
    InAzure,
    Kind,
    Measured,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    Topology,
    VantagePoint,
)


def answers_the_internet(option: str, entry: str, what: str = "The gateway") -> Expectation:
    """Callers anywhere get an answer of the gateway at this component."""
    return Expectation(
        f"{option}.gateway-reachable-from-internet",
        "V3",
        f"{what} answers from the internet",
        Probe(VantagePoint.INTERNET, entry, ProbeRequest.GATEWAY_HOST, ProbeOutcome.ANSWER),
    )


def silent_to_the_internet(option: str, entry: str, what: str = "The gateway") -> Expectation:
    """Callers on the internet get nothing from the gateway at this component."""
    return Expectation(
        f"{option}.gateway-unreachable-from-internet",
        "V4",
        f"{what} does not answer from the internet",
        Probe(VantagePoint.INTERNET, entry, ProbeRequest.GATEWAY_ADDRESSES, ProbeOutcome.SILENCE),
    )


def common(option: str, entry: str, vantage: VantagePoint) -> tuple[Expectation, ...]:
    """Keys are demanded, operations reach their Service, callers keep theirs: true of all options.

    `entry` is the component that consumers call, `vantage` the place they call it from.
    """
    return (*_derived(option), *_keys(option, entry, vantage))


def public_endpoints(
    id: str, claim: str, statement: str, least: int, setting: Setting
) -> Expectation:
    """At most so many public endpoints, besides those of front ends and token issuers, by name."""
    own = [s.name for s in setting.own_entries]
    if own:
        statement += f", apart from the own entry of {' and '.join(own)}, which is no API"
    return Expectation(id, claim, statement, Measured(PUBLIC_ENDPOINTS, least + len(own)))


def other_address_refused(
    option: str, target: str | EveryService, claim: str, call: str
) -> Expectation:
    """An address list that names the gateway alone stops a `call` from anywhere else."""
    asked = ProbeRequest.CONNECTION, ProbeOutcome.SILENCE
    return Expectation(
        f"{option}.other-address-refused",
        claim,
        f"{call} is refused",
        Probe(VantagePoint.OTHER_ADDRESS, target, *asked),
    )


def _derived(option: str) -> tuple[Expectation, ...]:
    return (
        Expectation(
            f"{option}.operations-reach-their-service",
            "K3",
            "Every published operation reaches the Service that declares it",
            Derived(DesignRule.OPERATIONS_REACH_THEIR_SERVICE),
        ),
        Expectation(
            f"{option}.tier-can",
            "V2",
            "The tier has every feature that the option needs",
            Derived(DesignRule.TIER_CAN),
        ),
        Expectation(
            f"{option}.callers-keep-access",
            "K2",
            "Every known caller inside the cluster opens its connections to Services as before",
            Derived(DesignRule.CALLERS_KEEP_ACCESS),
        ),
        Expectation(
            f"{option}.nobody-loses-access-by-deploying",
            "K2",
            "Whoever reaches a Service today still does once what is new is deployed beside it",
            Derived(DesignRule.NOBODY_LOSES_ACCESS_BY_DEPLOYING),
        ),
        Expectation(
            f"{option}.gateway-reaches-backends",
            "K3",
            "The gateway gets through to the pods behind every published operation",
            Derived(DesignRule.GATEWAY_REACHES_BACKENDS),
        ),
        Expectation(
            f"{option}.nothing-around-the-gateway",
            "D1",
            "No path leads to a published Service without the gateway's own credential or address",
            Derived(DesignRule.NOTHING_AROUND_THE_GATEWAY),
        ),
    )


def _keys(option: str, entry: str, vantage: VantagePoint) -> tuple[Expectation, ...]:
    refused, served = ProbeOutcome.UNAUTHORISED, ProbeOutcome.SERVED
    return (
        Expectation(
            f"{option}.missing-key-refused",
            "S1",
            "A call without a subscription key is refused and never reaches a back end",
            Probe(vantage, entry, ProbeRequest.NO_KEY, refused),
        ),
        Expectation(
            f"{option}.wrong-key-refused",
            "S1",
            "A call with a wrong subscription key is refused and never reaches a back end",
            Probe(vantage, entry, ProbeRequest.WRONG_KEY, refused),
        ),
        Expectation(
            f"{option}.valid-key-served",
            "S1",
            "A call with a valid key and token is served",
            Probe(vantage, entry, ProbeRequest.VALID_KEY, served),
        ),
    )


_CONSUMERS_ASK = (ProbeRequest.NO_KEY, ProbeRequest.WRONG_KEY, ProbeRequest.VALID_KEY)


def asked_at(
    expectations: Iterable[Expectation], entry: str, vantage: VantagePoint
) -> tuple[Expectation, ...]:
    """The same expectations, where consumers call another component from another place."""
    return tuple(
        replace(e, test=replace(e.test, target=entry, vantage=vantage))
        if isinstance(e.test, Probe) and e.test.request in _CONSUMERS_ASK
        else e
        for e in expectations
    )


def required_rules(topology: Topology) -> tuple[Expectation, ...]:
    """That every security group has its rules, unless the topology promises it already."""
    id = f"{topology.option}.required-rules"
    if any(e.id == id for e in topology.expectations):
        return ()
    statement = "Every security group has the rules that are required of it, none wider"
    return (Expectation(id, "V+4", statement, Derived(DesignRule.REQUIRED_RULES)),)


@dataclass(frozen=True, slots=True)
class DeployedPromise:
    """An expectation of deployed resources, and the topologies that it applies to."""

    aspect: Aspect
    claim: str
    statement: str
    has: Callable[[Topology], object] = lambda _: True

    def of(self, option: str) -> Expectation:
        """The promise of this option."""
        return Expectation(
            f"{option}.deployed-{self.aspect}", self.claim, self.statement, InAzure(self.aspect)
        )


def _networked(topology: Topology) -> bool:
    return topology.mode != "none"


DEPLOYED_PROMISES = (
    DeployedPromise(Aspect.TIER, "V2", "API Management has the tier and the units of the design"),
    DeployedPromise(
        Aspect.NETWORK_TYPE, "D1", "API Management is tied to a network as designed, not otherwise"
    ),
    DeployedPromise(
        Aspect.SUBNET,
        "V1",
        "The gateway's subnet has the designed range, delegation and security group",
        _networked,
    ),
    DeployedPromise(
        Aspect.SECURITY_RULES,
        "V+4",
        "The security group holds every designed rule, and none that lets more through",
        lambda t: t.rules,
    ),
    DeployedPromise(
        Aspect.ROUTES,
        "V-1",
        "The subnets have the designed routes and ways out, and no route takes their place",
        lambda t: t.of_kind(Kind.FIREWALL, Kind.NAT_GATEWAY),
    ),
    DeployedPromise(
        Aspect.PRIVATE_NAMES,
        "V-1",
        "Every private name leads to the designed address in each network that needs it",
        lambda t: any(n.private for n in t.names),
    ),
    DeployedPromise(
        Aspect.PUBLIC_ADDRESSES, "D1", "The public addresses are the designed ones, and no other"
    ),
    DeployedPromise(
        Aspect.EDGE,
        "V4",
        "The edge runs its firewall in prevention and calls the gateway by its name",
        lambda t: t.of_kind(*EDGE_KINDS),
    ),
    DeployedPromise(
        Aspect.CERTIFICATES,
        "I-1",
        "Every certificate is there and stays valid long enough to be replaced in time",
        lambda t: any(not c.kept_by_azure for c in t.certificates),
    ),
    DeployedPromise(
        Aspect.BACK_ENDS, "K3", "Every back end leads where the design says, with TLS checked"
    ),
    DeployedPromise(Aspect.POLICIES, "B2", "The policies are those of the design"),
    DeployedPromise(
        Aspect.SUBSCRIPTION_REQUIRED, "S1", "Every API and product demands a subscription"
    ),
    DeployedPromise(
        Aspect.IDENTITY, "P2", "The gateway has an identity of its own and the roles it needs"
    ),
    DeployedPromise(
        Aspect.DIAGNOSTICS, "B2", "Calls are logged, with their correlation id and without secrets"
    ),
    DeployedPromise(
        Aspect.NETWORK_STATUS, "V-1", "API Management reaches what it depends on", _networked
    ),
    DeployedPromise(
        Aspect.CLUSTER, "D1", "The cluster enforces network policies and is as private as required"
    ),
    DeployedPromise(
        Aspect.SELF_HOSTED,
        "D1",
        "The gateway in the cluster serves every API under its name, the one that Azure runs none",
        lambda t: t.self_hosted,
    ),
)


def in_azure(topology: Topology) -> tuple[Expectation, ...]:
    """The expectations of this topology's resources once they are deployed."""
    return tuple(p.of(topology.option) for p in DEPLOYED_PROMISES if p.has(topology))
