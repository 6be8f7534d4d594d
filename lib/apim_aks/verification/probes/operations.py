"""Operations that can be called without a change: one for each back end, with its paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.topology import Backend
from apim_aks.verification.scene import LiveScene

SAFE = ("GET", "HEAD", "OPTIONS")
_PARAMETER = re.compile(r"\{[^{}]*\}")
_INVENTED = "0"


@dataclass(frozen=True, slots=True)
class Asked:
    """A read operation: its path at the gateway, and at the back end of the Service.

    `invented` says that a parameter is invented, so that the Service may return an error.
    """

    method: str
    path: str
    behind: str
    service: str
    invented: bool = False

    @property
    def words(self) -> str:
        """The operation in words."""
        return f"{self.method} {self.path}"


def reading(scene: LiveScene, backend: Backend) -> Asked | None:
    """The operation to call at this back end; None if every operation makes a change.

    One without parameters first, then any call to a Service that is not described, then one with
    an invented parameter, since any answer shows that it was reached. Last come those where the
    gateway admits some addresses only.
    """
    found = sorted(_candidates(scene, backend), key=lambda pair: pair[0])
    return found[0][1] if found else None


def reading_of(api: Api, service: str) -> Asked | None:
    """The operation to call at a Service of an API, in the same order; None if none only reads."""
    mine = (o for o in api.operations if o.service == service)
    reads = [o for o in mine if o.wildcard or o.method in SAFE]
    first = min(reads, key=_rank, default=None)
    return _asked(api, first, "") if first else None


def _candidates(scene: LiveScene, backend: Backend) -> Iterator[tuple[tuple[bool, int], Asked]]:
    prefixes = dict(backend.routes)
    for api in scene.design.mapping.apis:
        for operation in api.operations:
            if operation.service in prefixes and (operation.wildcard or operation.method in SAFE):
                yield _rank(operation), _asked(api, operation, prefixes[operation.service])


def _rank(operation: ApiOperation) -> tuple[bool, int]:
    return bool(operation.handling.admitted), _ease(operation)


def _ease(operation: ApiOperation) -> int:
    if operation.wildcard:
        return 1
    plain = "{" not in operation.template + operation.backend_path
    return (0 if plain else 3) if operation.method == "GET" else (2 if plain else 4)


def _asked(api: Api, operation: ApiOperation, prefix: str) -> Asked:
    method = "GET" if operation.wildcard else operation.method
    path = _joined(api.path, api.version, _filled(operation.template))
    behind = _joined(prefix, _filled(operation.backend_path))
    invented = "{" in operation.template + operation.backend_path
    return Asked(method, path, behind, operation.service, invented)


def _filled(template: str) -> str:
    return _PARAMETER.sub(_INVENTED, template).replace("*", "")


def _joined(*parts: str) -> str:
    kept = [part.strip("/") for part in parts if part.strip("/")]
    return "/" + "/".join(kept).replace("/?", "?")
