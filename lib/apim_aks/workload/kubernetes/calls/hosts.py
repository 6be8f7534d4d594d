"""Which Service a host name means, as the DNS of a cluster answers a pod of some namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.workload.model import Service, ServiceType

_ALIASES = 4
"""Aliases of aliases that are followed; a circle of them answers nothing."""


class Hosts:
    """The Services of an input by their names in DNS."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services
        self.names = frozenset(s.name for s in services.values())
        self._variables = {
            (s.namespace, s.name.upper().replace("-", "_")): s for s in services.values()
        }

    def of(self, host: str, namespace: str) -> Service | None:
        """The Service that a pod of this namespace reaches by this name; None for any other."""
        end = self._end(host, namespace)
        return end if isinstance(end, Service) else None

    def elsewhere(self, host: str, namespace: str) -> tuple[str, ...]:
        """The ids that the Service could have where it is none of the input; empty where it is."""
        end = self._end(host, namespace)
        return () if isinstance(end, Service) else end

    def _end(self, host: str, namespace: str) -> Service | tuple[str, ...]:
        """The Service behind all aliases, else the ids that the last name could mean."""
        for _ in range(_ALIASES):
            meant = tuple(_meant(host, namespace))
            named = ((self._services.get(id), pod) for id, pod in meant)
            found = next((s for s, pod in named if s and (s.headless or not pod)), None)
            if not found:
                # Two words are far more often a Service and its namespace than a pod and a Service.
                return tuple(id for id, pod in meant if not pod or len(meant) == 1)
            if found.type is not ServiceType.EXTERNAL_NAME:
                return found
            host, namespace = found.external_name, found.namespace
        return ()

    def variable(self, name: str, namespace: str) -> str:
        """The value of a variable that Kubernetes gives pods for each Service of their namespace.

        `INVENTORY_SERVICE_HOST` is answered with the Service's name; empty where it is no such one.
        """
        stem, _, part = name.rpartition("_")
        found = self._variables.get((namespace, stem.removesuffix("_SERVICE")))
        if not found or not stem.endswith("_SERVICE") or not found.ports:
            return ""
        return {"HOST": found.name, "PORT": str(found.ports[0].number)}.get(part, "")


def _meant(host: str, namespace: str) -> Iterator[tuple[str, bool]]:
    """The ids that a name can mean; a name before that of a headless Service is a pod's."""
    labels = host.lower().rstrip(".").split(".")
    if "svc" in labels[2:4]:
        labels = labels[: labels.index("svc", 2)]
    elif len(labels) == 1:
        yield f"{namespace}/{labels[0]}", False
    if len(labels) == 2:
        yield f"{labels[1]}/{labels[0]}", False
        yield f"{namespace}/{labels[1]}", True
    elif len(labels) == 3:
        yield f"{labels[2]}/{labels[1]}", True
