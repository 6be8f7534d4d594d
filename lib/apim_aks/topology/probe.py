"""A probe: who asks whom, with what, and how it has to end. Ids are stable, words may change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Worded(StrEnum):
    """A stable id with a label for readers; the id itself is the default label."""

    words: str

    def __new__(cls, id: str, words: str = "") -> Self:
        """The member of this id, with its words."""
        member = str.__new__(cls, id)
        member._value_ = id
        member.words = words or id
        return member


class VantagePoint(Worded):
    """Where a probe is asked from. What only the gateway can show is asked through it."""

    INTERNET = "internet", "the internet"
    SAME_VNET = "same-vnet"
    PEERED_VNET = "peered-vnet"
    ON_PREMISES = "on-premises"
    OTHER_ADDRESS = "other-address", "the internet, another address"
    GATEWAY = "gateway", "the gateway"


class EveryService(Worded):
    """Whom a probe asks where that is no single component."""

    PUBLISHED = "published", "every published Service"
    PUBLIC = "public", "every public Service"
    LISTED = "listed", "every public entry that lists the gateway's address"


class ProbeRequest(Worded):
    """What a probe asks with. `verification.probes` has one handler for each."""

    NO_KEY = "no-key", "no subscription key"
    WRONG_KEY = "wrong-key", "an invented subscription key"
    VALID_KEY = "valid-key", "a valid key and token"
    NO_TOKEN = "no-token", "no token"
    EXPIRED_TOKEN = "expired-token", "an expired token"
    OTHER_AUDIENCE = "other-audience", "a token for another audience"
    OTHER_IDENTITY = "other-identity", "a token of another identity"
    FOREIGN_SIGNING_KEY = "foreign-signing-key", "a foreign key"
    GATEWAY_TOKEN = "gateway-token", "the gateway's token"
    GATEWAY_CERTIFICATE = "gateway-certificate", "the gateway's certificate"
    NO_CERTIFICATE = "no-certificate", "no certificate"
    FOREIGN_CERTIFICATE = "foreign-certificate", "a foreign certificate"
    EXPIRED_CERTIFICATE = "expired-certificate", "an expired certificate"
    CONNECTION = "connection", "a connection"
    GATEWAY_HOST = "gateway-host", "a call to the gateway's host name"
    GATEWAY_ADDRESSES = "gateway-addresses", "a call to the gateway's name and addresses"
    CLOSED_GATEWAY = "closed-gateway", "a call to the gateway's public name"
    EDGE_HOST = "edge-host", "a call to the edge's host name"
    AROUND_EDGE = "around-edge", "a valid call to the gateway's own name"
    ATTACK = "attack", "a call that looks like an attack"
    AROUND_GATEWAY = "around-gateway", "a call around the gateway"
    OTHER_SUBNET = "other-subnet", "a call from another subnet"


class ProbeOutcome(Worded):
    """How a probe has to end."""

    UNAUTHORISED = "unauthorised", "401, no back-end telemetry"
    REFUSED = "refused", "401 or 403"
    FORBIDDEN = "forbidden", "403"
    HANDSHAKE_REFUSED = "handshake-refused", "refused in the TLS handshake"
    SERVED = "served", "the Service's answer"
    SERVED_BY_EACH = "served-by-each", "the answer"
    ANSWER = "answer", "an answer"
    SILENCE = "silence", "no answer"


@dataclass(frozen=True, slots=True)
class Probe:
    """An expectation that only the built thing settles: who asks whom, with what, and the end.

    `target` is the id of a component, or a group of Services.
    """

    vantage: VantagePoint
    target: str | EveryService
    request: ProbeRequest
    outcome: ProbeOutcome

    @property
    def words(self) -> str:
        """The probe in one clause."""
        asked = self.target.words if isinstance(self.target, EveryService) else self.target
        ends = f"expected {self.outcome.words}"
        return f"from {self.vantage.words} to {asked}: {self.request.words}; {ends}"
