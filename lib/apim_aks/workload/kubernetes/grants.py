"""What a namespace lets objects of others name: ReferenceGrants of the Gateway API.

Without one, a back end or certificate in another namespace is invalid, and calls to such a back
end are answered with the status 500 (kubernetes-sigs/gateway-api@4564255:apis/v1/
httproute_types.go and apis/v1beta1/referencegrant_types.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.backends import is_service
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, items, text

GROUP = "gateway.networking.k8s.io"
ROUTES = ("HTTPRoute", "GRPCRoute")
"""The kinds of routes of this group that are read."""


class Grants:
    """What may be named from another namespace, as far as the input says it."""

    def __init__(self, objects: Iterable[Object], findings: list[Finding]) -> None:
        self._given: set[tuple[str, ...]] = set()
        for object in objects:
            if object.kind == "ReferenceGrant" and object.group == GROUP:
                try:
                    self._given.update(_given(object))
                except WrongField as error:
                    findings.append(object.refused(error))

    def lacking(self, object: Object, kind: str, to: dict[str, Any]) -> str:
        """The id of what the object names in another namespace that grants it to nobody like it."""
        space, name = text(to, "namespace") or object.namespace, text(to, "name")
        known = (object.kind, object.namespace, space, kind)
        if space == object.namespace or {(*known, ""), (*known, name)} & self._given:
            return ""
        return f"{space}/{name}"

    def backends(self, route: Object) -> dict[str, Path_]:
        """The ids of the Services that this route names in vain, each with the place."""
        found: dict[str, Path_] = {}
        for _, at_rule in items(route.data, "spec", "rules"):
            for backend, at_backend in items(route.data, *at_rule, "backendRefs"):
                if is_service(backend) and (id := self.lacking(route, "Service", backend)):
                    found.setdefault(id, at_backend)
        return found

    def certificates(self, gateway: Object) -> Iterator[tuple[str, Path_]]:
        """The ids of the Secrets that this Gateway names in vain, each with the place."""
        for _, at in items(gateway.data, "spec", "listeners"):
            for secret, at_secret in items(gateway.data, *at, "tls", "certificateRefs"):
                plain = text(secret, "kind") in ("", "Secret") and not text(secret, "group")
                if plain and (id := self.lacking(gateway, "Secret", secret)):
                    yield id, at_secret


def _given(grant: Object) -> Iterator[tuple[str, ...]]:
    for giver, _ in items(grant.data, "spec", "from"):
        for to, _ in items(grant.data, "spec", "to"):
            if text(giver, "group") == GROUP and not text(to, "group"):
                who = text(giver, "kind"), text(giver, "namespace")
                yield *who, grant.namespace, text(to, "kind"), text(to, "name")


def without_grant(object: Object, kind: str, id: str, at: Path_, then: str) -> Finding:
    """The finding about a reference of this object that no ReferenceGrant allows."""
    space, _, name = id.partition("/")
    found = (
        f"{object.called} in {object.namespace}, which names the {kind} {id} of another namespace "
        f"without a ReferenceGrant in {space} that allows it: {then}"
    )
    expected = (
        f"a ReferenceGrant in {space} from {object.kind} in {object.namespace} "
        f"(group {GROUP}) to {kind} {name}"
    )
    line = object.document.line_of(*object.path, *at)
    return Finding(object.document.file, line, found, expected, refused=False)


def ungranted_certificates(objects: Iterable[Object], grants: Grants) -> Iterator[Finding]:
    """A finding for each certificate that a Gateway of this API may not use."""
    for object in objects:
        if object.kind == "Gateway" and object.group == GROUP:
            with suppress(WrongField):  # the reader of routes says so
                for id, at in grants.certificates(object):
                    then = "its listener has no certificate"
                    yield without_grant(object, "Secret", id, at, then)
