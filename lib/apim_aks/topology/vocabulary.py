"""The words of a topology: kinds of zones and components, who reaches them, what they ask for."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum


class ZoneKind(StrEnum):
    """A trust boundary: a box in the picture."""

    INTERNET = "internet"
    AZURE = "azure"
    NETWORK = "network"
    SUBNET = "subnet"
    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    PEERED_NETWORK = "peered-network"
    ON_PREMISES = "on-premises"


class Kind(StrEnum):
    """What a component is. Icons, templates and owners are rows keyed by it."""

    CONSUMER = "consumer"
    EDGE = "edge"
    FRONT_DOOR = "front-door"
    LOAD_BALANCER = "load-balancer"
    PRIVATE_ENDPOINT = "private-endpoint"
    GATEWAY = "gateway"
    MANAGEMENT = "management"
    INTEGRATION = "integration"
    NAT_GATEWAY = "nat-gateway"
    FIREWALL = "firewall"
    INGRESS = "ingress"
    TOKEN_PROXY = "token-proxy"
    SERVICE = "service"


EDGE_KINDS = (Kind.EDGE, Kind.FRONT_DOOR)
"""What may stand before the gateway: a firewall in the network, or one at Microsoft's own edge."""


class Reach(IntEnum):
    """The widest source that can open a connection to a component."""

    CLUSTER = -1
    GATEWAY = 0
    NETWORK = 1
    REGION = 2
    INTERNET = 3

    @property
    def label(self) -> str:
        """The source in words."""
        return {
            -1: "pods of the cluster",
            0: "the gateway only",
            1: "the virtual network and its peers",
            2: "every tenant of the Azure region",
            3: "the internet",
        }[self.value]


class Exposure(StrEnum):
    """What kind of address a component listens on."""

    PUBLIC = "public"
    PRIVATE = "private"
    CLUSTER = "cluster"
    NONE = "none"

    @property
    def label(self) -> str:
        """The address in words."""
        return {
            "public": "public address",
            "private": "private address in the virtual network",
            "cluster": "address inside the cluster",
            "none": "no address of its own",
        }[self.value]


class Auth(Enum):
    """What a caller must show on a link. The value is (id, words, pinned credential)."""

    NONE = ("none", "no authentication", False)
    SUBSCRIPTION_KEY = ("subscription-key", "subscription key", False)
    CALLER_TOKEN = ("caller-token", "caller's token", False)
    TOKEN = ("token", "gateway's token", True)
    CLIENT_CERTIFICATE = ("client-certificate", "client certificate", True)

    def __init__(self, id: str, label: str, pinned: bool) -> None:
        self._told = id, label, pinned

    @property
    def id(self) -> str:
        """The stable word in data and JSON."""
        return self._told[0]

    @property
    def label(self) -> str:
        """The words on an arrow."""
        return self._told[1]

    @property
    def pinned(self) -> bool:
        """Only the gateway holds this credential."""
        return self._told[2]


class Protocol(StrEnum):
    """What is spoken on a link."""

    HTTPS = "HTTPS"
    HTTP = "HTTP"
    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"
    GRPC = "gRPC"


class Authority(StrEnum):
    """Who signs a certificate: one that every client trusts, or one that has to be named."""

    PUBLIC = "public"
    PRIVATE = "private"

    @property
    def label(self) -> str:
        """The words for it in a table or sentence."""
        return f"a {self.value} authority"
