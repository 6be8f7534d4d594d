"""The ingress of a placement: which generator writes it, and why some controllers have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_aks.artefacts.manifests import gateway_api, istio, traefik
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.scene import ManifestScene
from apim_aks.errors import InputError
from apim_aks.facts import Controller, IngressGateway, controllers, ingress_gateway
from apim_aks.topology import Component

Writer = Callable[[ManifestScene, Component, IngressGateway], tuple[Object, ...]]


@dataclass(frozen=True, slots=True)
class IngressWriter:
    """What one way of configuring an ingress writes, step by step."""

    namespaces: Writer
    certificate_objects: Writer
    entry: Writer
    address: Writer
    routes: Writer


WRITERS: dict[str, IngressWriter] = {
    module.API: IngressWriter(
        module.namespaces, module.certificate_objects, module.entry, module.address, module.routes
    )
    for module in (istio, gateway_api, traefik)
}


def ingress_writer(scene: ManifestScene) -> IngressWriter:
    """The generator for the ingress controller of this drawn.

    Raises:
        InputError: nothing is written for it, or its check needs a newer Kubernetes.
    """
    controller, row = scene.drawn.controller, scene.gateway
    if controller.generated == "no" or row is None:
        raise InputError(
            f"{controller.name}: manifests are not generated, because "
            f"{controller.generated_because} (source: {controller.source}, checked "
            f"{controller.checked_on}); use one of {', '.join(_generated())}."
        )
    _new_enough(controller, scene.workload.azure.kubernetes_version)
    return WRITERS[row.api]


def _generated() -> list[str]:
    return [c.id for c in controllers() if c.generated != "no" and ingress_gateway(c.id)]


def _new_enough(controller: Controller, version: str) -> None:
    least = controller.minimum_kubernetes
    if least and _parts(version) < _parts(least):
        raise InputError(
            f"{controller.name} needs Kubernetes {least}, and azure.kubernetes_version is "
            f"{version}: below it the check of the client certificate can be dropped silently and "
            f"everybody is served (source: {controller.source}, checked {controller.checked_on}); "
            "use istio-classic, or a newer version."
        )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
