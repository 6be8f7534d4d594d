"""Self-hosted gateways in a cluster, read from the configuration of their containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, items, mapping, text
from apim_aks.workload.kubernetes.pods import CONTROLLERS

_ENDPOINT = "config.service.endpoint"
_POD: Path_ = ("spec", "template", "spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfHosted:
    """A workload that runs the gateway, as `namespace/name[Kind]`, and the instance it asks."""

    workload: str
    instance: str
    file: str
    line: int

    @property
    def called(self) -> str:
        """The workload with file and line."""
        return f"{self.workload} ({self.file} line {self.line})"


def read_self_hosted(objects: Iterable[Object]) -> Iterator[SelfHosted]:
    """The workloads whose containers get a configuration endpoint from a ConfigMap."""
    objects = tuple(objects)
    told = dict(_endpoints(objects))
    for object in objects if told else ():
        if object.kind in CONTROLLERS:
            with suppress(WrongField):
                yield from _of(object, told)


def _endpoints(objects: Iterable[Object]) -> Iterator[tuple[tuple[str, str], str]]:
    for object in objects:
        if object.kind == "ConfigMap":
            with suppress(WrongField):
                host = text(object.data, "data", _ENDPOINT).removeprefix("https://")
                ending = f".{self_hosted_defaults().configuration_suffix}"
                if host.endswith(ending):
                    yield (object.namespace, object.name), host.removesuffix(ending)


def _of(object: Object, told: Mapping[tuple[str, str], str]) -> Iterator[SelfHosted]:
    for container, place in items(object.data, *_POD, "containers"):
        for source, _ in items(object.data, *place, "envFrom") if "envFrom" in container else ():
            name = text(source, "configMapRef", "name") if mapping(source, "configMapRef") else ""
            if instance := told.get((object.namespace, name)):
                yield SelfHosted(
                    workload=f"{object.namespace}/{object.name}[{object.kind}]",
                    instance=instance,
                    file=object.document.file,
                    line=object.line,
                )
