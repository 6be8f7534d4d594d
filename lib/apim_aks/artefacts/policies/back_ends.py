"""Where a call goes, what the gateway shows there, and under which path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from apim_aks.apis.mapping import ApiOperation
from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.answers import refusal, set_header, without_header
from apim_aks.artefacts.policies.document import Block, Statement, block, comment, literal, policy
from apim_aks.artefacts.policies.pools import pools_of
from apim_aks.errors import InputError
from apim_aks.options.drawn import Drawn
from apim_aks.options.entra import in_tenant
from apim_aks.topology import Auth, Backend, Credential, Kind, Topology
from apim_aks.workload.names import label, own_name
from apim_aks.workload.url_template import joined

_PARAMETER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Routes:
    """Which back end of a topology leads to which Service, looked up once.

    `tenant` is what stands in a policy for the tenant of API Management, `named` makes the name
    that a back end or certificate has there of its id. `pools` holds, by Service, the pool that
    divides its calls.
    """

    topology: Topology
    tenant: str
    by_service: Mapping[str, tuple[Backend, str]]
    named: Callable[[str], str]
    pools: Mapping[str, str] = field(default_factory=dict)

    def prefix(self, service: str) -> str:
        """The path prefix that leads to this Service at its back end."""
        return self.by_service[service][1].rstrip("/") if service in self.by_service else ""

    def credential(self, service: str) -> Credential | None:
        """What the gateway shows at the back end of this Service."""
        held = self.by_service[service][0].credential if service in self.by_service else ""
        return next((c for c in self.topology.credentials if c.id == held), None)


def routes_of(drawn: Drawn, tenant: str) -> Routes:
    """The back ends of a placement by Service."""
    topology = drawn.topology
    routes = {id: (b, p) for b in topology.backends for id, p in b.routes}
    pools = {pool.service: pool.id for pool in pools_of(drawn)}
    return Routes(topology, tenant, routes, partial(own_name, drawn.workload), pools)


def certificate_id(topology: Topology) -> str:
    """The name, among API Management's certificates, of the one that the gateway shows."""
    gateways = {c.id for c in topology.of_kind(Kind.GATEWAY)}
    shown = (c for c in topology.certificates if c.trusted_by != "consumers")
    held = [c.id for c in shown if c.held_by in gateways]
    return label(held[0] if held else "client-certificate")


def routing(routes: Routes, service: str) -> tuple[Block, ...]:
    """The call goes to the back end of this Service, with what the gateway shows there.

    Nothing where the topology draws no back end for it.
    """
    if service not in routes.by_service:
        return ()
    backend, _ = routes.by_service[service]
    id = literal(backend.id, "the id of a back end")
    id = routes.pools.get(service, id)
    target = policy("set-backend-service", backend_id=routes.named(id))
    shown = _shown(routes, backend, routes.credential(service))
    return (block(target, *shown, id=f"back-end-{id}"),)


def _shown(routes: Routes, backend: Backend, shown: Credential | None) -> tuple[Statement, ...]:
    topology, header = routes.topology, using.name("gateway-token-header")
    if shown and shown.auth is Auth.TOKEN:
        audience = literal(shown.audience, f"the audience of {', '.join(shown.services)}")
        return (
            comment("The gateway's own token has a header of its own: the caller's stays."),
            policy(
                "authentication-managed-identity",
                resource=in_tenant(audience, routes.tenant),
                output_token_variable_name=using.TOKEN,
                ignore_error=False,
            ),
            set_header(header, using.bearer()),
        )
    if shown and shown.auth is Auth.CLIENT_CERTIFICATE:
        id = routes.named(certificate_id(topology))
        return policy("authentication-certificate", certificate_id=id), without_header(header)
    reach = topology.component(backend.component).reach
    sentence = f"No credential is shown here; who can connect to this back end: {reach.label}."
    return comment(sentence), without_header(header)


def behind(routes: Routes, operation: ApiOperation) -> str:
    """The operation's path at its back end, with the parameter names of its template.

    Raises:
        InputError: the path needs a parameter that the template does not have, or holds what
            API Management would evaluate.
    """
    path = routes.prefix(operation.service) + operation.backend_path
    literal(path, f"the path of {operation.method} {operation.template}")
    given, wanted = _PARAMETER.findall(operation.template), _PARAMETER.findall(path)
    if len(wanted) > len(given):
        raise InputError(
            f"{operation.method} {operation.template} leads to {path!r} of {operation.service}, "
            f"which has parameters {', '.join(wanted)}. Use a template with as many."
        )
    # Paths share their end: the template is what is left of one when its beginning is cut off.
    names = iter(given[len(given) - len(wanted) :])
    named = _PARAMETER.sub(lambda _: f"{{{next(names)}}}", path)
    if re.search(r"[{}]", _PARAMETER.sub("", path)):
        raise InputError(
            f"{operation.method} {operation.template} leads to {path!r} of {operation.service}. "
            "Use braces only around the name of a parameter."
        )
    return named


def common_path(paths: Iterable[tuple[ApiOperation, str]]) -> str:
    """The path that stands before most of these operations at their back end."""
    return Counter(_before(path, o.template) for o, path in paths).most_common(1)[0][0]


def _before(path: str, template: str) -> str:
    """What stands before the template; a template `/` may stand for nothing."""
    if path.endswith(template):
        return path[: -len(template)]
    return path.removesuffix(template[1:]) if joined("/", template) != f"/{template}" else ""


def rewriting(path: str, wildcard: bool) -> tuple[Block, ...]:
    """Rewrites every operation to `path` of the back end; empty if the paths are equal."""
    if not path:
        return ()
    known = block(policy("set-variable", name=using.PATH, value=path))
    if not wildcard:
        return known, block(_to(using.BACK_END_TEMPLATE), id="rewrite-path")
    climbing = refusal(using.CLIMBS, 400, "Bad Request")
    return known, block(climbing, _to(using.BACK_END_PATH), id="rewrite-whole-path")


def rewritten(path: str) -> Block:
    """This one operation under exactly this path of the back end."""
    return block(_to(path))


def _to(template: str) -> Statement:
    return policy("rewrite-uri", template=template, copy_unmatched_params=True)
