"""What the built thing answers: for each request of a probe what is done, with its controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from apim_aks.remote.azure import redacted
from apim_aks.topology import Probe
from apim_aks.verification.checks import how
from apim_aks.verification.probes import (
    bypass,
    client_certificates,
    given_tokens,
    keys,
    reachability,
)
from apim_aks.verification.probes.places import misplaced
from apim_aks.verification.probes.through import VALID
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run

Asking = Callable[[LiveScene, Probe], Verdict]

_ASKED: Mapping[str, Asking] = {
    "no subscription key": keys.without_key,
    "an invented subscription key": keys.with_wrong_key,
    VALID: keys.with_valid_key,
    "no token": bypass.without_token,
    "an expired token": partial(bypass.with_given, given_tokens.EXPIRED),
    "a token for another audience": partial(bypass.with_given, given_tokens.OTHER_AUDIENCE),
    "a token of another identity": partial(bypass.with_given, given_tokens.OTHER_IDENTITY),
    "a foreign key": bypass.with_foreign_key,
    "the gateway's token": bypass.served_to_gateway,
    "the gateway's certificate": bypass.served_to_gateway,
    "no certificate": client_certificates.without_certificate,
    "a foreign certificate": client_certificates.with_foreign_certificate,
    "an expired certificate": client_certificates.with_expired_certificate,
    "a connection": client_certificates.from_another_address,
    "a call to the gateway's host name": reachability.gateway_answers,
    "a call to the gateway's name and addresses": reachability.gateway_silent,
    "a call around the gateway": reachability.cluster_silent,
    "a call from another subnet": reachability.other_subnet_silent,
}


def _placed(ask: Asking, scene: LiveScene, probe: Probe) -> Verdict:
    """Asked from the right place only; nothing secret leaves in any word."""
    if why := misplaced(scene, probe):
        return not_run(redacted(why), how(probe))
    found = ask(scene, probe)
    words = "; ".join(w for w in (how(probe), found.how) if w)
    return Verdict(found.state, redacted(found.seen), redacted(words), redacted(found.reason))


PROBES: dict[str, Asking] = {request: partial(_placed, ask) for request, ask in _ASKED.items()}
"""What is done for each `request` of a probe."""
