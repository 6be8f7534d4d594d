"""The contents of the documents of each scope: service, product, API and operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apim_aks.apis.mapping import Api, ApiOperation, operation_name, signs_in
from apim_aks.artefacts.policies import answers, back_ends, caching, callers, carried
from apim_aks.artefacts.policies.back_ends import Routes
from apim_aks.artefacts.policies.document import BASE, Block, Page
from apim_aks.facts import Tier
from apim_aks.topology import Auth, Topology
from apim_aks.workload.handling import Handling
from apim_aks.workload.model import Service, TokenValidation
from apim_aks.workload.traffic import Traffic
from apim_aks.workload.url_template import joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What the documents of one placement are made for.

    `prefix` is empty where the gateway is ours as a whole. An existing one is not: each API then
    carries what would stand in the document of the service, and shared names get the prefix.
    `edge` is the range of the edge in front, from which calls come that its firewall let through.
    `front_door` is how policies refer to the id of the Front Door that alone is admitted by its
    header, `addresses_at_edge` says that only the edge sees whose address a call comes from.
    """

    topology: Topology
    tier: Tier
    services: Mapping[str, Service]
    routes: Routes
    prefix: str
    traffic: Traffic = Traffic()
    edge: str = ""
    front_door: str = ""
    addresses_at_edge: bool = False

    @property
    def inbound(self) -> Block:
        """The statements that come first."""
        return answers.inbound(self.topology, self.tier, self.traffic, self.front_door)

    def admission(self, does: Handling) -> tuple[Block, ...]:
        """Lists of callers' addresses, where the gateway sees these."""
        return () if self.addresses_at_edge else carried.admission(does, self.edge)

    @property
    def caches(self) -> bool:
        """It keeps answers itself; one in the cluster has no cache of its own on any tier."""
        return self.tier.has("built_in_cache") and self.topology.self_hosted is None

    @property
    def whole(self) -> bool:
        """The gateway is ours to configure as a whole."""
        return not self.prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the document of an API does for all its operations, and so what is left for each one.

    `main` is the Service that most operations reach, `path` what stands before their templates
    there, `routed` whether the API's document names the back end, `does` what today's routes do to
    the calls of all of them.
    """

    api: Api
    main: str
    paths: tuple[str, ...]
    path: str
    wildcard: bool
    routed: bool
    tokens: tuple[TokenValidation, ...]
    sign_in: tuple[ApiOperation, ...]
    does: Handling


def plan(api: Api, gateway: Gateway) -> Plan:
    """How the operations of this API share its document."""
    main = Counter(o.service for o in api.operations).most_common(1)[0][0]
    paths = tuple(back_ends.behind(gateway.routes, o) for o in api.operations)
    mine = [(o, p) for o, p in zip(api.operations, paths, strict=True) if o.service == main]
    return Plan(
        api=api,
        main=main,
        paths=paths,
        path=back_ends.common_path(mine),
        wildcard=all(o.passes_on for o, _ in mine),
        routed=_overridable(api, main, gateway.routes),
        tokens=callers.expected(gateway.services[s] for s in api.services),
        sign_in=tuple(o for o in api.operations if signs_in(o, gateway.services[o.service])),
        does=carried.common(api),
    )


def _overridable(api: Api, main: str, routes: Routes) -> bool:
    """Another Service of the API never gets what only the main one should see.

    An operation can replace or drop a token, but not a client certificate.
    """
    shown = routes.credential(main)
    certificate = shown is not None and shown.auth is Auth.CLIENT_CERTIFICATE
    return not certificate or all(routes.credential(s) == shown for s in api.services)


def of_service(gateway: Gateway) -> Page:
    """The document of the whole gateway. No scope is around it, so no `base` stands in it."""
    sections = (
        (gateway.inbound,),
        (answers.forward(),),
        (answers.outbound(),),
        (answers.on_error(),),
    )
    return Page("service.xml", "service", "service", sections)


def of_product(id: str, gateway: Gateway) -> Page:
    """The document of the product: what each subscription may use."""
    return Page(f"product-{id}.xml", "product", id, _around((answers.limits(gateway.traffic),)))


def of_api(made: Plan, gateway: Gateway) -> Page:
    """The document of an API: who may call it, and where it goes."""
    api = made.api
    inbound = (
        *gateway.admission(made.does),
        *_asked(made, gateway),
        *(back_ends.routing(gateway.routes, made.main) if made.routed else ()),
        *back_ends.rewriting(made.path, made.wildcard),
        *carried.headers(made.does.request_headers),
    )
    outbound = carried.headers(made.does.response_headers)
    sections = _around(inbound, outbound) if gateway.whole else _alone(inbound, outbound, gateway)
    before, passed, *after = sections
    passed = (carried.forward(made.does),) if made.does.timeout else passed
    sections = ((*carried.cors(api), *before), passed, *after)
    return Page(f"api-{api.id}.xml", "api", api.id, sections)


def _asked(made: Plan, gateway: Gateway) -> tuple[Block, ...]:
    """What callers have to show: a token, and the permissions in it that workload.yaml names."""
    if len(made.sign_in) == len(made.api.operations):
        return (callers.without_token(),)
    asked = (
        callers.validation(made.tokens, gateway.prefix),
        *callers.permission(made.api.permissions),
    )
    if not made.sign_in:
        return asked
    return (callers.but_for(tuple(_id(o) for o in made.sign_in), asked),)


def _id(operation: ApiOperation) -> str:
    return operation_name(operation.operation_id)


def _around(
    inbound: tuple[Block, ...], outbound: tuple[Block, ...] = ()
) -> tuple[tuple[Block, ...], ...]:
    return (BASE, *inbound), (BASE,), (*outbound, BASE), (BASE,)


def _alone(
    inbound: tuple[Block, ...], outbound: tuple[Block, ...], gateway: Gateway
) -> tuple[tuple[Block, ...], ...]:
    """The same with what no service document of ours does; the call forward replaces `base`."""
    return (
        (BASE, gateway.inbound, *inbound),
        (answers.forward(),),
        (*outbound, BASE, answers.outbound()),
        (BASE, answers.on_error()),
    )


def of_operations(made: Plan, gateway: Gateway) -> Iterator[Page]:
    """The documents of the operations for which that of their API is not enough."""
    for operation, path in zip(made.api.operations, made.paths, strict=True):
        does = carried.beside(operation.handling, made.does)
        inbound = (
            *gateway.admission(does),
            *caching.lookup(operation, gateway.caches),
            *_left(made, operation, path, gateway),
            *carried.headers(does.request_headers),
        )
        # What is kept holds no id of this call: `base` puts that on afterwards, each time anew.
        kept = caching.store(operation, gateway.caches)
        outbound = (*kept, *carried.headers(does.response_headers))
        passed = _passed(operation, does)
        if inbound or outbound or passed:
            id = _id(operation)
            name = f"operation-{made.api.id}-{id}.xml"
            before, around, *after = _around(inbound, outbound)
            sections = (before, passed or around, *after)
            yield Page(name, "operation", f"{made.api.id}/{id}", sections)


def _passed(operation: ApiOperation, does: Handling) -> tuple[Block, ...]:
    """The call forward where it is not that of the API; a call that lasts has its own."""
    if operation.lasting:
        return (answers.forward_lasting(),)
    return (carried.forward(does),) if does.timeout else ()


def _left(made: Plan, operation: ApiOperation, path: str, gateway: Gateway) -> Iterator[Block]:
    elsewhere = operation.service != made.main
    own = callers.expected([gateway.services[operation.service]])
    if elsewhere and own and len(made.tokens) > 1 and operation not in made.sign_in:
        yield callers.validation(own, gateway.prefix)
    if elsewhere or not made.routed:
        yield from back_ends.routing(gateway.routes, operation.service)
    if operation.passes_on:
        before = path.removesuffix(operation.template)
        if not made.wildcard or before != made.path:
            yield from back_ends.rewriting(before, True)
    elif made.wildcard or joined(made.path, operation.template) != path:
        yield back_ends.rewritten(path)
