"""From where a connection may come: places outside the pods, each one set of addresses."""

from __future__ import annotations

from enum import StrEnum


class Zone(StrEnum):
    """A place that connections come from, the widest first, named as verdicts name their source."""

    INTERNET = "{internet}"
    REGION = "{region}"
    NETWORK = "{network}"
    PEERED = "{peered}"
    ON_PREMISES = "{on-premises}"
    GATEWAY = "{gateway}"
    NODES = "{nodes}"

    @property
    def words(self) -> str:
        """What the place is, in plain words."""
        return _WORDS[self]

    @property
    def short(self) -> str:
        """The place in a list of several, and as the head of a column."""
        return _SHORT[self]


_WORDS = {
    Zone.INTERNET: "the internet",
    Zone.REGION: "every tenant of the Azure region",
    Zone.NETWORK: "the virtual network",
    Zone.PEERED: "networks that are peered with it",
    Zone.ON_PREMISES: "on-premises networks that are connected with it",
    Zone.GATEWAY: "the gateway's subnet, or the addresses that its calls come from",
    Zone.NODES: "the nodes of the cluster, and the pods in their networks",
}
_SHORT = {
    Zone.INTERNET: "the internet",
    Zone.REGION: "the Azure region",
    Zone.NETWORK: "the virtual network",
    Zone.PEERED: "peered networks",
    Zone.ON_PREMISES: "on premises",
    Zone.GATEWAY: "the gateway",
    Zone.NODES: "the nodes",
}
