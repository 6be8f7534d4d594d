"""One ingress without client certificates, which is protected by its reachability alone.

Tokens of the Services meet the authentication that claim V5 says may still be needed: the ingress
passes them on, and each Service that can checks its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.options import ingress_mtls
from apim_aks.options.entra import checks_gateway_token
from apim_aks.options.option import Setting
from apim_aks.topology import (
    Auth,
    Backend,
    Component,
    Credential,
    Expectation,
    Exposure,
    Link,
    Reach,
)
from apim_aks.workload.model import Service
from apim_aks.workload.names import service_label

ASKS_NOTHING = "asks for no certificate: its address list alone says who may call"


def shown(service: Service) -> Auth:
    """The gateway's token where the Service can check it; else the caller's, which passes on."""
    if checks_gateway_token(service):
        return Auth.TOKEN
    return Auth.CALLER_TOKEN if service.validates else Auth.NONE


def tokens(setting: Setting) -> tuple[Credential, ...]:
    """The gateway's token for each Service that can check it."""
    return tuple(
        Credential(f"token-{s.id}", Auth.TOKEN, (s.id,), s.validates.audience)
        for s in setting.published
        if s.validates and checks_gateway_token(s)
    )


def ingress(setting: Setting) -> Component:
    """The ingress on a private address, which the gateway's subnet reaches and nobody else."""
    place = ingress_mtls.SPACE, Exposure.PRIVATE, Reach.GATEWAY
    return ingress_mtls.ingress(setting, *place, ASKS_NOTHING)


def links(setting: Setting, caller: str) -> tuple[Link, ...]:
    """`caller` reaches the ingress, the ingress each Service with what is shown to it."""
    within = (ingress_mtls.inside(s, shown(setting.main(s))) for s in setting.published)
    return (ingress_mtls.to_ingress(caller, Auth.NONE), *within)


def backends(setting: Setting, host: str) -> tuple[Backend, ...]:
    """One back end for the Services that get no token, and one for each that gets its own."""
    return tuple(_backends(setting, host))


def _backends(setting: Setting, host: str) -> Iterator[Backend]:
    by_token: dict[str, list[Service]] = {}
    for service in setting.published:
        main = setting.main(service)
        held = main.id if checks_gateway_token(main) else ""
        by_token.setdefault(held, []).append(service)
    for held, services in by_token.items():
        own = f"ingress-{service_label(setting.workload.service(held))}" if held else "ingress"
        credential = f"token-{held}" if held else ""
        yield ingress_mtls.behind_one(own, host, services, credential)


def promises(option: str) -> tuple[Expectation, ...]:
    """That its controller lives, and that it is the only way in."""
    return (
        ingress_mtls.supported(option, certificate=False),
        ingress_mtls.one_entry_point(option),
    )
