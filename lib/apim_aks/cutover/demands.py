"""What the gateway demands of an operation's callers, and what they already send today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.apis.mapping import Api, ApiOperation, signs_in
from apim_aks.artefacts.policies.callers import expected
from apim_aks.artefacts.policies.expressions import name
from apim_aks.cutover.change import Asked, Demand
from apim_aks.listing import listed
from apim_aks.options.entra import OWN_TENANT
from apim_aks.topology import Auth, Link
from apim_aks.workload.model import Service, TokenValidation, Workload

_READS = ("GET", "HEAD", "OPTIONS")
_ANY = "*"


def demands(
    workload: Workload, api: Api, operation: ApiOperation, entry: Sequence[Link]
) -> tuple[Demand, ...]:
    """The demands on a call of this operation by one of these links, in order of checking."""
    return tuple(_demands(workload, api, operation, entry))


def _demands(
    workload: Workload, api: Api, operation: ApiOperation, entry: Sequence[Link]
) -> Iterator[Demand]:
    service = workload.service(operation.service)
    if any(Auth.CLIENT_CERTIFICATE in link.auth for link in entry):
        yield Demand(Asked.CERTIFICATE, "a client certificate that the gateway's entry trusts")
    if admitted := operation.handling.admitted:
        yield Demand(Asked.ADDRESS, f"a call from one of {listed(admitted)}", True)
    header = name("subscription-key-header")
    yield Demand(Asked.KEY, f"a subscription key of the API in the header {header}")
    if not signs_in(operation, service):
        yield _token(workload, api, service)
        yield from _claims(api, operation)


def _token(workload: Workload, api: Api, service: Service) -> Demand:
    accepted = expected(map(workload.service, api.services))
    own = service.validates
    today = own is not None and own in accepted
    told = (own,) if own is not None and today else accepted
    words = " or ".join(map(_named, told)) or _OF_GATEWAY
    return Demand(Asked.TOKEN, f"an access token {words} in the header Authorization", today)


_OF_GATEWAY = "of the gateway's Entra ID tenant for the audience in the named value api-audience"


def _named(token: TokenValidation) -> str:
    own = token.issuer == OWN_TENANT
    issuer = "the gateway's Entra ID tenant" if own else token.issuer
    return f"of {issuer} for {token.audience}"


def _claims(api: Api, operation: ApiOperation) -> Iterator[Demand]:
    asked = api.permissions
    reads = operation.method in _READS
    groups = (("read", asked.read, reads), ("write", asked.write, not reads))
    for verb, values, concerned in groups:
        if values and (concerned or operation.method == _ANY):
            words = f"one of {listed(values)} in the token's scp, scope or roles, to {verb}"
            yield Demand(Asked.CLAIM, words)
