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
        for _ in range(_ALIASES):
            found = next(filter(None, self._meant(host, namespace)), None)
            if not found or found.type is not ServiceType.EXTERNAL_NAME:
                return found
            host, namespace = found.external_name, found.namespace
        return None

    def _meant(self, host: str, namespace: str) -> Iterator[Service | None]:
        """A Service by its name in its namespace; a name before a headless Service's is a pod's."""
        labels = host.lower().rstrip(".").split(".")
        if "svc" in labels[2:4]:
            labels = labels[: labels.index("svc", 2)]
        elif len(labels) == 1:
            yield self._services.get(f"{namespace}/{labels[0]}")
        if len(labels) == 2:
            yield self._services.get(f"{labels[1]}/{labels[0]}")
            yield self._headless(namespace, labels[1])
        elif len(labels) == 3:
            yield self._headless(labels[2], labels[1])

    def _headless(self, namespace: str, name: str) -> Service | None:
        found = self._services.get(f"{namespace}/{name}")
        return found if found and found.headless else None

    def variable(self, name: str, namespace: str) -> str:
        """The value of a variable that Kubernetes gives pods for each Service of their namespace.

        `INVENTORY_SERVICE_HOST` is answered with the Service's name; empty where it is no such one.
        """
        stem, _, part = name.rpartition("_")
        found = self._variables.get((namespace, stem.removesuffix("_SERVICE")))
        if not found or not stem.endswith("_SERVICE") or not found.ports:
            return ""
        return {"HOST": found.name, "PORT": str(found.ports[0].number)}.get(part, "")
