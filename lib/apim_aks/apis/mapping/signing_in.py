"""Where callers have no token yet: what issues tokens, and which operations are part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from apim_aks.apis.mapping.model import About, Api, ApiOperation, Note, Role
from apim_aks.apis.mapping.roles import role
from apim_aks.facts.services import sign_in_paths
from apim_aks.workload.model import Service


def signs_in(operation: ApiOperation, service: Service) -> bool:
    """The operation is called before the caller has a token, so no token can be asked for."""
    if operation.undescribed:
        return service.once(role)[0] is Role.IDENTITY
    path = f"/{operation.backend_path.strip('/').lower()}"
    return path.endswith(_endings())


@cache
def _endings() -> tuple[str, ...]:
    return tuple(f"/{row.ending}" for row in sign_in_paths())


def asked_notes(apis: Iterable[Api], services: Mapping[str, Service]) -> Iterator[Note]:
    """Which operations ask for no token, and which APIs for no more than a valid one."""
    for api in apis:
        open_ = [o for o in api.operations if signs_in(o, services[o.service])]
        if open_:
            listed = ", ".join(f"{o.method} {o.template}" for o in open_)
            sentence = f"no token is asked for, since callers get theirs there: {listed}"
            yield Note(About.SIGN_IN, api.id, sentence)
        if len(open_) < len(api.operations) and not api.permissions:
            yield Note(
                About.PERMISSION,
                api.id,
                "a valid token is enough; permissions in it are asked for where "
                "`apis: {<id>: {permissions: {read: [...], write: [...]}}}` of workload.yaml names "
                "them",
            )
