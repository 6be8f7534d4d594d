"""The ingress of a placement: which generator writes it, and why some controllers have none."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from apim_aks.artefacts.manifests import controllers as folder
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.scene import ManifestScene, made_by, obj
from apim_aks.errors import InputError
from apim_aks.facts import (
    Controller,
    IngressGateway,
    controllers,
    default_controller,
    ingress_gateway,
)
from apim_aks.topology import Component

Writer = Callable[[ManifestScene, Component, IngressGateway], tuple[Object, ...]]


def _nothing(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class IngressWriter:
    """What one way of configuring an ingress writes, step by step.

    `address` is a patch of the Service that is there already, where one is, and `authority` says
    where the routes name a private authority of the Services behind them.
    """

    certificate_objects: Writer
    entry: Writer
    routes: Writer
    address: Writer = _nothing
    authority: str = ""


@cache
def writers() -> dict[str, IngressWriter]:
    """Every generator by the `api` of data/ingress_gateways.csv: a file each in `controllers/`."""
    names = [m.name for m in pkgutil.iter_modules(folder.__path__)]
    found = {n: import_module(f"{folder.__name__}.{n}").WRITER for n in names}
    return {name.replace("_", "-"): writer for name, writer in found.items()}


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
    if scene.asks_certificate:
        _new_enough(controller, scene.workload.azure.kubernetes_version)
    if row.api not in writers():
        raise InputError(
            f"data/ingress_gateways.csv: api {row.api!r} of {controller.id} has no file in "
            f"{folder.__name__.replace('.', '/')}. Use one of {', '.join(writers())}."
        )
    return writers()[row.api]


def namespaces(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """The namespace of the ingress, where neither a chart nor an add-on makes it."""
    made = obj("v1", "Namespace", row.namespace, labels=made_by(scene.workload))
    return (made,) if row.creates_namespace else ()


def _generated() -> list[str]:
    return [c.id for c in controllers() if c.generated != "no" and ingress_gateway(c.id)]


def _new_enough(controller: Controller, version: str) -> None:
    least = controller.minimum_kubernetes
    if least and _parts(version) < _parts(least):
        raise InputError(
            f"{controller.name} needs Kubernetes {least}, and azure.kubernetes_version is "
            f"{version}: below it the check of the client certificate can be dropped silently and "
            f"everybody is served (source: {controller.source}, checked {controller.checked_on}); "
            f"use {default_controller().id}, or a newer version."
        )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
