"""Who may open connections to and from which pods: policies as values, each part with its line.

Two are equal that say the same in different places.

What the fields mean: kubernetes/api@10b39a3, networking/v1/types.go; for policies of the whole
cluster kubernetes-sigs/network-policy-api@0eec1b0, apis/v1alpha1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

LAST_PORT = 65535
PROTOCOLS = ("TCP", "UDP", "SCTP")


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of a selector; `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def fits(self, labels: Mapping[str, str], whole: bool = True) -> bool:
        """These labels fit; where more may be there (`whole` is false), they could fit."""
        if self.key not in labels:
            return not whole or self.operator in ("NotIn", "DoesNotExist")
        if self.operator == "In":
            return labels[self.key] in self.values
        if self.operator == "NotIn":
            return labels[self.key] not in self.values
        return self.operator == "Exists"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which labels are picked: equal ones, and expressions; everything where it has neither."""

    equal: tuple[tuple[str, str], ...] = ()
    expressions: tuple[Expression, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the labels that are asked for."""
        return frozenset((*(k for k, _ in self.equal), *(e.key for e in self.expressions)))

    @property
    def picks_all(self) -> bool:
        """No label is asked for."""
        return not self.equal and not self.expressions

    def picks_every(self, labels: Mapping[str, str]) -> bool:
        """Whatever has these labels is picked, whichever others it has."""
        return self.keys <= labels.keys() and self.picks(labels)

    def picks(self, labels: Mapping[str, str], whole: bool = True) -> bool:
        """What has these labels is picked; where more may be there, it could be."""
        return all(labels[k] == v if k in labels else not whole for k, v in self.equal) and all(
            expression.fits(labels, whole) for expression in self.expressions
        )


@dataclass(frozen=True, slots=True)
class Block:
    """The addresses of an `ipBlock`: a range without those that it excepts."""

    addresses: IPv4Network | IPv6Network
    excepted: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One entry of `from` or `to`: pods by their labels and those of their namespace, or addresses.

    Without `namespaces` it is the policy's own. `unread` is a field that nothing here models.
    """

    line: int = field(compare=False)
    pods: Selector | None = None
    namespaces: Selector | None = None
    block: Block | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPort:
    """Ports of one protocol, from `first` to `last`, or those that the called pod names `name`.

    Without a protocol the name counts for each.
    """

    line: int = field(compare=False)
    protocol: str = ""
    first: int = 1
    last: int = LAST_PORT
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """Peers and ports that are admitted together; no peers are all peers, no ports all ports."""

    line: int = field(compare=False)
    peers: tuple[Peer, ...] = ()
    ports: tuple[PolicyPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    """A NetworkPolicy of `networking.k8s.io/v1`.

    A direction that the policy leaves alone is None; one without rules admits nobody.
    """

    namespace: str
    name: str
    selects: Selector
    ingress: tuple[PolicyRule, ...] | None
    egress: tuple[PolicyRule, ...] | None
    file: str = field(compare=False)
    line: int = field(compare=False)

    @property
    def id(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"


class Action(StrEnum):
    """What a rule for the whole cluster does with a connection that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRule(PolicyRule):
    """A rule that allows, denies or passes on to NetworkPolicies; it always names its peers."""

    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPolicy:
    """An AdminNetworkPolicy, the BaselineAdminNetworkPolicy, or their successor.

    The first rule that matches decides, in the order of priorities from 0; the baseline is asked
    last, and only for pods that no NetworkPolicy selects. A BaselineAdminNetworkPolicy has no
    priority; `tier`, Admin or Baseline, is that of a ClusterNetworkPolicy and empty for others.
    """

    name: str
    priority: int | None
    subject: Peer
    ingress: tuple[AdminRule, ...]
    egress: tuple[AdminRule, ...]
    tier: str = ""
    file: str = field(compare=False)
    line: int = field(compare=False)

    @property
    def is_baseline(self) -> bool:
        """It is asked last."""
        return self.priority is None or self.tier == "Baseline"
