"""What every option promises, whatever else it promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_aks.options.option import Setting
from apim_aks.topology import (
    Derived,
    Expectation,
    InAzure,
    Measured,
    Probe,
    Topology,
)


def common(option: str, entry: str, vantage: str) -> tuple[Expectation, ...]:
    """Keys are demanded, operations reach their Service, the tier can do it: true of all options.

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
    return Expectation(id, claim, statement, Measured("public-endpoints", least + len(own)))


def _derived(option: str) -> tuple[Expectation, ...]:
    return (
        Expectation(
            f"{option}.operations-reach-their-service",
            "K3",
            "Every published operation reaches the Service that declares it",
            Derived("operations-reach-their-service"),
        ),
        Expectation(
            f"{option}.tier-can",
            "V2",
            "The tier has every feature that the option needs",
            Derived("tier-can"),
        ),
        Expectation(
            f"{option}.nothing-around-the-gateway",
            "D1",
            "No path leads to a published Service without the gateway's own credential or address",
            Measured("around-the-gateway", 1.5),
        ),
    )


def _keys(option: str, entry: str, vantage: str) -> tuple[Expectation, ...]:
    return (
        Expectation(
            f"{option}.missing-key-refused",
            "S1",
            "A call without a subscription key is refused and never reaches a back end",
            Probe(vantage, entry, "no subscription key", "401, no back-end telemetry"),
        ),
        Expectation(
            f"{option}.wrong-key-refused",
            "S1",
            "A call with a wrong subscription key is refused and never reaches a back end",
            Probe(vantage, entry, "an invented subscription key", "401, no back-end telemetry"),
        ),
        Expectation(
            f"{option}.valid-key-served",
            "S1",
            "A call with a valid key and token is served",
            Probe(vantage, entry, "a valid key and token", "the Service's answer"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Aspect:
    """Something that Azure's records show of a deployed option, and which topologies have it."""

    id: str
    claim: str
    statement: str
    has: Callable[[Topology], object] = lambda _: True

    def of(self, option: str) -> Expectation:
        """The promise of this option."""
        return Expectation(f"{option}.deployed-{self.id}", self.claim, self.statement, self.test)

    @property
    def test(self) -> InAzure:
        """How it is settled."""
        return InAzure(self.id)


def _networked(topology: Topology) -> bool:
    return topology.mode != "none"


ASPECTS = (
    Aspect("tier", "V2", "API Management has the tier and the units of the design"),
    Aspect("network-type", "D1", "API Management is tied to a network as designed, not otherwise"),
    Aspect(
        "subnet",
        "V1",
        "The gateway's subnet has the designed range, delegation and security group",
        _networked,
    ),
    Aspect(
        "security-rules",
        "V+4",
        "The security group holds every designed rule, and none that lets more through",
        lambda t: t.rules,
    ),
    Aspect(
        "private-names",
        "V-1",
        "Every private name leads to the designed address in each network that needs it",
        lambda t: any(n.private for n in t.names),
    ),
    Aspect("public-addresses", "D1", "The public addresses are the designed ones, and no other"),
    Aspect(
        "certificates",
        "I-1",
        "Every certificate is there and stays valid long enough to be replaced in time",
        lambda t: t.certificates,
    ),
    Aspect("back-ends", "K3", "Every back end leads where the design says, with TLS checked"),
    Aspect("policies", "B2", "The policies are those of the design"),
    Aspect("subscription-required", "S1", "Every API and product demands a subscription"),
    Aspect("identity", "P2", "The gateway has an identity of its own and the roles it needs"),
    Aspect("diagnostics", "B2", "Calls are logged, with their correlation id and without secrets"),
    Aspect("network-status", "V-1", "API Management reaches what it depends on", _networked),
    Aspect("cluster", "D1", "The cluster enforces network policies and is as private as required"),
)


def in_azure(topology: Topology) -> tuple[Expectation, ...]:
    """What Azure's own records have to show of this topology once it is deployed."""
    return tuple(aspect.of(topology.option) for aspect in ASPECTS if aspect.has(topology))
