"""The probes of the deployed option: one function for each kind of request, with controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from apim_aks.remote.azure import redacted
from apim_aks.topology import Probe, ProbeRequest
from apim_aks.verification.checks import how
from apim_aks.verification.probes import (
    address_lists,
    bypass,
    client_certificates,
    edge,
    given_tokens,
    keys,
    reachability,
)
from apim_aks.verification.probes.places import misplaced
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run

Asking = Callable[[LiveScene, Probe], Verdict]

_ASKED: Mapping[ProbeRequest, Asking] = {
    ProbeRequest.NO_KEY: keys.without_key,
    ProbeRequest.WRONG_KEY: keys.with_wrong_key,
    ProbeRequest.VALID_KEY: keys.with_valid_key,
    ProbeRequest.NO_TOKEN: bypass.without_token,
    ProbeRequest.EXPIRED_TOKEN: partial(bypass.with_given, given_tokens.EXPIRED),
    ProbeRequest.OTHER_AUDIENCE: partial(bypass.with_given, given_tokens.OTHER_AUDIENCE),
    ProbeRequest.OTHER_IDENTITY: partial(bypass.with_given, given_tokens.OTHER_IDENTITY),
    ProbeRequest.FOREIGN_SIGNING_KEY: bypass.with_foreign_key,
    ProbeRequest.GATEWAY_TOKEN: bypass.served_to_gateway,
    ProbeRequest.GATEWAY_CERTIFICATE: bypass.served_to_gateway,
    ProbeRequest.NO_CERTIFICATE: client_certificates.without_certificate,
    ProbeRequest.FOREIGN_CERTIFICATE: client_certificates.with_foreign_certificate,
    ProbeRequest.EXPIRED_CERTIFICATE: client_certificates.with_expired_certificate,
    ProbeRequest.CONNECTION: address_lists.from_another_address,
    ProbeRequest.GATEWAY_HOST: reachability.gateway_answers,
    ProbeRequest.GATEWAY_ADDRESSES: reachability.gateway_silent,
    ProbeRequest.CLOSED_GATEWAY: reachability.gateway_closed,
    ProbeRequest.EDGE_HOST: edge.edge_answers,
    ProbeRequest.AROUND_EDGE: edge.refused_around_edge,
    ProbeRequest.ATTACK: edge.attack_refused,
    ProbeRequest.AROUND_GATEWAY: reachability.cluster_silent,
    ProbeRequest.OTHER_SUBNET: reachability.other_subnet_silent,
}


def _placed(ask: Asking, scene: LiveScene, probe: Probe) -> Verdict:
    """Runs the probe from the right place only, and removes secrets from the result."""
    if why := misplaced(scene, probe):
        return not_run(redacted(why), how(probe))
    found = ask(scene, probe)
    words = "; ".join(w for w in (how(probe), found.how) if w)
    return Verdict(found.state, redacted(found.seen), redacted(words), redacted(found.reason))


PROBES: dict[ProbeRequest, Asking] = {
    request: partial(_placed, ask) for request, ask in _ASKED.items()
}
"""The function for each `request` of a probe."""
