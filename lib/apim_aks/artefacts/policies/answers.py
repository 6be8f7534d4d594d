"""Answers of the gateway itself, and headers that it sets or removes on every call."""

from __future__ import annotations

from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.document import Block, Statement, block, comment, policy
from apim_aks.facts import Tier, policy_default
from apim_aks.topology import Auth, Kind, Topology
from apim_aks.workload.traffic import Limit, Traffic


def set_header(name: str, value: str) -> Statement:
    """This header with this value, whatever the caller sent."""
    return policy("set-header", policy("value", text=value), name=name, exists_action="override")


def without_header(name: str) -> Statement:
    """The message without this header."""
    return policy("set-header", name=name, exists_action="delete")


def inbound(topology: Topology, tier: Tier, traffic: Traffic, front_door: str = "") -> Block:
    """A correlation id on every call, no subscription key behind the gateway.

    `front_door` is how a policy refers to the id of the only Front Door that is admitted.
    """
    header = using.name("correlation-header")
    return block(
        *(_by_front_door(front_door) if front_door else ()),
        policy("set-variable", name=using.CORRELATION, value=using.correlation_id()),
        set_header(header, using.known_correlation_id()),
        _traced(),
        comment("The gateway has checked the key by now; the back end has no use for it."),
        without_header(using.name("subscription-key-header")),
        policy(
            "set-query-parameter",
            name=using.name("subscription-key-parameter"),
            exists_action="delete",
        ),
        *_keyless(topology, tier, traffic.rate),
        id="gateway-inbound",
    )


def _by_front_door(id: str) -> tuple[Statement, ...]:
    """Front Door says itself which profile a call came by; anything else is refused."""
    header = using.name("front-door-header")
    return (
        comment("The public address is open to everybody: only calls by our Front Door go on."),
        policy(
            "check-header",
            policy("value", text=id),
            name=header,
            failed_check_httpcode=403,
            failed_check_error_message="Call the public name of this API.",
            ignore_case=True,
        ),
        without_header(header),
    )


def _traced() -> Statement:
    return policy(
        "trace",
        policy("message", text="call received"),
        policy("metadata", name=using.CORRELATION, value=using.known_correlation_id()),
        source="gateway",
        severity="information",
    )


def _keyless(topology: Topology, tier: Tier, rate: Limit | None) -> tuple[Statement, ...]:
    """The stated rate for each address, where callers need no key and the tier counts by it."""
    callers = {c.id for c in topology.of_kind(Kind.CONSUMER)}
    calls = [link for link in topology.links if link.source in callers and not link.bypass]
    if all(Auth.SUBSCRIPTION_KEY in link.auth for link in calls):
        return ()
    if rate is None:
        return (comment(_UNLIMITED),)
    if not tier.has("rate_limit_by_key_policy"):
        return (comment("Callers without a key are not limited: this tier counts by key only."),)
    return (
        comment("A limit by subscription passes over callers without a key."),
        policy(
            "rate-limit-by-key",
            calls=rate.calls,
            renewal_period=rate.seconds,
            counter_key=using.ADDRESS,
        ),
    )


def outbound() -> Block:
    """The correlation id on every answer, and nothing that tells what runs behind."""
    return block(
        set_header(using.name("correlation-header"), using.known_correlation_id()),
        *map(_untold, policy_default("server-headers").names),
        id="gateway-outbound",
    )


def _untold(name: str) -> Statement:
    """The answer without this header; one that no policy can take away says something else."""
    if name in policy_default("headers-kept").names:
        return set_header(name, using.name("server-name"))
    return without_header(name)


def on_error() -> Block:
    """A problem in JSON for every error, with how long to wait or how to make oneself known."""
    wait = set_header("Retry-After", using.WAIT)
    challenge = set_header("WWW-Authenticate", using.CHALLENGE)
    failed = (using.STATUS, using.STATUS_REASON, using.problem())
    return block(
        policy(
            "choose",
            policy("when", answer(*failed, wait), condition=using.MUST_WAIT),
            policy("when", answer(*failed, challenge), condition=using.NOT_PROVEN),
            policy("otherwise", answer(*failed)),
        ),
        id="gateway-on-error",
    )


def answer(status: str, reason: str, body: str, *headers: Statement) -> Statement:
    """An answer of the gateway's own, in place of the back end's."""
    return policy(
        "return-response",
        policy("set-status", code=status, reason=reason),
        set_header("Content-Type", using.name("error-type")),
        set_header(using.name("correlation-header"), using.known_correlation_id()),
        *headers,
        policy("set-body", text=body),
    )


def refusal(condition: str, status: int, title: str) -> Statement:
    """This answer where the condition holds; the call goes on where it does not."""
    refused = answer(str(status), title, using.problem(status, title))
    return policy("choose", policy("when", refused, condition=condition))


def forward() -> Block:
    """The one call to the back end."""
    return block(policy("forward-request", timeout=policy_default("forward-timeout").number))


def forward_lasting() -> Block:
    """As `forward`, for calls that stream, carry a file or run long: without buffering."""
    seconds = policy_default("lasting-timeout").number
    return block(policy("forward-request", timeout=seconds, buffer_response=False))


def limits(traffic: Traffic) -> Block:
    """Calls of one subscription, in a short period and in a long one, as far as they are stated."""
    stated = (("rate-limit", traffic.rate), ("quota", traffic.quota))
    held = [
        policy(name, calls=limit.calls, renewal_period=limit.seconds)
        for name, limit in stated
        if limit
    ]
    return block(comment(_ROUGH if held else _UNLIMITED), *held)


_ROUGH = "Counted for each unit of the gateway and brought together roughly: no exact sum."
_UNLIMITED = "No consumer is throttled: traffic.per_consumer in workload.yaml states no figure."
